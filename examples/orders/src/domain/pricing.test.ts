import assert from 'node:assert/strict';
import { test } from 'node:test';
import { price } from './pricing.ts';

const basket = { unitCents: 899, quantity: 2, discountCents: 0, deliveryCents: 290, freeDeliveryFromCents: 5000 };

test('an order costs its goods and the delivery', () => {
  assert.deepEqual(price(basket), { goodsCents: 1798, discountCents: 0, deliveryCents: 290, totalCents: 2088 });
});

test('a discount comes off the goods and leaves the delivery alone', () => {
  assert.deepEqual(price({ ...basket, discountCents: 180 }), { goodsCents: 1798, discountCents: 180, deliveryCents: 290, totalCents: 1908 });
});

test('delivery is free from the limit on', () => {
  assert.equal(price({ ...basket, unitCents: 2500 }).deliveryCents, 0);
  assert.equal(price({ ...basket, unitCents: 2499 }).deliveryCents, 290);
});

test('the limit of free delivery counts what is paid, not what was asked', () => {
  assert.equal(price({ ...basket, unitCents: 2500, discountCents: 1 }).deliveryCents, 290);
});

test('a discount is never larger than the goods', () => {
  assert.deepEqual(price({ ...basket, discountCents: 9999, deliveryCents: 0 }), { goodsCents: 1798, discountCents: 1798, deliveryCents: 0, totalCents: 0 });
});
