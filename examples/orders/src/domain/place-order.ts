import { price, type Quote } from './pricing.ts';
import { redeem, type Voucher } from './voucher.ts';
import type { Fault, OrderRequest } from './order-request.ts';

/** What the shop knows about the things that an order names; null where it knows nothing. */
export interface Known {
  readonly unitCents: number | null;
  readonly deliveryCents: number | null;
  readonly voucher: Voucher | null;
}

export type Decision = { readonly ok: true; readonly quote: Quote } | { readonly ok: false; readonly faults: readonly Fault[] };

/** Decides whether the shop takes this order, and at what price. */
export function decide(request: OrderRequest, known: Known, now: Date, freeDeliveryFromCents: number): Decision {
  const faults: Fault[] = [];
  if (known.unitCents === null) faults.push({ field: 'isbn', message: 'this shop does not sell that book' });
  if (known.deliveryCents === null) faults.push({ field: 'country', message: `this shop does not deliver to ${request.country} yet` });
  if (request.voucher !== null && known.voucher === null) faults.push({ field: 'voucher', message: `there is no voucher ${request.voucher}` });
  if (known.unitCents === null || known.deliveryCents === null || faults.length > 0) return { ok: false, faults };

  const redeemed = known.voucher ? redeem(known.voucher, known.unitCents * request.quantity, now) : { ok: true as const, discountCents: 0 };
  if (!redeemed.ok) return { ok: false, faults: [{ field: 'voucher', message: redeemed.reason }] };
  const { unitCents, deliveryCents } = known;
  return { ok: true, quote: price({ unitCents, quantity: request.quantity, discountCents: redeemed.discountCents, deliveryCents, freeDeliveryFromCents }) };
}
