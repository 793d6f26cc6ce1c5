/** What an alarm's signal was over a span of time, from what an environment measured. */
import type { Telemetry } from '../environment/driver.ts';
import type { Instant } from '../foundation/units.ts';
import type { SignalPlan } from '../pipeline/plan.ts';
import { counted, FRESH_FOR, served, type Counted, type Growth } from './growth.ts';
import { boundOf, quantile } from './quantile.ts';
import type { CounterPlan } from './series.ts';

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

/** Measures over `[from, to)`. Reading the samples is done once, whatever number of spans is asked for. */
export type Meter = (from: Instant, to: Instant) => Measured;

export function meterOf(signal: SignalPlan, telemetry: Telemetry, release: string): Meter {
  switch (signal.type) {
    case 'share': return shareMeter(signal.of, signal.within, telemetry, release);
    case 'quantile': return quantileMeter(signal.histogram, signal.q, telemetry, release);
    case 'rate': return rateMeter(signal.counter, telemetry, release);
    case 'probe': return probeMeter(signal.probe, telemetry, release);
  }
}

function shareMeter(of: CounterPlan, within: CounterPlan, telemetry: Telemetry, release: string): Meter {
  const [part, whole] = [counted(telemetry, release, of), counted(telemetry, release, within)];
  return (from, to) => {
    const requests = sum(whole.growth, from, to);
    const doubt = doubtOf(of, part, from, to) ?? doubtOf(within, whole, from, to);
    return { requests, ...known(requests > 0 ? sum(part.growth, from, to) / requests : undefined), ...because(doubt) };
  };
}

function quantileMeter(histogram: CounterPlan, q: number, telemetry: Telemetry, release: string): Meter {
  const buckets = { ...histogram, metric: `${histogram.metric}_bucket` };
  const all = counted(telemetry, release, buckets);
  return (from, to) => {
    const counts = new Map<number, number>();
    for (const { labels, by } of spanOf(all.growth, from, to)) {
      const bound = boundOf(labels.get('le'));
      if (bound !== undefined) counts.set(bound, (counts.get(bound) ?? 0) + by);
    }
    const found = quantile(q, counts);
    return { requests: counts.get(Infinity) ?? 0, ...found, ...because(doubtOf(buckets, all, from, to)) };
  };
}

function rateMeter(counter: CounterPlan, telemetry: Telemetry, release: string): Meter {
  const all = counted(telemetry, release, counter);
  const requests = served(telemetry, release);
  return (from, to) => ({
    requests: spanOf(requests, from, to).reduce((count, each) => count + each.requests, 0),
    value: sum(all.growth, from, to) / ((to - from) / 1_000),
    ...because(doubtOf(counter, all, from, to)),
  });
}

function probeMeter(probe: string, telemetry: Telemetry, release: string): Meter {
  const results = telemetry.probes.filter((result) => result.probe === probe && result.release === release);
  return (from, to) => {
    const runs = spanOf(results, from, to);
    return { requests: runs.length, ...known(runs.length > 0 ? runs.filter(({ ok }) => !ok).length / runs.length : undefined) };
  };
}

/** Silence is not health: a metric that is absent, no number, or last seen long before the end proves nothing. */
function doubtOf({ metric }: CounterPlan, all: Counted, from: Instant, to: Instant): string | undefined {
  const isIn = (at: Instant): boolean => at >= from && at < to;
  if (!all.sampled.some(isIn)) return 'the instances published nothing';
  if (!all.published.some(isIn)) return `"${metric}" is not among what the instances publish`;
  if (all.spoilt.some(isIn)) return `"${metric}" had a value that no counter can have`;
  if (!all.sampled.some((at) => isIn(at) && at >= to - FRESH_FOR)) return 'the instances published nothing towards the end';
  return undefined;
}

function spanOf<Reading extends { readonly at: Instant }>(readings: readonly Reading[], from: Instant, to: Instant): readonly Reading[] {
  return readings.filter(({ at }) => at >= from && at < to);
}

function sum(growth: readonly Growth[], from: Instant, to: Instant): number {
  return spanOf(growth, from, to).reduce((total, { by }) => total + by, 0);
}

function known(value: number | undefined): { value?: number } {
  return value === undefined ? {} : { value };
}

function because(doubt: string | undefined): { doubt?: string } {
  return doubt === undefined ? {} : { doubt };
}
