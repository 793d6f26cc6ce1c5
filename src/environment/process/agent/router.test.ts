import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer, type RequestListener } from 'node:http';
import { connect, type AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';
import { test, type TestContext } from 'node:test';
import { Pool, request } from 'undici';
import type { TrunklineError } from '../../../foundation/errors.ts';
import { Connections } from './connections.ts';
import { Counts } from './counts.ts';
import { freePort } from './port.ts';
import { InFlight } from './inflight.ts';
import { Router, type Backend, type Target } from './router.ts';

async function instance(t: TestContext, listener: RequestListener): Promise<Target> {
  const server = createServer(listener).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const http = new Connections((server.address() as AddressInfo).port);
  t.after(() => {
    http.destroy();
    server.closeAllConnections();
    server.close();
  });
  return { id: `i${http.port}`, http, inFlight: new InFlight() };
}

async function nobody(t: TestContext): Promise<Target> {
  const http = new Connections(await freePort());
  t.after(() => http.destroy());
  return { id: `i${http.port}`, http, inFlight: new InFlight() };
}

const backend = (release: string, ...targets: Target[]): Backend => ({ release, pick: (except) => targets.find((target) => target !== except) });

async function router(t: TestContext): Promise<{ router: Router; url: string; counts: Counts }> {
  const counts = new Counts();
  for (const release of ['r1', 'old', 'new']) counts.begin(release);
  const made = new Router(counts);
  const port = await freePort();
  await made.listen(port);
  t.after(() => made.close());
  return { router: made, url: `http://127.0.0.1:${port}`, counts };
}

function figures(counts: Counts, release: string): object {
  const { requests, errors, synthetic } = counts.of(release);
  return { requests, errors, synthetic };
}

test('20,000 requests are split exactly, over many connections at once (I4)', async (t) => {
  const { router: routing, url, counts } = await router(t);
  routing.stable = backend('old', await instance(t, (_request, response) => response.end()));
  routing.candidate = backend('new', await instance(t, (_request, response) => response.end()));
  routing.split.weight = 500;
  const pool = new Pool(url, { connections: 32 });
  t.after(() => pool.destroy());
  let left = 20_000;
  await Promise.all(Array.from({ length: 32 }, async () => {
    while (left-- > 0) await (await pool.request({ path: '/', method: 'GET' })).body.dump();
  }));
  assert.deepEqual([counts.of('new').requests, counts.of('old').requests], [1_000, 19_000]);
});

test('a body goes through in both directions, with its status, headers and repeated cookies', async (t) => {
  const { router: routing, url } = await router(t);
  routing.stable = backend('r1', await instance(t, (incoming, response) => {
    response.writeHead(201, 'Made', ['set-cookie', 'a=1', 'set-cookie', 'b=2', 'x-trunkline-release', 'forged']);
    incoming.pipe(response);
  }));
  const body = 'x'.repeat(3_000_000);
  const answer = await request(url, { method: 'POST', body });
  assert.equal(await answer.body.text(), body);
  assert.equal(answer.statusCode, 201);
  assert.deepEqual(answer.headers['set-cookie'], ['a=1', 'b=2']);
  assert.equal(answer.headers['x-trunkline-release'], 'r1');
});

test('a refused connection is tried once more, on another instance, with the body whole', async (t) => {
  const { router: routing, url, counts } = await router(t);
  routing.stable = backend('r1', await nobody(t), await instance(t, async (incoming, response) => void response.end(await text(incoming))));
  const answer = await request(url, { method: 'POST', body: 'an order' });
  assert.equal(await answer.body.text(), 'an order');
  assert.deepEqual(figures(counts, 'r1'), { requests: 1, errors: 0, synthetic: 0 });
});

test('a request that may have been received is never sent again', async (t) => {
  const { router: routing, url, counts } = await router(t);
  let received = 0;
  const dying = (): Promise<Target> => instance(t, (incoming) => {
    received++;
    incoming.socket.destroy();
  });
  routing.stable = backend('r1', await dying(), await dying());
  const answer = await request(url, { method: 'POST', body: 'an order' });
  assert.match(await answer.body.text(), /an instance of release r1 failed to answer/);
  assert.equal(answer.statusCode, 502);
  assert.equal(received, 1);
  assert.deepEqual(figures(counts, 'r1'), { requests: 1, errors: 1, synthetic: 0 });
});

test('an answer that breaks off is broken off for the client too, and counted', async (t) => {
  const { router: routing, url, counts } = await router(t);
  routing.stable = backend('r1', await instance(t, (_request, response) => {
    response.writeHead(200, { 'content-length': '100' });
    response.write('half', () => response.destroy());
  }));
  const answer = await request(url);
  await assert.rejects(answer.body.text());
  assert.equal(counts.of('r1').errors, 1);
});

test('a client that leaves before it was answered frees the instance, and says nothing of the release', async (t) => {
  const { router: routing, url, counts } = await router(t);
  const reached = Promise.withResolvers<void>();
  const freed = Promise.withResolvers<void>();
  const target = await instance(t, (_request, response) => {
    response.once('close', () => freed.resolve());
    reached.resolve();
  });
  routing.stable = backend('r1', target);
  const leaving = new AbortController();
  const asked = request(url, { signal: leaving.signal });
  await reached.promise;
  leaving.abort();
  await assert.rejects(asked);
  await freed.promise;
  await target.inFlight.drained(5_000);
  assert.deepEqual([target.inFlight.count, figures(counts, 'r1')], [0, { requests: 0, errors: 0, synthetic: 0 }]);
});

test('the header leads to the candidate at any weight; marked requests are counted apart', async (t) => {
  const { router: routing, url, counts } = await router(t);
  routing.stable = backend('old', await instance(t, (_request, response) => response.end('old')));
  routing.candidate = backend('new', await instance(t, (_request, response) => response.end('new')));
  const answer = await request(url, { headers: { 'x-trunkline-route': 'candidate', 'x-trunkline-synthetic': '1' } });
  assert.equal(await answer.body.text(), 'new');
  assert.equal(await (await request(url)).body.text(), 'old');
  assert.deepEqual(figures(counts, 'new'), { requests: 1, errors: 0, synthetic: 1 });
});

test('a candidate without a healthy instance loses its turns to the stable release', async (t) => {
  const { router: routing, url, counts } = await router(t);
  routing.stable = backend('old', await instance(t, (_request, response) => response.end('old')));
  routing.candidate = backend('new');
  routing.split.weight = 10_000;
  assert.equal(await (await request(url)).body.text(), 'old');
  routing.candidate = backend('new', await nobody(t));
  assert.equal(await (await request(url)).body.text(), 'old');
  assert.equal((await request(url, { headers: { 'x-trunkline-route': 'candidate' } })).statusCode, 502);
  assert.equal(counts.of('new').errors, 1);
});

test('a stable release without a healthy instance never gives its share to the candidate (I4)', async (t) => {
  const { router: routing, url } = await router(t);
  routing.stable = backend('old');
  routing.candidate = backend('new', await instance(t, (_request, response) => response.end('new')));
  routing.split.weight = 500;
  const answer = await request(url);
  assert.equal(answer.statusCode, 502);
  assert.equal(answer.headers['x-trunkline-release'], 'old');
  assert.match(await answer.body.text(), /release old has no healthy instance/);
});

test('a region without a release says so', async (t) => {
  const { url } = await router(t);
  const answer = await request(url);
  assert.equal(answer.statusCode, 503);
  assert.match(await answer.body.text(), /no release serves this region yet/);
});

test('a port that another program holds is an error that says so', async (t) => {
  const { url } = await router(t);
  await assert.rejects(new Router(new Counts()).listen(Number(new URL(url).port)), (error: TrunklineError) => error.record.code === 'PORT_TAKEN' && /in use by another program/.test(error.message));
});

test('two lengths in one request, which could hide a second one, are refused', async (t) => {
  const { router: routing, url } = await router(t);
  let reached = 0;
  routing.stable = backend('r1', await instance(t, (_request, response) => {
    reached++;
    response.end();
  }));
  const socket = connect(Number(new URL(url).port), '127.0.0.1');
  socket.end('POST / HTTP/1.1\r\nhost: x\r\ncontent-length: 4\r\ntransfer-encoding: chunked\r\n\r\n0\r\n\r\nGET /hidden HTTP/1.1\r\nhost: x\r\n\r\n');
  assert.match(await text(socket), /^HTTP\/1.1 400/);
  assert.equal(reached, 0);
});
