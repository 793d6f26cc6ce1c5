import type { Instant, Millis } from '../../../foundation/units.ts';

/** What is kept for how long, and how far apart: all for five minutes, then ever less, for as long as any bake lasts. */
const LEVELS: readonly { readonly until: Millis; readonly apart: Millis }[] = [
  { until: 5 * 60_000, apart: 0 },
  { until: 30 * 60_000, apart: 10_000 },
  { until: 25 * 3_600_000, apart: 60_000 },
];

/** Readings that are further apart have a gap between them, which is never closed. */
const GAP: Millis = 3_000;

interface Entry<Reading> {
  readonly reading: Reading;
  readonly at: Instant;
  /** Readings were taken without a gap from then on. */
  readonly from: Instant;
  /** The first that fell into this entry. */
  readonly begin: Instant;
  readonly number: number;
}

/** Readings of counters, of which old ones are thinned: a counter's newest value says all that the earlier ones did. */
export class Thinning<Reading> {
  readonly #levels: Entry<Reading>[][] = LEVELS.map(() => []);

  push(reading: Reading, at: Instant, number: number): void {
    this.#levels[0]?.push({ reading, at, from: at, begin: at, number });
  }

  age(now: Instant): void {
    for (const [level, { until }] of LEVELS.entries()) {
      const entries = this.#levels[level] as Entry<Reading>[];
      const first = entries.findIndex(({ at }) => at >= now - until);
      const old = entries.splice(0, first === -1 ? entries.length : first);
      const next = this.#levels[level + 1];
      if (next) for (const entry of old) join(next, entry, LEVELS[level + 1]?.apart ?? 0);
    }
  }

  /** Forgets the older half of what is kept longest. */
  halve(): void {
    const oldest = this.#levels.findLast(({ length }) => length > 0);
    oldest?.splice(0, Math.ceil(oldest.length / 2));
  }

  get size(): number {
    return this.#levels.reduce((sum, { length }) => sum + length, 0);
  }

  get newest(): Reading | undefined {
    return this.#levels.find(({ length }) => length > 0)?.at(-1)?.reading;
  }

  /** Oldest first. @param after leaves out what has this number or a lower one. */
  since(since: Instant, after: number): readonly { readonly reading: Reading; readonly at: Instant; readonly from?: Instant }[] {
    return this.#levels.toReversed().flatMap((entries) => entries.slice(firstOf(entries, since, after)).filter(({ at, number }) => at >= since && number > after))
      .map(({ reading, at, from }) => ({ reading, at, ...(from === at ? {} : { from }) }));
  }
}

function join<Reading>(kept: Entry<Reading>[], entry: Entry<Reading>, apart: Millis): void {
  const last = kept.at(-1);
  const isWhole = last !== undefined && entry.from - last.at <= GAP;
  if (last && isWhole && entry.at - last.begin < apart) kept[kept.length - 1] = { ...entry, from: last.from, begin: last.begin };
  else kept.push({ ...entry, from: isWhole ? last.at : entry.from, begin: entry.begin });
}

/** Whoever reads what is new must not pay for all that is old. */
function firstOf<Reading>(entries: readonly Entry<Reading>[], since: Instant, after: number): number {
  let first = entries.length;
  while (first > 0 && (entries[first - 1] as Entry<Reading>).at >= since && (entries[first - 1] as Entry<Reading>).number > after) first -= 1;
  return first;
}
