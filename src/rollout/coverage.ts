import type { Instant, Millis } from '../foundation/units.ts';

type Span = readonly [from: Instant, to: Instant];

/** Spans of time for which readings stand, merged, in order. */
export class Coverage {
  #spans: Span[] = [];

  add(from: Instant, to: Instant): void {
    let at = this.#spans.length;
    while (at > 0 && (this.#spans[at - 1] as Span)[1] >= from) at -= 1;
    const touched = this.#spans.slice(at).filter(([start]) => start <= to);
    const merged: Span = [Math.min(from, ...touched.map(([start]) => start)), Math.max(to, ...touched.map(([, end]) => end))];
    this.#spans.splice(at, touched.length, merged);
  }

  covers(from: Instant, to: Instant): boolean {
    return this.#spans.some(([start, end]) => start <= from && to <= end);
  }

  within(from: Instant, to: Instant): readonly Span[] {
    return this.#spans.map(([start, end]): Span => [Math.max(start, from), Math.min(end, to)]).filter(([start, end]) => start < end);
  }

  /** Where the last one ends. */
  get end(): Instant {
    return this.#spans.at(-1)?.[1] ?? -Infinity;
  }
}

/** For how long since `since` a release could be seen in all of these, and whether it can be now. */
export function freshTime(all: readonly Coverage[], since: Instant, now: Instant): { readonly valid: Millis; readonly now: boolean } {
  const [first, ...others] = all.map((coverage) => coverage.within(since, now));
  const common = others.reduce((some, spans) => some.flatMap(([from, to]) => spans.map(([start, end]): Span => [Math.max(from, start), Math.min(to, end)]).filter(([start, end]) => start < end)), first ?? []);
  return { valid: common.reduce((total, [from, to]) => total + to - from, 0), now: all.every(({ end }) => now < end) };
}
