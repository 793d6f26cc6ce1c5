import type { InstanceSample, MetricSample, Telemetry } from '../environment/driver.ts';
import type { Instant, Millis } from '../foundation/units.ts';
import type { SignalPlan } from '../pipeline/plan.ts';
import { Coverage } from './coverage.ts';
import { freshFor, Rises } from './growth.ts';
import { boundOf } from './quantile.ts';
import { countersOf, isOfRouter, routerSeries } from './router-series.ts';
import { seriesOf, type CounterPlan, type SeriesReader } from './series.ts';

/** What was measured in one stretch of time. */
export interface Cell {
  /** By the place of the counter in the signal: what it added. */
  readonly rises: number[];
  /** Of a histogram: what each bucket added. */
  readonly buckets: Map<number, number>;
  /** Requests that the router counted for the release, or runs of the probe. */
  requests: number;
  /** Runs of the probe that failed. */
  failed: number;
  /** The last reading of each instance. */
  readonly readAt: Map<string, Instant>;
  readonly published: Set<string>;
  spoilt: string | undefined;
}

/** When an instance could be given traffic, and what it publishes. */
interface Presence { readonly from: Instant; to: Instant; requests: number; readonly published: Set<string> }

/** What one signal of one release was, in stretches of equal length from `since` on; the newest of them are kept. */
export class Tally {
  readonly #release: string;
  readonly #signal: SignalPlan;
  readonly #counters: readonly { readonly counter: CounterPlan; readonly read: SeriesReader; readonly place: number }[];
  readonly #since: Instant;
  readonly #everyMs: Millis;
  readonly #wanted: number;
  readonly #cells = new Map<number, Cell>();
  readonly #rises = new Rises();
  readonly #served = new Rises();
  readonly #read = new Coverage();
  readonly #present = new Map<string, Presence>();
  #fresh: Millis = freshFor({});
  #newest = 0;

  /** @param stretch.newest so many of the newest that hold a reading are kept. */
  constructor(signal: SignalPlan, release: string, stretch: { readonly since: Instant; readonly everyMs: Millis; readonly newest: number }) {
    this.#signal = signal;
    this.#release = release;
    this.#since = stretch.since;
    this.#everyMs = stretch.everyMs;
    this.#wanted = stretch.newest;
    this.#counters = countersOf(signal).map((counter, place) => ({ counter, place, read: seriesOf(signal.type === 'quantile' ? { ...counter, metric: `${counter.metric}_bucket` } : counter) }));
  }

  /** @param horizon a first reading later than this comes from something that began in the meantime. */
  absorb(telemetry: Telemetry, horizon: Instant): void {
    this.#fresh = freshFor(telemetry);
    for (const instance of telemetry.instances ?? []) if (instance.release === this.#release) this.#isPresent(instance);
    const own = telemetry.samples.filter(({ release }) => release === this.#release);
    const routed = telemetry.traffic.filter(({ release }) => release === this.#release);
    for (const sample of own.toSorted((a, b) => a.at - b.at)) this.#sample(sample, horizon, false);
    for (const traffic of routed.toSorted((a, b) => a.at - b.at)) {
      const requests = this.#served.read('router', traffic.at, horizon)('requests', traffic.requests);
      const cell = this.#cellAt(traffic.at);
      if (cell && this.#signal.type !== 'probe') cell.requests += requests;
      this.#sample(routerSeries(traffic), horizon, true);
    }
    for (const { at, probe, release, ok } of telemetry.probes) {
      if (this.#signal.type !== 'probe' || probe !== this.#signal.probe || release !== this.#release) continue;
      const cell = this.#cellAt(at);
      if (cell) [cell.requests, cell.failed] = [cell.requests + 1, cell.failed + (ok ? 0 : 1)];
    }
  }

  /** Stretches that may be too short to hold a reading stand between those that hold one. */
  get #keep(): number {
    return this.#wanted * (1 + Math.ceil(this.#fresh / this.#everyMs)) + 1;
  }

  /** The newest `count` stretches before number `end` that hold a reading, or should; oldest first. */
  newest(count: number, end: number): readonly number[] {
    const found: number[] = [];
    for (let index = end - 1; index >= Math.max(0, end - this.#keep) && found.length < count; index--) {
      if (!this.isSkipped(index)) found.unshift(index);
    }
    return found;
  }

  /** Where a stretch begins, with those before it that are too short to be one by themselves. */
  begins(index: number): Instant {
    let first = index;
    while (first > Math.max(0, index - this.#keep) && this.isSkipped(first - 1)) first -= 1;
    return this.span(first)[0];
  }

  /** Requests, or runs of the probe, from `from` to the end of a stretch. */
  requests(from: Instant, index: number): number {
    let requests = 0;
    for (let each = Math.round((from - this.#since) / this.#everyMs); each <= index; each++) requests += this.#cells.get(each)?.requests ?? 0;
    return requests;
  }

  /** The stretch with this number; empty where nothing was measured in it. */
  cell(index: number): Cell {
    return this.#cells.get(index) ?? emptyCell(this.#counters.length);
  }

  /**
   * Whether no reading fell into a stretch although they were taken all around it: then it is too short to be one by
   * itself, and what it saw is in the next.
   */
  isSkipped(index: number): boolean {
    const [from, to] = this.span(index);
    return this.#counters.length > 0 && this.cell(index).readAt.size === 0 && this.#read.covers(from, to);
  }

  span(index: number): readonly [from: Instant, to: Instant] {
    return [this.#since + index * this.#everyMs, this.#since + (index + 1) * this.#everyMs];
  }

  /** Silence is not health: what is absent, no number, or last read long before the end of a stretch proves nothing. */
  doubt(index: number): string | undefined {
    const cell = this.cell(index);
    const [from, to] = this.span(index);
    if (this.#counters.length === 0) return undefined;
    if (cell.readAt.size === 0) return 'the instances published nothing';
    const absent = this.#counters.find(({ read }) => !cell.published.has(read.metric));
    if (absent) return `"${absent.read.metric}" is not among what the instances publish`;
    if (cell.spoilt !== undefined) return `"${cell.spoilt}" had a value that no counter can have`;
    if (Math.max(...cell.readAt.values()) < to - this.#fresh) return 'the instances published nothing towards the end';
    return this.#doubtOfOne(index, from, to);
  }

  /** One instance that says nothing is not the average of the others. */
  #doubtOfOne(index: number, from: Instant, to: Instant): string | undefined {
    const ours = this.#counters.filter(({ counter }) => !isOfRouter(counter));
    if (ours.length === 0) return undefined;
    const near = Math.ceil(this.#fresh / this.#everyMs);
    for (const [instance, { from: since, to: until, requests, published }] of this.#present) {
      const start = Math.max(from, since);
      if (since > to - this.#fresh || until < to - this.#fresh || until < from) continue;
      const wasRead = Array.from({ length: near + 1 }, (_, back) => this.#cells.get(index - back)?.readAt.get(instance)).some((at) => at !== undefined && at >= Math.min(start, to - this.#fresh));
      if (!wasRead) return `instance ${instance} published nothing`;
      const base = ours.at(-1)?.read.metric ?? '';
      if (requests > 0 && !published.has(base)) return `instance ${instance} does not publish "${base}"`;
    }
    return undefined;
  }

  #isPresent({ at, instance, requests }: InstanceSample): void {
    const known = this.#present.get(instance);
    if (known) [known.to, known.requests] = [at, requests];
    else this.#present.set(instance, { from: at, to: at, requests, published: new Set() });
  }

  #sample({ at, from, instance, values }: MetricSample, horizon: Instant, isRouter: boolean): void {
    const counters = this.#counters.filter(({ counter }) => isOfRouter(counter) === isRouter);
    if (counters.length === 0) return;
    const cell = this.#cellAt(at);
    cell?.readAt.set(instance, at);
    this.#read.add(from ?? at, at + this.#fresh);
    const risen = this.#rises.read(instance, at, horizon);
    const published = this.#present.get(instance)?.published;
    for (const [name, value] of Object.entries(values)) {
      for (const { read, place } of counters) {
        const series = read(name);
        if (!series) continue;
        published?.add(read.metric);
        cell?.published.add(read.metric);
        if (!series.matching) continue;
        const isSound = Number.isFinite(value) && value >= 0;
        if (!isSound && cell) cell.spoilt ??= read.metric;
        if (isSound) this.#rise(cell, place, series.labels, risen(`${place} ${name}`, value));
      }
    }
  }

  #rise(cell: Cell | undefined, counter: number, labels: ReadonlyMap<string, string>, by: number): void {
    if (!cell) return;
    cell.rises[counter] = (cell.rises[counter] ?? 0) + by;
    const bound = this.#signal.type === 'quantile' ? boundOf(labels.get('le')) : undefined;
    if (bound !== undefined) cell.buckets.set(bound, (cell.buckets.get(bound) ?? 0) + by);
  }

  #cellAt(at: Instant): Cell | undefined {
    const index = Math.floor((at - this.#since) / this.#everyMs);
    if (index < 0 || index < this.#newest - this.#keep) return undefined;
    const known = this.#cells.get(index);
    if (known) return known;
    const cell = emptyCell(this.#counters.length);
    this.#cells.set(index, cell);
    if (index > this.#newest) this.#forget(index);
    return cell;
  }

  #forget(newest: number): void {
    this.#newest = newest;
    for (const index of this.#cells.keys()) {
      if (index < newest - this.#keep) this.#cells.delete(index);
    }
    for (const [instance, { to }] of this.#present) if (to < this.span(newest - this.#keep)[0]) this.#present.delete(instance);
  }
}

function emptyCell(counters: number): Cell {
  return { rises: Array.from({ length: counters }, () => 0), buckets: new Map(), requests: 0, failed: 0, readAt: new Map(), published: new Set(), spoilt: undefined };
}
