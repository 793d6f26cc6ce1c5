import { createHash } from 'node:crypto';
import { findBook } from '../db/books.ts';
import { findOrder, keepOrder, orderUnderKey, searchOrders, type Kept } from '../db/orders.ts';
import { deliveryRate, findVoucher } from '../db/terms.ts';
import { confirmation } from '../domain/order.ts';
import { parseOrderRequest } from '../domain/order-request.ts';
import { decide } from '../domain/place-order.ts';
import { json, problem, type Answer } from './answer.ts';
import type { Handler, Route } from './router.ts';
import type { Shop } from './shop.ts';

const UUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i;
const LARGEST_PAGE = 100;

export function orderRoutes(shop: Shop): readonly Route[] {
  return [
    { method: 'POST', path: '/api/orders', handler: place(shop) },
    { method: 'GET', path: '/api/orders', handler: search(shop) },
    { method: 'GET', path: '/api/orders/:id', handler: read(shop) },
  ];
}

function place({ database, configuration, metrics, now }: Shop): Handler {
  const { freeDeliveryFromCents } = configuration.shop;
  return async ({ headers, body }) => {
    const key = headers['idempotency-key'];
    if (typeof key !== 'string' || !/^[\x21-\x7e]{8,100}$/.test(key)) {
      return problem(400, 'send an Idempotency-Key of 8 to 100 visible characters, a new one for each order');
    }
    const parsed = parseOrderRequest(await body(), configuration.shop);
    if (!parsed.ok) return problem(422, 'the order is not complete', parsed.faults);
    const { request } = parsed;

    const requestDigest = createHash('sha256').update(JSON.stringify(request)).digest('hex');
    const earlier = await orderUnderKey(database, key, requestDigest);
    if (earlier) return answerFor(earlier);

    const [book, deliveryCents, voucher] = await Promise.all([
      findBook(database, request.isbn),
      deliveryRate(database, request.country),
      request.voucher === null ? null : findVoucher(database, request.voucher),
    ]);
    const decision = decide(request, { unitCents: book?.priceCents ?? null, deliveryCents, voucher }, now(), freeDeliveryFromCents);
    if (!decision.ok) return problem(422, 'the shop cannot take this order', decision.faults);

    const kept = await keepOrder(database, { key, requestDigest, request, quote: decision.quote });
    if (kept.outcome === 'placed') metrics.ordersPlaced.add();
    return answerFor(kept);
  };
}

function answerFor(kept: Kept): Answer {
  if (kept.outcome === 'conflict') return problem(409, 'this Idempotency-Key stands for another order');
  return json(kept.outcome === 'placed' ? 201 : 200, confirmation(kept.order), { location: `/api/orders/${kept.order.id}`, 'cache-control': 'no-store' });
}

function read({ database }: Shop): Handler {
  return async ({ parameters }) => {
    const id = parameters['id']!;
    const order = UUID.test(id) ? await findOrder(database, id) : undefined;
    return order ? json(200, confirmation(order), { 'cache-control': 'no-store' }) : problem(404, 'there is no such order');
  };
}

function search({ database }: Shop): Handler {
  return async ({ query }) => {
    const customer = (query.get('customer') ?? '').trim().normalize('NFC');
    const limit = Number(query.get('limit') ?? 20);
    if (!Number.isInteger(limit) || limit < 1 || limit > LARGEST_PAGE) {
      return problem(422, 'the search is not complete', [{ field: 'limit', message: `ask for 1 to ${LARGEST_PAGE} orders` }]);
    }
    if (customer.includes('\0') || customer.length > 80) {
      return problem(422, 'the search is not complete', [{ field: 'customer', message: 'write how the name begins, in at most 80 characters' }]);
    }
    const orders = await searchOrders(database, customer, limit);
    return json(200, { orders: orders.map(confirmation) }, { 'cache-control': 'no-store' });
  };
}
