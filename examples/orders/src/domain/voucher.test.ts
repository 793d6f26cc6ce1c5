import assert from 'node:assert/strict';
import { test } from 'node:test';
import { redeem, type Voucher } from './voucher.ts';

const now = new Date('2026-03-01T12:00:00Z');
const voucher: Voucher = { code: 'READER10', percentOff: 10, minimumCents: 0, validUntil: null };

test('a voucher takes its share of the goods off', () => {
  assert.deepEqual(redeem(voucher, 2000, now), { ok: true, discountCents: 200 });
});

test('half a cent is rounded in the favour of the customer', () => {
  assert.deepEqual(redeem({ ...voucher, percentOff: 25 }, 1050, now), { ok: true, discountCents: 263 });
});

test('a voucher is good until its last moment and not after', () => {
  const validUntil = new Date('2026-03-01T12:00:00.001Z');
  assert.equal(redeem({ ...voucher, validUntil }, 2000, now).ok, true);
  assert.deepEqual(redeem({ ...voucher, validUntil: now }, 2000, now), { ok: false, reason: 'the voucher READER10 has expired' });
});

test('a voucher asks for its minimum before anything is taken off', () => {
  const large = { ...voucher, code: 'SHELF25', minimumCents: 4000 };
  assert.deepEqual(redeem(large, 3999, now), { ok: false, reason: 'the voucher SHELF25 is for orders from 40.00' });
  assert.equal(redeem(large, 4000, now).ok, true);
});
