import type { AlarmPlan, SignalPlan } from './plan.ts';
import type { Duration } from '../foundation/units.ts';
import { LABEL, labelFault, METRIC, METRIC_RULE, patternOf } from './shape.ts';
import { Reading, written, type Callee } from './written.ts';

/** What an alarm watches. Made by `counter(…).shareOf(…)`, `counter(…).rate()`, `histogram(…).quantile(…)` or `probe(…)`. */
export type Signal = Readonly<SignalPlan>;
/** What an environment watches, and when it fires. Made by {@link alarm}. */
export interface Alarm extends Readonly<AlarmPlan> {}

/** Labels that a series must carry: a text is matched whole, a regular expression is searched for. */
export interface Labels { readonly [label: string]: string | RegExp }

/** One of the application's own counters, over all its series that carry the labels. */
export interface Counter {
  readonly metric: string;
  readonly labels: { readonly [label: string]: string };
  /** Its part of another counter, from 0 to 1: `counter("http_requests_total", { status: /^5/ }).shareOf("http_requests_total")`. */
  shareOf(whole: Counter | string): Signal;
  /** How fast it grows, per second. */
  rate(): Signal;
}

/** One of the application's own histograms. */
export interface Histogram {
  readonly metric: string;
  readonly labels: { readonly [label: string]: string };
  /** The value below which the fraction `q` of all observations lies: `histogram("http_request_seconds").quantile(0.99)`. */
  quantile(q: number): Signal;
}

/** A counter that the application publishes at its metrics path, named as it is there. */
export function counter(metric: string, labels: Labels = {}): Counter {
  const own = series(counter, 'counter', metric, labels);
  const shareOf = (whole: Counter | string): Signal => ({
    type: 'share',
    of: own,
    within: typeof whole === 'string' ? series(shareOf, 'shareOf', whole, {}) : { metric: whole.metric, labels: { ...whole.labels } },
  });
  return { ...own, shareOf, rate: () => ({ type: 'rate', counter: own }) };
}

/** A histogram that the application publishes at its metrics path, named without `_bucket`. */
export function histogram(metric: string, labels: Labels = {}): Histogram {
  const own = series(histogram, 'histogram', metric, labels);
  const quantile = (q: number): Signal => {
    if (!(q > 0 && q < 1)) throw new Reading(quantile, 'quantile').wrong('q', `${q} does not do; write a fraction between 0 and 1, such as 0.99`);
    return { type: 'quantile', histogram: own, q };
  };
  return { ...own, quantile };
}

/** The share of a probe's runs that fail, from 0 to 1. `name` is that of one of the environment's probes. */
export function probe(name: string): Signal {
  return { type: 'probe', probe: new Reading(probe, 'probe').text('name', name, 80) };
}

/**
 * Fires when `m` of the last `n` points lie above `above`; the deployment under way then fails and goes back.
 *
 * @example alarm("errors", counter("http_requests_total", { status: /^5/ }).shareOf("http_requests_total"), { above: 0.01, for: [3, 5] })
 */
export function alarm(name: string, signal: Signal, options: {
  /** The limit; a point at the limit is still good. */
  readonly above: number;
  /** `[m, n]`: m of the last n points. */
  readonly for: readonly [m: number, n: number];
  /** How long one point is; by default `"1m"`. */
  readonly every?: Duration;
  /** A point that rests on fewer requests is neither good nor bad; by default 50, and 1 run for a probe. */
  readonly minRequests?: number;
}): Alarm {
  const read = new Reading(alarm, `alarm "${name}"`);
  const { above, for: points, every, minRequests } = read.fields(options, ['above', 'for', 'every', 'minRequests']);
  if (typeof signal !== 'object' || signal === null || !('type' in signal)) {
    throw read.wrong('signal', 'write counter(…).shareOf(…), counter(…).rate(), histogram(…).quantile(…) or probe(…)');
  }
  if (!Number.isFinite(above)) throw read.wrong('above', `${String(above)} does not do; write a number`);
  const [m, n] = read.list<number>('for', points, 2, 2) as readonly [number, number];
  const last = read.whole('for[1]', n, 1, 1_000);
  return written(alarm, {
    name: read.text('name', name, 80),
    signal,
    above,
    points: [read.whole('for[0]', m, 1, last), last],
    everyMs: read.duration('every', every ?? '1m', 100),
    minRequests: read.whole('minRequests', minRequests ?? (signal.type === 'probe' ? 1 : 50), 1),
  });
}

function series(callee: Callee, name: string, metric: string, labels: Labels): { metric: string; labels: Record<string, string> } {
  const read = new Reading(callee, name);
  return {
    metric: read.matching('metric', metric, (text) => METRIC.test(text), METRIC_RULE),
    labels: Object.fromEntries(Object.entries(labels).map(([label, value]) => {
      read.matching('labels', label, (text) => LABEL.test(text) && text !== 'constructor' && text !== 'prototype' && text !== '__proto__', METRIC_RULE);
      return [label, labelText(read, label, value)];
    })),
  };
}

function labelText(read: Reading, label: string, value: unknown): string {
  if (value instanceof RegExp && value.flags !== '') throw read.wrong(`labels.${label}`, `write the expression without the flag "${value.flags}"`);
  if (!(value instanceof RegExp) && typeof value !== 'string') throw read.wrong(`labels.${label}`, 'write a text or a regular expression');
  // A text that looks like a pattern is meant as a text.
  const text = value instanceof RegExp ? `/${value.source}/` : patternOf(value) === undefined ? value : `/^${escaped(value)}$/`;
  const fault = labelFault(text);
  if (fault !== undefined) throw read.wrong(`labels.${label}`, fault);
  return text;
}

function escaped(text: string): string {
  return text.replace(/[\\^$.*+?()[\]{}|/]/g, '\\$&');
}
