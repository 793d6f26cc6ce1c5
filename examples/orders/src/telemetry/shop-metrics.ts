import { counter, expose, histogram, type Counter, type Histogram } from './metrics.ts';

/** What this instance counts, from its start on. */
export interface ShopMetrics {
  readonly requests: Counter;
  readonly requestSeconds: Histogram;
  readonly ordersPlaced: Counter;
  /** @returns everything in the OpenMetrics text format */
  expose(): string;
}

export function shopMetrics(): ShopMetrics {
  const requests = counter('http_requests', 'Requests that were answered, by what was asked and how it ended.');
  const requestSeconds = histogram('http_request_seconds', 'From the arrival of a request to its answer.');
  const ordersPlaced = counter('orders_placed', 'Orders that were taken; an order that is sent again is not counted again.');
  return { requests, requestSeconds, ordersPlaced, expose: () => expose([requests, requestSeconds, ordersPlaced]) };
}
