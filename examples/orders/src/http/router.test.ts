import assert from 'node:assert/strict';
import { test } from 'node:test';
import { match, type Route } from './router.ts';

const handler = () => ({ status: 200, headers: {}, body: '' });
const routes: readonly Route[] = [
  { method: 'GET', path: '/api/orders', handler },
  { method: 'POST', path: '/api/orders', handler },
  { method: 'GET', path: '/api/orders/:id', handler },
];

function found(method: string, path: string) {
  const result = match(routes, method, path);
  assert.ok(result.found);
  return { route: `${result.route.method} ${result.route.path}`, parameters: { ...result.parameters } };
}

function refused(method: string, path: string) {
  const result = match(routes, method, path);
  assert.ok(!result.found);
  return result.answer;
}

test('a request finds its route by method and path', () => {
  assert.deepEqual(found('POST', '/api/orders'), { route: 'POST /api/orders', parameters: {} });
  assert.deepEqual(found('GET', '/api/orders/a%20b'), { route: 'GET /api/orders/:id', parameters: { id: 'a b' } });
});

test('HEAD is answered as GET', () => {
  assert.equal(found('HEAD', '/api/orders').route, 'GET /api/orders');
});

test('an address with another method says which ones it takes', () => {
  const answer = refused('DELETE', '/api/orders');
  assert.equal(answer.status, 405);
  assert.equal(answer.headers['allow'], 'GET, HEAD, POST');
});

test('any other address is not found, however it is written', () => {
  for (const path of ['/', '/api', '/api/orders/', '/api/orders/1/2', '/api/orders/%', '/API/orders']) assert.equal(refused('GET', path).status, 404, path);
});
