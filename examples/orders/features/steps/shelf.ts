import assert from 'node:assert/strict';
import { Given, Then, When } from '@cucumber/cucumber';
import type { Customer } from './customer.ts';

When('I ask for {string}', async function (this: Customer, path: string) {
  await this.ask(path);
});

When('I look at the shelf', async function (this: Customer) {
  await this.ask('/api/books');
});

Given('I have looked at the shelf', async function (this: Customer) {
  await this.ask('/api/books');
  assert.equal(this.status, 200);
});

When('I look at the shelf again', async function (this: Customer) {
  const etag = this.headers.get('etag');
  assert.ok(etag, 'the shelf has no mark');
  await this.ask('/api/books', { headers: { 'if-none-match': etag } });
});

When('I look up the book {string}', async function (this: Customer, isbn: string) {
  await this.ask(`/api/books/${isbn}`);
});

Then('the answer is {int}', function (this: Customer, status: number) {
  assert.equal(this.status, status, this.body);
});

Then('the shelf has {string} for {float} EUR', function (this: Customer, title: string, price: number) {
  const { currency, books } = this.json<{ currency: string; books: { title: string; priceCents: number }[] }>();
  assert.equal(currency, 'EUR');
  assert.equal(books.find((book) => book.title === title)?.priceCents, Math.round(price * 100));
});

Then('the book is {string} by {string}', function (this: Customer, title: string, author: string) {
  const book = this.json<{ title: string; author: string }>();
  assert.deepEqual([book.title, book.author], [title, author]);
});

Then('it is an OpenMetrics text with {string}, {string} and {string}', function (this: Customer, requests: string, seconds: string, placed: string) {
  assert.match(this.headers.get('content-type') ?? '', /^application\/openmetrics-text/);
  for (const family of [requests, seconds, placed]) assert.match(this.body, new RegExp(`^# TYPE ${family} (counter|histogram)$`, 'm'));
  assert.ok(this.body.endsWith('# EOF\n'));
});
