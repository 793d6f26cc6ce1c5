import type { Instant, Millis } from '../../../foundation/units.ts';
import type { MetricSample, ProbeResult, Telemetry, TrafficSample } from '../../driver.ts';
import type { Series } from './openmetrics.ts';

const SPAN: Millis = 30 * 60_000;
/** Metrics are large: after this only every tenth second is kept. */
const FINE: Millis = 5 * 60_000;
const COARSE: Millis = 10_000;
const PROBES = 20_000;

/** Series rarely change from one second to the next, so samples share their names. */
interface Packed { readonly at: Instant; readonly names: readonly string[]; readonly values: Float64Array }

class MetricRing {
  #coarse: Packed[] = [];
  #fine: Packed[] = [];

  push(at: Instant, series: Series): void {
    const last = this.#fine.at(-1)?.names;
    const names = [...series.keys()];
    const same = last?.length === names.length && last.every((name, index) => name === names[index]);
    this.#fine.push({ at, names: same ? last : names, values: Float64Array.from(series.values()) });
  }

  age(now: Instant): void {
    const old = this.#fine.findIndex((sample) => sample.at >= now - FINE);
    for (const sample of this.#fine.splice(0, old === -1 ? this.#fine.length : old)) {
      if (sample.at - (this.#coarse.at(-1)?.at ?? -Infinity) >= COARSE) this.#coarse.push(sample);
    }
    dropOld(this.#coarse, now);
  }

  get empty(): boolean {
    return this.#coarse.length === 0 && this.#fine.length === 0;
  }

  since(since: Instant): readonly { readonly at: Instant; readonly values: { readonly [series: string]: number } }[] {
    return [...this.#coarse, ...this.#fine].filter(({ at }) => at >= since)
      .map(({ at, names, values }) => ({ at, values: Object.fromEntries(names.map((name, index) => [name, values[index] as number])) }));
  }
}

/** The last half hour of a region, in bounded memory. */
export class History {
  #traffic: TrafficSample[] = [];
  #probes: ProbeResult[] = [];
  readonly #metrics = new Map<string, { readonly release: string; readonly ring: MetricRing }>();

  traffic(samples: readonly TrafficSample[]): void {
    this.#traffic.push(...samples);
  }

  probe(result: ProbeResult): void {
    this.#probes.push(result);
    if (this.#probes.length > PROBES) this.#probes.shift();
  }

  metrics(at: Instant, release: string, instance: string, series: Series): void {
    const known = this.#metrics.get(instance) ?? { release, ring: new MetricRing() };
    this.#metrics.set(instance, known);
    known.ring.push(at, series);
  }

  age(now: Instant): void {
    dropOld(this.#traffic, now);
    dropOld(this.#probes, now);
    for (const [instance, { ring }] of this.#metrics) {
      ring.age(now);
      if (ring.empty) this.#metrics.delete(instance);
    }
  }

  since(since: Instant): Telemetry {
    const samples: MetricSample[] = [...this.#metrics].flatMap(([instance, { release, ring }]) => ring.since(since).map((sample) => ({ ...sample, release, instance })));
    return {
      samples: samples.sort((a, b) => a.at - b.at),
      traffic: this.#traffic.filter(({ at }) => at >= since),
      probes: this.#probes.filter(({ at }) => at >= since),
    };
  }
}

function dropOld(samples: { readonly at: Instant }[], now: Instant): void {
  const first = samples.findIndex(({ at }) => at >= now - SPAN);
  samples.splice(0, first === -1 ? samples.length : first);
}
