import type { Telemetry } from '../environment/driver.ts';
import type { Instant, Millis } from '../foundation/units.ts';
import { FRESH_FOR } from './growth.ts';

type Span = readonly [from: Instant, to: Instant];

/** For how long since `since` the release could be seen, and whether it can be now: by the router, and by its own metrics where they are needed. */
export function freshTime(telemetry: Telemetry, release: string, needsMetrics: boolean, since: Instant, now: Instant): { readonly valid: Millis; readonly now: boolean } {
  const spans = (readings: readonly { readonly at: Instant; readonly release: string }[]): readonly Span[] =>
    merged(readings.filter((reading) => reading.release === release).map(({ at }) => [at, at + FRESH_FOR]));
  const traffic = spans(telemetry.traffic);
  const both = needsMetrics ? overlaps(traffic, spans(telemetry.samples)) : traffic;
  const valid = both.reduce((total, [from, to]) => total + Math.max(0, Math.min(to, now) - Math.max(from, since)), 0);
  return { valid, now: both.some(([from, to]) => from <= now && now < to) };
}

function merged(spans: readonly Span[]): readonly Span[] {
  const all: Span[] = [];
  for (const [from, to] of [...spans].sort(([a], [b]) => a - b)) {
    const last = all.at(-1);
    if (last && from <= last[1]) all[all.length - 1] = [last[0], Math.max(last[1], to)];
    else all.push([from, to]);
  }
  return all;
}

function overlaps(some: readonly Span[], others: readonly Span[]): readonly Span[] {
  return some.flatMap(([from, to]) => others.map(([start, end]): Span => [Math.max(from, start), Math.min(to, end)]).filter(([start, end]) => start < end));
}
