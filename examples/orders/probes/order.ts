import type { Probe } from './probe.ts';

/** Orders a book the way a customer does, and sees that it is kept, once, at the right price. */
export default async function orderABook({ url, fetch, ...probe }: Probe): Promise<void> {
  const assert: Probe['assert'] = probe.assert;
  const order = { isbn: '9780141439518', quantity: 2, customer: 'Probe Reader' };
  const key = crypto.randomUUID();
  const send = (): Promise<Response> => fetch(new URL('/api/orders', url), {
    method: 'POST',
    headers: { 'content-type': 'application/json', 'idempotency-key': key },
    body: JSON.stringify(order),
  });

  const placed = await send();
  const confirmation = await placed.json() as { id: string; number: string; quantity: number; price: { totalCents: number } };
  assert.equal(placed.status, 201, JSON.stringify(confirmation));
  assert.match(confirmation.number, /^O-[0-9A-F]{8}$/);
  assert.equal(confirmation.price.totalCents, 2088);

  const repeated = await send();
  assert.equal(repeated.status, 200);
  assert.equal((await repeated.json() as { id: string }).id, confirmation.id);

  const kept = await fetch(new URL(`/api/orders/${confirmation.id}`, url));
  assert.equal(kept.status, 200);
  assert.equal((await kept.json() as { quantity: number }).quantity, 2);
}
