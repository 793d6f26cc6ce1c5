import type { Quote } from './pricing.ts';

/** An order as the shop keeps it. */
export interface Order extends Quote {
  readonly id: string;
  readonly isbn: string;
  readonly title: string;
  readonly quantity: number;
  readonly customer: string;
  readonly country: string | null;
  readonly voucher: string | null;
  readonly placedAt: Date;
}

/** An order as its customer sees it. */
export function confirmation(order: Order) {
  return {
    id: order.id,
    number: orderNumber(order.id),
    book: { isbn: order.isbn, title: order.title },
    quantity: order.quantity,
    customer: order.customer,
    country: order.country,
    voucher: order.voucher,
    price: {
      goodsCents: order.goodsCents,
      discountCents: order.discountCents,
      deliveryCents: order.deliveryCents,
      totalCents: order.totalCents,
    },
    placedAt: order.placedAt.toISOString(),
  };
}

/** What a customer reads out on the telephone: short, and without letters that sound alike. */
export function orderNumber(id: string): string {
  return `O-${id.replaceAll('-', '').slice(0, 8).toUpperCase()}`;
}
