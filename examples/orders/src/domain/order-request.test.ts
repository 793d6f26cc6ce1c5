import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parseOrderRequest } from './order-request.ts';

const rules = { largestQuantity: 20, homeCountry: 'DE' };
const body = { isbn: '9780141439518', quantity: 2, customer: 'Ada Lovelace' };

function parsed(fields: object) {
  const result = parseOrderRequest({ ...body, ...fields }, rules);
  assert.ok(result.ok, JSON.stringify(result));
  return result.request;
}

function faults(value: unknown): string[] {
  const result = parseOrderRequest(value, rules);
  assert.equal(result.ok, false);
  return result.ok ? [] : result.faults.map(({ field }) => field);
}

test('an order that leaves everything optional out is one for the home country', () => {
  const { quantity: _, ...shortest } = body;
  const result = parseOrderRequest(shortest, rules);
  assert.deepEqual(result, { ok: true, request: { isbn: '9780141439518', quantity: 1, customer: 'Ada Lovelace', country: 'DE', voucher: null } });
});

test('what a person types is tidied: dashes, spaces around it, small letters in codes', () => {
  const request = parsed({ isbn: ' 978-0-14-143951-8 ', customer: '  Ada Lovelace ', country: 'gb', voucher: ' reader10 ' });
  assert.deepEqual(request, { isbn: '9780141439518', quantity: 2, customer: 'Ada Lovelace', country: 'GB', voucher: 'READER10' });
});

test('an empty voucher is no voucher', () => {
  assert.equal(parsed({ voucher: '' }).voucher, null);
  assert.equal(parsed({ voucher: null }).voucher, null);
});

test('a name may have an apostrophe, an accent, or letters of any script', () => {
  for (const customer of ["Siobhán O'Neill", 'José Ñandú', '李小龍', 'Мария Иванова', 'bell hooks']) assert.equal(parsed({ customer }).customer, customer);
});

test('a name in decomposed letters is kept composed, so that it is found again', () => {
  assert.equal(parsed({ customer: 'Zoe\u0308 Kravitz' }).customer, 'Zo\u00eb Kravitz');
});

test('what is no name is refused', () => {
  for (const customer of ['', '   ', '12345', 'Ada\nLovelace', 'a'.repeat(81), 7, undefined]) assert.deepEqual(faults({ ...body, customer }), ['customer']);
});

test('a quantity is a whole number of copies that the shop can send', () => {
  for (const quantity of [0, -1, 1.5, 21, '2', Number.NaN]) assert.deepEqual(faults({ ...body, quantity }), ['quantity']);
  assert.equal(parsed({ quantity: 20 }).quantity, 20);
});

test('every fault is named at once', () => {
  assert.deepEqual(faults({ isbn: '12', quantity: 0, customer: '', country: 'Germany', voucher: '!' }), ['isbn', 'quantity', 'customer', 'country', 'voucher']);
});

test('a body that is no object is refused as a whole', () => {
  for (const value of [null, [], 'order', 3]) assert.deepEqual(faults(value), ['body']);
});
