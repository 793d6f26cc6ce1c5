import assert from 'node:assert/strict';
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { after, before, test } from 'node:test';
import { DatabaseUnavailable } from '../db/database.ts';
import { jsonLog } from '../telemetry/log.ts';
import { json } from './answer.ts';
import type { Route } from './router.ts';
import { createWebServer, type Answered } from './server.ts';

const answered: Answered[] = [];
const lines: string[] = [];
let draining = false;
let url = '';

const routes: readonly Route[] = [
  { method: 'GET', path: '/watch', operational: true, handler: () => json(200, {}) },
  { method: 'GET', path: '/things/:id', handler: ({ parameters }) => json(200, parameters) },
  { method: 'POST', path: '/things', handler: async ({ body }) => json(201, await body()) },
  { method: 'GET', path: '/broken', handler: () => { throw new Error('the customer was Ada'); } },
  { method: 'GET', path: '/away', handler: () => { throw new DatabaseUnavailable('away'); } },
];

const server = createWebServer({
  routes, bodyLimitBytes: 64, log: jsonLog((line) => lines.push(line)), answered: (request) => answered.push(request), draining: () => draining,
});

before(async () => {
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
});

after(() => server.close());

test('requests are counted by their pattern, and those of watchers are not', async () => {
  answered.length = 0;
  await (await fetch(`${url}/things/1`)).text();
  await (await fetch(`${url}/things/2`)).text();
  await (await fetch(`${url}/nowhere/at/all`)).text();
  await (await fetch(`${url}/watch`)).text();
  assert.deepEqual(answered.map(({ method, route, status }) => `${method} ${route} ${status}`), ['GET /things/:id 200', 'GET /things/:id 200', 'GET none 404']);
  assert.ok(answered.every(({ seconds }) => seconds >= 0));
});

test('a body that is too long, of another type, or no JSON is refused, and the next request is answered', async () => {
  const post = (body: string, type = 'application/json') => fetch(`${url}/things`, { method: 'POST', headers: { 'content-type': type }, body });
  assert.equal((await post(JSON.stringify({ text: 'x'.repeat(100) }))).status, 413);
  assert.equal((await post('{}', 'text/plain')).status, 415);
  assert.equal((await post('{')).status, 400);
  assert.deepEqual(await (await post('{"a":1}')).json(), { a: 1 });
});

test('a fault of ours is answered with a number and nothing of its inside, which the log has', async () => {
  const answer = await fetch(`${url}/broken`);
  const body = await answer.text();
  assert.equal(answer.status, 500);
  assert.doesNotMatch(body, /Ada|Error/);
  const id = answer.headers.get('x-request-id')!;
  assert.ok(body.includes(id));
  assert.ok(lines.some((line) => line.includes(id) && line.includes('the customer was Ada')));
});

test('a database that is away is a fault that passes', async () => {
  const answer = await fetch(`${url}/away`);
  assert.equal(answer.status, 503);
  assert.equal(answer.headers.get('retry-after'), '1');
});

test('every answer tells browsers to run and frame nothing that is not ours', async () => {
  const { headers } = await fetch(`${url}/things/1`, { method: 'HEAD' });
  assert.match(headers.get('content-security-policy') ?? '', /default-src 'self'.*frame-ancestors 'none'/);
  assert.equal(headers.get('x-content-type-options'), 'nosniff');
});

test('a server that drains asks its clients to go elsewhere', async () => {
  draining = true;
  assert.equal((await fetch(`${url}/things/1`)).headers.get('connection'), 'close');
  draining = false;
});
