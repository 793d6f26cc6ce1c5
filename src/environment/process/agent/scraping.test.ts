import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { test, type TestContext } from 'node:test';
import { Scraping } from './scraping.ts';

async function instance(t: TestContext, publish: (path: string) => string): Promise<{ readonly port: number; readonly scraping: Scraping }> {
  const server = createServer((request, response) => response.end(publish(request.url ?? ''))).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const scraping = new Scraping();
  t.after(async () => {
    await scraping.close();
    server.closeAllConnections();
    server.close();
  });
  return { port: (server.address() as AddressInfo).port, scraping };
}

test('metrics are read on a thread of their own, with their names also where these have not changed', async (t) => {
  let turn = 0;
  const { port, scraping } = await instance(t, () => (++turn < 3 ? `a ${turn}\nb 2\nbroken` : `a ${turn}`));
  const read = async (): Promise<object> => {
    const { names, values, lost } = await scraping.ask('i1', port, '/metrics', 20_000);
    return { names, values: [...values], lost };
  };
  assert.deepEqual([await read(), await read(), await read()], [
    { names: ['a', 'b'], values: [1, 2], lost: 1 }, { names: ['a', 'b'], values: [2, 2], lost: 1 }, { names: ['a'], values: [3], lost: 0 },
  ]);
});

test('what can\'t be read says why, and the next one is read', async (t) => {
  const { port, scraping } = await instance(t, (path) => (path === '/page' ? '<html>' : path === '/large' ? `a 1\n${'#'.repeat(2_000_000)}` : 'a 1'));
  await assert.rejects(scraping.ask('i1', port, '/page', 20_000), /line 1 of the metrics is no sample/);
  await assert.rejects(scraping.ask('i1', port, '/large', 20_000), /more than 1000000 bytes of metrics/);
  await scraping.close();
  assert.deepEqual((await scraping.ask('i1', port, '/metrics', 20_000)).names, ['a'], 'a thread that ended is begun again');
});
