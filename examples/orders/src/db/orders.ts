import type { Order } from '../domain/order.ts';
import type { OrderRequest } from '../domain/order-request.ts';
import type { Quote } from '../domain/pricing.ts';
import type { Database } from './database.ts';

/** What becomes of an order under its key: kept now, kept before, or the key stood for something else. */
export type Kept = { readonly outcome: 'placed' | 'repeated'; readonly order: Order } | { readonly outcome: 'conflict' };

export interface NewOrder {
  readonly key: string;
  /** Of the request, so that the same key with another order is seen. */
  readonly requestDigest: string;
  readonly request: OrderRequest;
  readonly quote: Quote;
}

const SELECT = `
  SELECT orders.id, orders.isbn, books.title, orders.quantity, orders.customer, orders.country, orders.voucher,
         orders.goods_cents AS "goodsCents", orders.discount_cents AS "discountCents",
         orders.delivery_cents AS "deliveryCents", orders.total_cents AS "totalCents", orders.placed_at AS "placedAt"
  FROM orders JOIN books USING (isbn)`;

/** One statement decides who was first under a key, however many ask at once. */
export async function keepOrder(database: Database, { key, requestDigest, request, quote }: NewOrder): Promise<Kept> {
  const inserted = await database.rows<{ id: string }>(`
    INSERT INTO orders (
      idempotency_key, request_digest, isbn, quantity, customer, country, voucher,
      goods_cents, discount_cents, delivery_cents, total_cents
    ) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)
    ON CONFLICT (idempotency_key) DO NOTHING
    RETURNING id`,
  [key, requestDigest, request.isbn, request.quantity, request.customer, request.country, request.voucher,
    quote.goodsCents, quote.discountCents, quote.deliveryCents, quote.totalCents]);
  if (inserted[0]) return { outcome: 'placed', order: (await findOrder(database, inserted[0].id))! };
  return (await orderUnderKey(database, key, requestDigest))!;
}

/** What is kept under a key already; undefined where it is a new one. */
export async function orderUnderKey(database: Database, key: string, requestDigest: string): Promise<Kept | undefined> {
  const [earlier] = await database.rows<{ id: string; digest: string }>('SELECT id, request_digest AS digest FROM orders WHERE idempotency_key = $1', [key]);
  if (!earlier) return undefined;
  if (earlier.digest !== requestDigest) return { outcome: 'conflict' };
  return { outcome: 'repeated', order: (await findOrder(database, earlier.id))! };
}

export async function findOrder(database: Database, id: string): Promise<Order | undefined> {
  return (await database.rows<Order>(`${SELECT} WHERE orders.id = $1`, [id]))[0];
}

/** The newest first; those of customers whose name begins so, in any case of letters, or of everybody. */
export async function searchOrders(database: Database, customer: string, limit: number): Promise<readonly Order[]> {
  return database.rows<Order>(
    `${SELECT} WHERE lower(orders.customer) LIKE lower($1) ORDER BY orders.placed_at DESC, orders.id LIMIT $2`,
    [`${literally(customer)}%`, limit]);
}

/** Text that LIKE takes as it stands. */
function literally(text: string): string {
  return text.replace(/[\\%_]/g, '\\$&');
}
