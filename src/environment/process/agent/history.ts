import type { Instant, Millis } from '../../../foundation/units.ts';
import type { InstanceSample, ProbeResult, Telemetry, TrafficSample } from '../../driver.ts';
import { Thinning } from './thinning.ts';

/** Readings are taken this often. */
export const EVERY: Millis = 1_000;
const PROBES = 20_000;
const PROBES_FOR: Millis = 30 * 60_000;
const INSTANCES_FOR: Millis = 10 * 60_000;
/** Numbers of all metrics together, of eight bytes each. */
const MOST_VALUES = 8_000_000;

/** Series rarely change from one second to the next, so samples share their names. */
export interface Packed { readonly names: readonly string[]; readonly values: Float64Array }

interface Numbered<Reading> { readonly reading: Reading; readonly number: number }

/** What was measured in a region, in bounded memory. */
export class History {
  /** Tells this history from that of an agent that died. */
  readonly #epoch: string;
  #number = 0;
  readonly #traffic = new Map<string, Thinning<TrafficSample>>();
  #instances: Numbered<InstanceSample>[] = [];
  #probes: Numbered<ProbeResult>[] = [];
  readonly #metrics = new Map<string, { readonly release: string; readonly kept: Thinning<Packed> }>();

  constructor(epoch = 'history') {
    this.#epoch = epoch;
  }

  traffic(samples: readonly TrafficSample[], instances: readonly InstanceSample[] = []): void {
    for (const sample of samples) {
      const kept = this.#traffic.get(sample.release) ?? new Thinning<TrafficSample>();
      this.#traffic.set(sample.release, kept);
      kept.push(sample, sample.at, ++this.#number);
    }
    for (const reading of instances) this.#instances.push({ reading, number: ++this.#number });
  }

  probe(reading: ProbeResult): void {
    this.#probes.push({ reading, number: ++this.#number });
    if (this.#probes.length > PROBES) this.#probes.shift();
  }

  metrics(at: Instant, release: string, instance: string, { names, values }: Packed): void {
    const known = this.#metrics.get(instance) ?? { release, kept: new Thinning<Packed>() };
    this.#metrics.set(instance, known);
    const last = known.kept.newest?.names;
    const same = last === names || (last?.length === names.length && last.every((name, index) => name === names[index]));
    known.kept.push({ names: same ? last : names, values }, at, ++this.#number);
  }

  age(now: Instant): void {
    this.#instances = dropOld(this.#instances, now - INSTANCES_FOR);
    this.#probes = dropOld(this.#probes, now - PROBES_FOR);
    for (const [release, kept] of this.#traffic) {
      kept.age(now);
      if (kept.size === 0) this.#traffic.delete(release);
    }
    for (const [instance, { kept }] of this.#metrics) {
      kept.age(now);
      if (kept.size === 0) this.#metrics.delete(instance);
    }
    const values = [...this.#metrics.values()].reduce((sum, { kept }) => sum + kept.size * (kept.newest?.names.length ?? 0), 0);
    if (values > MOST_VALUES) for (const { kept } of this.#metrics.values()) kept.halve();
  }

  /** @param after the cursor of an earlier answer. */
  since(since: Instant, after = ''): Telemetry {
    const [epoch, number] = after.split('/');
    const read = epoch === this.#epoch ? Number(number) : 0;
    const isNew = (one: Numbered<{ readonly at: Instant }>): boolean => one.number > read && one.reading.at >= since;
    const inOrder = <Reading extends { readonly at: Instant }>(readings: Reading[]): readonly Reading[] => readings.sort((a, b) => a.at - b.at);
    return {
      samples: inOrder([...this.#metrics].flatMap(([instance, { release, kept }]) => kept.since(since, read).map(({ reading: { names, values }, ...when }) => (
        { ...when, release, instance, values: Object.fromEntries(names.map((name, index) => [name, values[index] as number])) })))),
      traffic: inOrder([...this.#traffic.values()].flatMap((kept) => kept.since(since, read).map(({ reading, ...when }) => ({ ...reading, ...when })))),
      probes: this.#probes.filter(isNew).map(({ reading }) => reading),
      instances: this.#instances.filter(isNew).map(({ reading }) => reading),
      everyMs: EVERY,
      cursor: `${this.#epoch}/${this.#number}`,
    };
  }
}

function dropOld<Reading extends { readonly at: Instant }>(all: Numbered<Reading>[], before: Instant): Numbered<Reading>[] {
  const first = all.findIndex(({ reading }) => reading.at >= before);
  if (first === 0) return all;
  return first === -1 ? [] : all.slice(first);
}
