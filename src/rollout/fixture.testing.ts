/** Telemetry as an environment would measure it, second by second, for the tests of this folder. */
import type { MetricSample, ProbeResult, Telemetry, TrafficSample } from '../environment/driver.ts';
import type { Instant } from '../foundation/units.ts';
import type { AlarmPlan } from '../pipeline/plan.ts';

export const SECOND = 1_000;

/** What one release served in each second, from `from` until before `to`; counters are read at the end of each. */
export interface Traffic {
  readonly release: string;
  readonly from: Instant;
  readonly to: Instant;
  readonly requests: number;
  readonly errors?: number;
  readonly instance?: string;
}

/** Consecutive stretches of traffic, as counters that only rise; the first reading of each release is its zero. */
export function telemetryOf(...stretches: readonly Traffic[]): Telemetry {
  const totals = new Map<string, { requests: number; errors: number }>();
  const [samples, traffic]: [MetricSample[], TrafficSample[]] = [[], []];
  for (const { release, from, to, requests, errors = 0, instance = `${release}-1` } of stretches) {
    const total = totals.get(release) ?? { requests: 0, errors: 0 };
    const read = (at: Instant): void => {
      samples.push({ at, release, instance, values: { 'http_requests_total{status="200"}': total.requests - total.errors, 'http_requests_total{status="500"}': total.errors } });
      traffic.push({ at, release, requests: total.requests, errors: total.errors, synthetic: 0 });
    };
    if (!totals.has(release)) read(from);
    totals.set(release, total);
    for (let at = from; at < to; at += SECOND) {
      total.requests += requests;
      total.errors += errors;
      read(at + SECOND - 1);
    }
  }
  return { samples, traffic, probes: [] };
}

export const joined = (...parts: readonly Telemetry[]): Telemetry => ({
  samples: parts.flatMap(({ samples }) => samples), traffic: parts.flatMap(({ traffic }) => traffic), probes: parts.flatMap(({ probes }) => probes),
});

export const probed = (...probes: readonly ProbeResult[]): Telemetry => ({ samples: [], traffic: [], probes });

/** The metrics of one instance, read at these moments: series to its values, one for each. */
export function published(release: string, instance: string, moments: readonly Instant[], series: { readonly [name: string]: readonly number[] }): Telemetry {
  const samples = moments.map((at, index): MetricSample => ({
    at, release, instance, values: Object.fromEntries(Object.entries(series).flatMap(([name, values]) => (values[index] === undefined ? [] : [[name, values[index]]]))),
  }));
  return { samples, traffic: [], probes: [] };
}

/** More than one failed request in a hundred, in 2 of 3 points of ten seconds with at least 20 requests. */
export const errorsAlarm: AlarmPlan = {
  name: 'errors', above: 0.01, points: [2, 3], everyMs: 10 * SECOND, minRequests: 20,
  signal: { type: 'share', of: { metric: 'http_requests_total', labels: { status: '/^5/' } }, within: { metric: 'http_requests_total', labels: {} } },
};
