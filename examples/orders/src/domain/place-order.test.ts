import assert from 'node:assert/strict';
import { test } from 'node:test';
import { decide } from './place-order.ts';
import type { OrderRequest } from './order-request.ts';

const now = new Date('2026-03-01T12:00:00Z');
const voucher = { code: 'READER10', percentOff: 10, minimumCents: 0, validUntil: null };
const request: OrderRequest = { isbn: '9780141439518', quantity: 2, customer: 'Ada Lovelace', country: 'DE', voucher: null };
const known = { unitCents: 899, deliveryCents: 290, voucher: null };

test('an order of known things is taken at its price', () => {
  const decision = decide(request, known, now, 5000);
  assert.deepEqual(decision, { ok: true, quote: { goodsCents: 1798, discountCents: 0, deliveryCents: 290, totalCents: 2088 } });
});

test('a voucher makes the order cheaper', () => {
  const decision = decide({ ...request, voucher: 'READER10' }, { ...known, voucher }, now, 5000);
  assert.equal(decision.ok && decision.quote.totalCents, 1908);
});

test('everything that the shop does not know is refused by its field', () => {
  const decision = decide({ ...request, voucher: 'NOSUCH' }, { unitCents: null, deliveryCents: null, voucher: null }, now, 5000);
  assert.deepEqual(decision.ok ? [] : decision.faults.map(({ field }) => field), ['isbn', 'country', 'voucher']);
});

test('a voucher that cannot be redeemed refuses the order and says why', () => {
  const decision = decide({ ...request, voucher: 'READER10' }, { ...known, voucher: { ...voucher, validUntil: now } }, now, 5000);
  assert.deepEqual(decision, { ok: false, faults: [{ field: 'voucher', message: 'the voucher READER10 has expired' }] });
});
