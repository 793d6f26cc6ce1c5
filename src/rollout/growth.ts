import type { MetricSample, Telemetry, TrafficSample } from '../environment/driver.ts';
import type { Instant, Millis } from '../foundation/units.ts';
import { labelMatch, parseSeries, type CounterPlan, type Series } from './series.ts';

/** By how much a counter rose, ascribed to the moment at which that was seen. */
export interface Growth { readonly at: Instant; readonly by: number }

/** What is measured stands for this long; two scrapes of the default driver, and some more. */
export const FRESH_FOR: Millis = 3_000;

/**
 * What a counter adds from one reading to the next. It begins at zero and never falls, so that a lower reading means
 * that it began again. Where the first reading is as old as the telemetry itself, nobody knows when that was counted.
 */
function risen(before: number | undefined, now: number, isNew: boolean): number {
  if (before === undefined) return isNew ? now : 0;
  return now < before ? now : now - before;
}

/** A counter of the application in one release, over all its instances and series. */
export interface Counted {
  readonly growth: readonly (Growth & { readonly labels: Series['labels'] })[];
  /** When instances were asked. */
  readonly sampled: readonly Instant[];
  /** When the metric was there, with whatever labels. */
  readonly published: readonly Instant[];
  /** When a value was no number that a counter can have. */
  readonly spoilt: readonly Instant[];
}

/** A first reading later than this comes from something that began in the meantime. */
export function horizonOf(telemetry: Telemetry): Instant {
  const first = (readings: readonly { readonly at: Instant }[]): Instant => readings.reduce((least, { at }) => Math.min(least, at), Infinity);
  return Math.min(first(telemetry.samples), first(telemetry.traffic)) + FRESH_FOR;
}

export function counted(telemetry: Telemetry, release: string, counter: CounterPlan): Counted {
  const horizon = horizonOf(telemetry);
  const samples = inOrder(telemetry.samples.filter((sample) => sample.release === release));
  const matches = seriesOf(counter);
  const readings = new Map<string, Map<string, number>>();
  const [growth, published, spoilt]: [Counted['growth'][number][], Instant[], Instant[]] = [[], [], []];
  for (const { at, instance, values } of samples) {
    const known = readings.get(instance);
    const before = known ?? new Map<string, number>();
    readings.set(instance, before);
    for (const [name, value] of Object.entries(values)) {
      const series = matches(name);
      if (series) published.push(at);
      if (!series?.matching) continue;
      if (!Number.isFinite(value) || value < 0) {
        spoilt.push(at);
        continue;
      }
      const isNew = known !== undefined || at > horizon;
      growth.push({ at, labels: series.labels, by: risen(before.get(name), value, isNew) });
      before.set(name, value);
    }
  }
  return { growth, sampled: samples.map(({ at }) => at), published, spoilt };
}

/** Requests and failed ones that the router counted for one release. */
export interface Served { readonly at: Instant; readonly requests: number; readonly errors: number }

export function served(telemetry: Telemetry, release: string): readonly Served[] {
  const horizon = horizonOf(telemetry);
  const samples = inOrder(telemetry.traffic.filter((sample: TrafficSample) => sample.release === release));
  return samples.map((sample, index) => {
    const before = samples[index - 1];
    const again = before !== undefined && sample.requests < before.requests;
    const added = (field: 'requests' | 'errors'): number => risen(again ? 0 : before?.[field], sample[field], sample.at > horizon);
    return { at: sample.at, requests: added('requests'), errors: added('errors') };
  });
}

/** The series of the metric, read once each however many samples name them; undefined for other metrics. */
function seriesOf(counter: CounterPlan): (name: string) => (Series & { readonly matching: boolean }) | undefined {
  const read = new Map<string, (Series & { matching: boolean }) | undefined>();
  const matching = labelMatch(counter.labels);
  return (name) => {
    if (!name.startsWith(counter.metric)) return undefined;
    if (!read.has(name)) {
      const series = parseSeries(name);
      read.set(name, series?.metric === counter.metric ? { ...series, matching: matching(series.labels) } : undefined);
    }
    return read.get(name);
  };
}

function inOrder<Reading extends MetricSample | TrafficSample>(readings: readonly Reading[]): readonly Reading[] {
  return [...readings].sort((a, b) => a.at - b.at);
}
