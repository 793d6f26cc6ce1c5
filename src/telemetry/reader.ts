import type { EnvironmentDriver, ProbeResult, Telemetry } from '../environment/driver.ts';
import type { Instant, Millis } from '../foundation/units.ts';

/** A driver without cursors is asked for so much again: a reading may arrive after one that was taken later. */
const OVERLAP: Millis = 10_000;

/** Reads what a region measures, each time what is new since the last. */
export class Reader {
  readonly #region: Pick<EnvironmentDriver, 'telemetry'>;
  #since: Instant;
  #cursor: string | undefined;
  /** When each counter was read last, by what it counts. */
  readonly #readAt = new Map<string, Instant>();
  #probes: readonly ProbeResult[] = [];

  constructor(region: Pick<EnvironmentDriver, 'telemetry'>, since: Instant) {
    this.#region = region;
    this.#since = since;
  }

  async next(): Promise<Telemetry> {
    const telemetry = await this.#region.telemetry(this.#since, this.#cursor);
    this.#cursor = telemetry.cursor;
    const { instances = [] } = telemetry;
    const latest = Math.max(this.#since, ...[telemetry.samples, telemetry.traffic, telemetry.probes, instances].flatMap((readings) => readings.at(-1)?.at ?? []));
    const probes = this.#newProbes(telemetry.probes);
    this.#since = Math.max(this.#since, latest - OVERLAP);
    return {
      ...telemetry,
      samples: this.#unread(telemetry.samples, ({ release, instance }) => `sample ${release} ${instance}`),
      traffic: this.#unread(telemetry.traffic, ({ release }) => `traffic ${release}`),
      instances: this.#unread(instances, ({ release, instance }) => `instance ${release} ${instance}`),
      probes,
    };
  }

  #unread<Reading extends { readonly at: Instant }>(readings: readonly Reading[], nameOf: (reading: Reading) => string): readonly Reading[] {
    return readings.filter((reading) => {
      const name = nameOf(reading);
      if (reading.at <= (this.#readAt.get(name) ?? -Infinity)) return false;
      this.#readAt.set(name, reading.at);
      return true;
    });
  }

  /** Several runs may end in one instant, and are told in the order in which they ended. */
  #newProbes(probes: readonly ProbeResult[]): readonly ProbeResult[] {
    if (this.#cursor !== undefined) return probes;
    const seen = new Map<string, number>();
    for (const probe of this.#probes) seen.set(nameOf(probe), (seen.get(nameOf(probe)) ?? 0) + 1);
    this.#probes = probes;
    return probes.filter((probe) => {
      const left = seen.get(nameOf(probe)) ?? 0;
      if (left > 0) seen.set(nameOf(probe), left - 1);
      return left === 0;
    });
  }
}

function nameOf({ at, probe, release }: ProbeResult): string {
  return `${at} ${release} ${probe}`;
}
