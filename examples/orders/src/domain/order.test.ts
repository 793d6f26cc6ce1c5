import assert from 'node:assert/strict';
import { test } from 'node:test';
import { confirmation, orderNumber, type Order } from './order.ts';

const order: Order = {
  id: '3f2a9c10-5b6d-4e8f-9a01-23456789abcd', isbn: '9780141439518', title: 'Pride and Prejudice', quantity: 2, customer: 'Ada Lovelace',
  country: 'DE', voucher: null, goodsCents: 1798, discountCents: 0, deliveryCents: 290, totalCents: 2088, placedAt: new Date('2026-03-01T12:00:00Z'),
};

test('a confirmation says what was ordered, by whom, and what it costs', () => {
  const { number, book, quantity, customer, price, placedAt } = confirmation(order);
  assert.deepEqual({ number, book, quantity, customer, price, placedAt }, {
    number: 'O-3F2A9C10',
    book: { isbn: '9780141439518', title: 'Pride and Prejudice' },
    quantity: 2,
    customer: 'Ada Lovelace',
    price: { goodsCents: 1798, discountCents: 0, deliveryCents: 290, totalCents: 2088 },
    placedAt: '2026-03-01T12:00:00.000Z',
  });
});

test('an order number is short and always the same for one order', () => {
  assert.equal(orderNumber(order.id), 'O-3F2A9C10');
});
