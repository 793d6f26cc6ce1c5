import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import { createServer as createTcp, type AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, test, type TestContext } from 'node:test';
import type { Cell, Reach } from './cell.ts';
import { openCells } from './cells.ts';
import { placeFor, run, type Ran } from './fixture.ts';

const trial = openCells({ records: tmpdir(), marker: 'trial', npmrc: '' });

/** A server on the machine's loopback, as any other program may run one there. */
async function bystander(context: TestContext, answer = 'OF THE MACHINE'): Promise<number> {
  const server: Server = createServer((request, response) => response.end(`${answer} ${request.headers.host}`)).listen(0, '127.0.0.1');
  await once(server, 'listening');
  context.after(() => {
    server.closeAllConnections();
    server.close();
  });
  return (server.address() as AddressInfo).port;
}

const node = (cell: Cell, script: string, reach?: Reach): Promise<Ran> => run(cell, ['node', '--input-type=module', '-e', script], { timeout: 30_000, ...(reach === undefined ? {} : { reach }) });

/** Each says REACHED or what kept it from it. */
function waysOut(port: number, abstract: string): string {
  return `
import { connect } from 'node:net';
import { createSocket } from 'node:dgram';
import { lookup } from 'node:dns/promises';
import { execFileSync } from 'node:child_process';
const told = (what, how) => console.log(what + ': ' + how);
const tcp = (what, options) => new Promise((done) => {
  const socket = connect(options).setTimeout(3000, () => done(told(what, 'no answer'), socket.destroy()));
  socket.on('connect', () => { done(told(what, 'REACHED')); socket.destroy(); }).on('error', (error) => done(told(what, error.code)));
});
await tcp('a port of the machine', { host: '127.0.0.1', port: ${port} });
await tcp('the same by IPv6', { host: '::ffff:127.0.0.1', port: ${port} });
await tcp('an address of the world', { host: '203.0.113.80', port: 443 });
await tcp('one of IPv6', { host: '2001:db8::1', port: 443 });
await tcp('the metadata of a cloud', { host: '169.254.169.254', port: 80 });
await tcp('an abstract socket', { path: '\\0${abstract}' });
await lookup('registry.npmjs.org').then(() => told('a name', 'REACHED'), (error) => told('a name', error.code));
const udp = createSocket('udp4');
await new Promise((done) => udp.on('error', (error) => done(told('UDP', error.code))).send('x', 53, '203.0.113.80', (error) => done(told('UDP', error?.code ?? 'REACHED'))));
udp.close();
for (const [what, ...words] of [['a raw socket', 'python3', '-c', 'import socket; socket.socket(socket.AF_INET, socket.SOCK_RAW, 1); print("REACHED")'],
  ['a packet socket', 'python3', '-c', 'import socket; socket.socket(17, socket.SOCK_RAW, 3); print("REACHED")'],
  ['the network of the first process', 'nsenter', '-t', '1', '-n', 'cat', '/proc/net/tcp'],
  ['a network made anew', 'unshare', '-rn', 'sh', '-c', 'ip route get 203.0.113.80 && echo REACHED']]) {
  try { told(what, /REACHED|${port.toString(16).toUpperCase()}/.test(execFileSync(words[0], words.slice(1), { encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] })) ? 'REACHED' : 'nothing'); } catch (error) { told(what, 'exit ' + error.status); }
}
`;
}

describe('the network of a command', { skip: trial.network !== 'own' && 'no network namespaces here' }, () => {
  test('is a loopback of its own, on which it can serve itself', async (context) => {
    const cell = await (await placeFor(context)).open();
    const { output } = await node(cell, "import { createServer } from 'node:http'; const s = createServer((q, r) => r.end('own')).listen(0, '127.0.0.1', async () => { console.log(await (await fetch('http://127.0.0.1:' + s.address().port)).text()); s.close(); s.closeAllConnections(); });");
    assert.equal(output, 'own\n');
  });

  for (const [what, reach] of [['none', undefined], ['registries', { hosts: 'registries' }], ['another port of the machine', { hosts: 'none', ports: [40_009] }]] as const) {
    test(`has no other way out than its gate, where it may reach ${what}`, async (context) => {
      const abstract = `trunkline-${process.pid}-${what}`;
      const server = createTcp((socket) => socket.end()).listen(`\0${abstract}`);
      context.after(() => server.close());
      const cell = await (await placeFor(context)).open();
      const { output } = await node(cell, waysOut(await bystander(context), abstract), reach);
      assert.doesNotMatch(output, /REACHED/);
      assert.equal(output.trim().split('\n').length, 12, output);
    });
  }

  test('reaches a port of the environment at its own address, and says what it was refused', async (context) => {
    const cell = await (await placeFor(context)).open();
    const [own, other] = [await bystander(context, 'own'), await bystander(context)];
    const get = (port: number): string => `await fetch('http://127.0.0.1:${port}/', { signal: AbortSignal.timeout(5000) }).then(async (r) => console.log(await r.text()), (error) => console.log(error.cause?.code))`;
    const { output, refused } = await node(cell, `${get(own)}\n${get(other)}`, { hosts: 'none', ports: [own] });
    assert.equal(output, `own 127.0.0.1:${own}\nECONNREFUSED\n`);
    assert.equal(refused, undefined);
  });

  test('asks its gate by name, and the gate tells what it refused', async (context) => {
    const place = await placeFor(context, { registries: ['127.0.0.1:1'] });
    const cell = await place.open();
    const port = await bystander(context);
    const tries = ['http://example.org/', 'https://evil.example.com/', `http://127.0.0.1:${port}/`, 'http://169.254.169.254/latest/meta-data/', 'http://[::ffff:169.254.169.254]/', 'http://0x7f.1/'];
    const { output, refused } = await node(cell, `for (const url of ${JSON.stringify(tries)}) await fetch(url).then(async (r) => console.log(r.status), (error) => console.log('refused'));`, { hosts: ['allowed.example.net'] });
    assert.doesNotMatch(output, /200|OF THE MACHINE/);
    assert.deepEqual(refused?.toSorted(), ['169.254.169.254', '::ffff:a9fe:a9fe', 'evil.example.com', 'example.org'].toSorted());
  });

  test('can not use the gate of another command in its cell', async (context) => {
    const place = await placeFor(context);
    const cell = await place.open();
    const { output } = await run(cell, ['sh', '-c', 'ls "$1"; cat "$1"/*; chmod 777 "$1"; touch "$1"/x', 'sh', join(place.records, 'cell-run%2Fstage-1', 'gates')]);
    assert.match(output, /denied|not permitted|Read-only/i);
    assert.doesNotMatch(output, /^[0-9a-f]{32}$/m);
  });
});
