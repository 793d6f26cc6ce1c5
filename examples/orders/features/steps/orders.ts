import assert from 'node:assert/strict';
import { Given, Then, When } from '@cucumber/cucumber';
import type { Customer, Placed } from './customer.ts';

const cents = (amount: number): number => Math.round(amount * 100);

When('{string} orders {int} copies/copy of {string}', async function (this: Customer, name: string, quantity: number, isbn: string) {
  await this.orders(name, { isbn, quantity });
});

When('{string} orders {int} copies/copy of {string} with the voucher {string}', async function (this: Customer, name: string, quantity: number, isbn: string, voucher: string) {
  await this.orders(name, { isbn, quantity, voucher });
});

When('{string} orders {int} copies/copy of {string} to {string}', async function (this: Customer, name: string, quantity: number, isbn: string, country: string) {
  await this.orders(name, { isbn, quantity, country });
});

Given('{string} has ordered {int} copies/copy of {string}', async function (this: Customer, name: string, quantity: number, isbn: string) {
  await this.orders(name, { isbn, quantity });
  assert.equal(this.status, 201, this.body);
});

When('I read that order', async function (this: Customer) {
  await this.ask(`/api/orders/${this.placed().id}`);
});

When('the same order is sent again', async function (this: Customer) {
  await this.send(this.request, this.key);
});

When('another order is sent under the same key', async function (this: Customer) {
  await this.send({ ...this.request, quantity: 7 }, this.key);
});

When('an order is sent without a key', async function (this: Customer) {
  await this.send({ isbn: '9780141439518', customer: this.named('Ada') }, undefined);
});

When('I search for the orders of {string}', async function (this: Customer, name: string) {
  await this.ask(`/api/orders?customer=${encodeURIComponent(this.named(name))}`);
});

Then('the order is placed', function (this: Customer) {
  assert.equal(this.status, 201, this.body);
  assert.match(this.placed().number, /^O-[0-9A-F]{8}$/);
  assert.equal(this.headers.get('location'), `/api/orders/${this.placed().id}`);
});

Then('it is the same order', function (this: Customer) {
  assert.deepEqual(this.json<Placed>(), this.placed());
});

Then('the goods cost {float} and the delivery {float}', function (this: Customer, goods: number, delivery: number) {
  const { goodsCents, deliveryCents } = this.placed().price;
  assert.deepEqual([goodsCents, deliveryCents], [cents(goods), cents(delivery)]);
});

Then('the discount is {float}', function (this: Customer, discount: number) {
  assert.equal(this.placed().price.discountCents, cents(discount));
});

Then('the total is {float}', function (this: Customer, total: number) {
  assert.equal(this.placed().price.totalCents, cents(total));
});

Then('the fault is in {string}', function (this: Customer, field: string) {
  assert.deepEqual(this.json<{ faults: { field: string }[] }>().faults.map((fault) => fault.field), [field]);
});

Then('I find {int} order(s), the newest first', function (this: Customer, count: number) {
  const { orders } = this.json<{ orders: (Placed & { placedAt: string })[] }>();
  assert.equal(orders.length, count);
  assert.equal(orders[0]?.id, this.placed().id);
});
