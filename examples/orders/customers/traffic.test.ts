import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { after, before, test } from 'node:test';
import { chanceFrom, keyOf, wishOf } from './customers.ts';
import { Tally, type Summary } from './tally.ts';

const orders = new Map<string, object>();
/** A shop that fails every order from somebody without a Latin capital letter. */
const shop = createServer(async (request, response) => {
  const body = await text(request);
  const wish = JSON.parse(body || '{}') as { customer?: string };
  const failed = wish.customer !== undefined && !/[A-Z]/.test(wish.customer);
  const key = String(request.headers['idempotency-key']);
  if (!orders.has(key)) orders.set(key, { id: key, ...wish });
  response.writeHead(failed ? 500 : 200, { 'x-trunkline-release': failed ? 'r-bad' : 'r-good' }).end(JSON.stringify(orders.get(key)));
});

before(async () => {
  shop.listen(0, '127.0.0.1');
  await once(shop, 'listening');
});
after(() => {
  shop.closeAllConnections();
  shop.close();
});

function traffic(...words: string[]): Promise<{ code: number; stdout: string; stderr: string }> {
  return new Promise((resolve) => {
    execFile(process.execPath, [join(import.meta.dirname, 'traffic.ts'), ...words], (error, stdout, stderr) => resolve({ code: error ? Number(error.code) : 0, stdout, stderr }));
  });
}

test('the same seed is the same customer with the same key', () => {
  const draw = (seed: number) => { const chance = chanceFrom(seed); return { ...wishOf(chance), key: keyOf(chance) }; };
  assert.deepEqual(draw(7), draw(7));
  assert.notDeepEqual(draw(7), draw(8));
  assert.match(draw(7).key, /^[0-9a-f]{32}$/);
});

test('customers want what probes and tests do not', () => {
  const wishes = Array.from({ length: 2000 }, (_, seed) => wishOf(chanceFrom(seed)));
  assert.ok(wishes.some(({ voucher, country }) => voucher && country));
  assert.ok(wishes.some(({ customer }) => customer.includes("'")));
  assert.ok(wishes.filter(({ customer }) => !/[A-Z]/.test(customer)).length > 700);
  assert.ok(wishes.every(({ quantity }) => quantity >= 1 && quantity <= 20));
  assert.ok(new Set(wishes.map(({ quantity }) => quantity)).size > 10);
});

test('a tally knows releases, errors and quantiles', () => {
  const tally = new Tally();
  assert.equal(tally.summary().p50Ms, null);
  for (let ms = 1; ms <= 100; ms += 1) tally.answered('r1', ms === 100 ? 500 : 200, ms);
  tally.answered('r2', 422, 50);
  tally.unanswered(10);
  assert.deepEqual(tally.summary(), {
    requests: 102, errors: 2, refused: 1, shed: 0, p50Ms: 50, p99Ms: 99,
    releases: { r1: { requests: 100, serverErrors: 1 }, r2: { requests: 1, serverErrors: 0 }, none: { requests: 1, serverErrors: 0 } },
  });
});

test('a day ends with one line that says what customers met', async () => {
  const { code, stdout } = await traffic('--url', `http://127.0.0.1:${(shop.address() as AddressInfo).port}`, '--rate', '100', '--seconds', '1', '--seed', '3');
  assert.equal(code, 0);
  const summary = JSON.parse(stdout) as Summary;
  assert.ok(summary.requests >= 100);
  assert.equal(summary.errors, summary.releases['r-bad']?.serverErrors);
  assert.ok(summary.errors > 10);
  assert.equal(summary.releases['r-good']?.serverErrors, 0);
});

test('no other machine is visited, and no rate is without bounds', async () => {
  for (const words of [[], ['--url', 'http://192.0.2.1/'], ['--url', 'http://127.0.0.1:1', '--rate', '100000'], ['--url', 'http://127.0.0.1:1', '--seconds', '0']]) {
    assert.equal((await traffic(...words)).code, 2, words.join(' '));
  }
});
