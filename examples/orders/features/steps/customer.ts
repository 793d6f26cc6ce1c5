import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { setWorldConstructor, World } from '@cucumber/cucumber';

export interface Placed {
  readonly id: string;
  readonly number: string;
  readonly quantity: number;
  readonly price: { readonly goodsCents: number; readonly discountCents: number; readonly deliveryCents: number; readonly totalCents: number };
}

const base = process.env['BASE_URL'];
if (!base) throw new Error('BASE_URL must be the address of the running shop');

/** A customer for one scenario, with a name that no other scenario has: the shop may be full of others' orders. */
export class Customer extends World {
  readonly #mark = randomUUID().slice(0, 8);
  /** What was answered last. */
  status = 0;
  headers = new Headers();
  body = '';
  /** What was ordered last, and under which key. */
  key = '';
  request: object = {};
  order: Placed | undefined;

  named(name: string): string {
    return `${name} ${this.#mark}`;
  }

  async ask(path: string, init: RequestInit = {}): Promise<void> {
    const answer = await fetch(new URL(path, base), { ...init, signal: AbortSignal.timeout(10_000) });
    this.status = answer.status;
    this.headers = answer.headers;
    this.body = await answer.text();
  }

  async send(request: object, key: string | undefined): Promise<void> {
    await this.ask('/api/orders', {
      method: 'POST',
      headers: { 'content-type': 'application/json', ...(key !== undefined && { 'idempotency-key': key }) },
      body: JSON.stringify(request),
    });
  }

  async orders(name: string, request: object): Promise<void> {
    this.key = randomUUID();
    this.request = { ...request, customer: this.named(name) };
    await this.send(this.request, this.key);
    if (this.status === 201) this.order = this.json<Placed>();
  }

  json<T>(): T {
    return JSON.parse(this.body) as T;
  }

  placed(): Placed {
    assert.ok(this.order, `no order was placed: ${this.status} ${this.body}`);
    return this.order;
  }
}

setWorldConstructor(Customer);
