/** Which points are tried, and in what company. */
import { shuffled } from './chance.ts';
import type { Kind } from './trial.ts';

export interface Case {
  readonly kind: Kind;
  /** Points at which the first host is killed, then the second, and so on; none: it is released undisturbed. */
  readonly crashes: readonly string[];
  /** How long after its beginning a touch is killed in its middle, in milliseconds. */
  readonly amidMs: number;
}

/** The points of an undisturbed run of each kind, in the order in which they were reached. */
export type Known = ReadonlyMap<Kind, readonly string[]>;

/** Every point once; those of regions also under `first`, where a region is new. */
export function pointsOf(known: Known): ReadonlyMap<Kind, readonly string[]> {
  const told = new Set<string>();
  return new Map((['good', 'bad', 'first'] as const).map((kind) => {
    const own = (known.get(kind) ?? []).filter((point) => !told.has(point) || (kind === 'first' && point.includes(' region.')));
    for (const point of own) told.add(point);
    return [kind, own];
  }));
}

/** A sample of `count` points, each in one case; up to `chain` of them meet in a run, at even distances. */
export function casesOf(known: Known, count: number, chain: number, next: () => number): readonly Case[] {
  const all = [...pointsOf(known)].flatMap(([kind, points]) => points.map((point) => ({ kind, point })));
  const chosen = new Set(shuffled(all, next).slice(0, count));
  return (['good', 'bad', 'first'] as const).flatMap((kind) => {
    const points = all.filter((each) => each.kind === kind && chosen.has(each)).map(({ point }) => point);
    const runs = Math.ceil(points.length / chain);
    const cases = Array.from({ length: runs }, (_, run): Case => ({ kind, crashes: points.filter((_point, index) => index % runs === run), amidMs: Math.floor(next() * 60) }));
    return shuffled(cases, next);
  });
}

/** A crash at any point, and another while the next host takes up, or a little later. */
export function pairsOf(known: Known, count: number, next: () => number): readonly Case[] {
  const points = known.get('good') ?? [];
  const any = (from: readonly string[]): string => from[Math.floor(next() * from.length)] as string;
  const recovering = points.filter((point) => /^(before|amid|after) (recover|cells\.reap)/.test(point));
  return Array.from({ length: count }, (): Case => {
    const first = Math.floor(next() * (points.length - 1));
    return { kind: 'good', crashes: [points[first] as string, any(next() < 0.4 ? recovering : points.slice(first + 1))], amidMs: Math.floor(next() * 60) };
  });
}
