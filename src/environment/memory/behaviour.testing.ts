import type { Millis } from '../../foundation/units.ts';

/** How a release behaves, as data: everything has a good default. */
export interface Behaviour {
  /** From its start until its instances are healthy. */
  readonly startMs?: Millis;
  /** False: it never starts, or, said later, its instances fall ill. */
  readonly healthy?: boolean;
  /** The fraction of requests that it answers with 500: exactly that many, evenly spread. */
  readonly errors?: number;
  /** How long it takes to answer. */
  readonly seconds?: number;
  /** Its instances publish nothing. */
  readonly silent?: boolean;
}

const BUCKETS = ['0.05', '0.1', '0.3', '1', '3', '+Inf'] as const;

/** What one instance of such a release publishes after `requests`, of which `errors` failed. */
export function published({ seconds = 0.01 }: Behaviour, requests: number, errors: number): { readonly [series: string]: number } {
  return {
    'http_requests_total{status="200"}': requests - errors,
    'http_requests_total{status="500"}': errors,
    'http_request_seconds_count': requests,
    'http_request_seconds_sum': requests * seconds,
    ...Object.fromEntries(BUCKETS.map((le) => [`http_request_seconds_bucket{le="${le}"}`, le === '+Inf' || seconds <= Number(le) ? requests : 0])),
  };
}
