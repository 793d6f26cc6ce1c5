import assert from 'node:assert/strict';
import { test } from 'node:test';
import { toClient, toInstance } from './headers.ts';

const client = { address: '127.0.0.1', host: 'shop:80' };

test('headers of one hop do not pass, nor those that Connection names', () => {
  const sent = toInstance(['Host', 'shop', 'Connection', 'keep-alive, X-Secret', 'X-Secret', '1', 'TE', 'trailers', 'Transfer-Encoding', 'chunked', 'Upgrade', 'h2c', 'Accept', '*/*'], client);
  assert.deepEqual(sent.slice(0, 4), ['Host', 'shop', 'Accept', '*/*']);
  assert.equal(sent.length, 10);
});

test('Connection cannot strike out what the message needs', () => {
  const sent = toInstance(['Host', 'shop', 'Content-Length', '3', 'Connection', 'content-length, host'], client);
  assert.deepEqual(sent.slice(0, 4), ['Host', 'shop', 'Content-Length', '3']);
});

test('a client cannot say that it is another one', () => {
  const sent = toInstance(['X-Forwarded-For', '6.6.6.6', 'Host', 'shop'], client);
  assert.deepEqual(sent, ['Host', 'shop', 'x-forwarded-for', '127.0.0.1', 'x-forwarded-host', 'shop:80', 'x-forwarded-proto', 'http']);
});

test('several values of one header all pass, and only the router says which release answered', () => {
  const told = toClient(['Set-Cookie', 'a=1', 'Set-Cookie', 'b=2', 'X-Trunkline-Release', 'forged', 'Keep-Alive', 'timeout=5'], 'r1');
  assert.deepEqual(told, ['Set-Cookie', 'a=1', 'Set-Cookie', 'b=2', 'x-trunkline-release', 'r1']);
});
