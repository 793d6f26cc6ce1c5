import type { Telemetry } from '../environment/driver.ts';
import type { Instant, Millis } from '../foundation/units.ts';

/** So many readings may be late or missing before what was measured is no longer held to be so. */
const FRESH_READINGS = 3;
const SECOND: Millis = 1_000;

/** For how long a reading stands. */
export function freshFor({ everyMs = SECOND }: Pick<Telemetry, 'everyMs'>): Millis {
  return FRESH_READINGS * everyMs;
}

/** A first reading later than this comes from something that began in the meantime. */
export function horizonOf(telemetry: Telemetry): Instant {
  const first = (readings: readonly { readonly at: Instant }[]): Instant => readings.reduce((least, { at }) => Math.min(least, at), Infinity);
  return Math.min(first(telemetry.samples), first(telemetry.traffic)) + freshFor(telemetry);
}

/** Things that nobody has read for so long are forgotten: instances come and go. */
const FORGOTTEN: Millis = 10 * 60_000;

/**
 * What counters add from one reading to the next, by the name of what is counted. They begin at zero and never fall, so
 * that a lower reading means that it began again. Where the first reading is as old as the telemetry itself, nobody
 * knows when that was counted.
 */
export class Rises {
  readonly #known = new Map<string, { at: Instant; readonly values: Map<string, number> }>();

  /** A reading of `who`'s counters. @returns the rise of one of them, which is never negative. */
  read(who: string, at: Instant, horizon: Instant): (counter: string, value: number) => number {
    const known = this.#known.get(who);
    const values = known?.values ?? new Map<string, number>();
    if (known) known.at = at;
    else this.#begin(who, at, values);
    const isNew = known !== undefined || at > horizon;
    return (counter, value) => {
      const before = values.get(counter);
      values.set(counter, value);
      if (before === undefined) return isNew ? value : 0;
      return value < before ? value : value - before;
    };
  }

  #begin(who: string, at: Instant, values: Map<string, number>): void {
    for (const [other, { at: seen }] of this.#known) if (seen < at - FORGOTTEN) this.#known.delete(other);
    this.#known.set(who, { at, values });
  }
}
