/** What an alarm's signal was over a span of time, from what an environment measured. */
import type { Telemetry } from '../environment/driver.ts';
import type { Instant } from '../foundation/units.ts';
import type { SignalPlan } from '../pipeline/plan.ts';
import { horizonOf } from './growth.ts';
import { quantile } from './quantile.ts';
import { Tally } from './tally.ts';

export interface Measured {
  /** How many requests, or runs of a probe, it rests on. */
  readonly requests: number;
  /** A fraction for shares and probes, per second for rates, in the metric's own unit for quantiles. */
  readonly value?: number;
  /** The true value lies somewhere above `value`. */
  readonly beyond?: boolean;
  /** Why this says too little to call it good: nothing published, no number, stale. */
  readonly doubt?: string;
}

/** What a signal was in one stretch of a tally, with those before it that are too short to be one. */
export function measure(signal: SignalPlan, tally: Tally, index: number): Measured {
  const { rises: [part = 0, whole = 0], buckets, failed } = tally.cell(index);
  const from = tally.begins(index);
  const requests = tally.requests(from, index);
  const why = tally.doubt(index);
  const doubt = why === undefined ? {} : { doubt: why };
  switch (signal.type) {
    case 'share': return { requests: whole, ...(whole > 0 ? { value: part / whole } : {}), ...doubt };
    case 'quantile': return { requests: buckets.get(Infinity) ?? 0, ...quantile(signal.q, buckets), ...doubt };
    case 'rate': return { requests, value: part / ((tally.span(index)[1] - from) / 1_000), ...doubt };
    case 'probe': return { requests, ...(requests > 0 ? { value: failed / requests } : {}) };
  }
}

/** Measures over `[from, to)`. */
export function meterOf(signal: SignalPlan, telemetry: Telemetry, release: string): (from: Instant, to: Instant) => Measured {
  return (from, to) => {
    const tally = new Tally(signal, release, { since: from, everyMs: to - from, newest: 1 });
    tally.absorb(telemetry, horizonOf(telemetry));
    return measure(signal, tally, 0);
  };
}
