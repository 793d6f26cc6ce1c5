/** What an order costs, in cents. `totalCents` is goods less discount plus delivery. */
export interface Quote {
  readonly goodsCents: number;
  readonly discountCents: number;
  readonly deliveryCents: number;
  readonly totalCents: number;
}

export interface Basket {
  readonly unitCents: number;
  readonly quantity: number;
  readonly discountCents: number;
  /** What the carrier asks for this country. */
  readonly deliveryCents: number;
  /** Delivery is on the shop once the goods, discount taken off, cost this much. */
  readonly freeDeliveryFromCents: number;
}

export function price(basket: Basket): Quote {
  const goodsCents = basket.unitCents * basket.quantity;
  const discountCents = Math.min(basket.discountCents, goodsCents);
  const paidCents = goodsCents - discountCents;
  const deliveryCents = paidCents >= basket.freeDeliveryFromCents ? 0 : basket.deliveryCents;
  return { goodsCents, discountCents, deliveryCents, totalCents: paidCents + deliveryCents };
}
