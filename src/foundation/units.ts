/** Milliseconds. A configuration may say `"10m"`; it is converted once, on load. */
export type Millis = number;
/** Milliseconds since the Unix epoch, always from an injected {@link Clock}. */
export type Instant = number;
/** A share of traffic in integer basis points: 0 to 10,000. The shares of one region sum to 10,000. */
export type BasisPoints = number;
/** SHA-256 of the exact bytes, as 64 lower-case hex digits. */
export type Digest = `sha256:${string}`;
/** Lower-case kebab identifier, unique in its parent: `build`, `eu-west`. */
export type Name = string;
export type Json = null | boolean | number | string | readonly Json[] | { readonly [key: string]: Json };

export const WHOLE: BasisPoints = 10_000;

/** What a person writes for a time: `"250ms"`, `"5s"`, `"10m"`, `"2h"`, `"7d"`. */
export type Duration = `${number}${'ms' | 's' | 'm' | 'h' | 'd'}`;

const FACTORS = { ms: 1, s: 1_000, m: 60_000, h: 3_600_000, d: 86_400_000 } as const;

/** @throws {RangeError} naming the text, when it is not a {@link Duration}. */
export function parseDuration(text: string): Millis {
  const match = /^(\d+(?:\.\d+)?)(ms|s|m|h|d)$/.exec(text);
  if (!match) throw new RangeError(`"${text}" is not a time; write a number and ms, s, m, h or d, such as "90s"`);
  return Math.round(Number(match[1]) * FACTORS[match[2] as keyof typeof FACTORS]);
}

/** `"1m 30s"`, `"4.2s"`, `"80ms"`: for people, at most two parts. */
export function formatDuration(duration: Millis): string {
  if (duration < 1_000) return `${Math.round(duration)}ms`;
  if (duration < 60_000) return `${(Math.floor(duration / 100) / 10).toFixed(1)}s`;
  const seconds = Math.floor(duration / 1_000);
  const parts = [
    [Math.floor(seconds / 86_400), 'd'],
    [Math.floor(seconds / 3_600) % 24, 'h'],
    [Math.floor(seconds / 60) % 60, 'm'],
    [seconds % 60, 's'],
  ] as const;
  const first = parts.findIndex(([count]) => count > 0);
  return parts.slice(first, first + 2).filter(([count]) => count > 0).map(([count, unit]) => `${count}${unit}`).join(' ');
}

/** A fraction from 0 to 1 as integer basis points. @throws {RangeError} outside that range. */
export function basisPoints(fraction: number): BasisPoints {
  if (!(fraction >= 0 && fraction <= 1)) throw new RangeError(`${fraction} is not a share; write a number from 0 to 1`);
  return Math.round(fraction * WHOLE);
}
