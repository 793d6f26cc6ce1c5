import type { BasisPoints, Name } from '../foundation/units.ts';

/** A region that has, or may have, the release that is to go. */
export interface Exposed {
  readonly region: Name;
  /** Index of its wave. */
  readonly wave: number;
  /** The previous release still stands beside it at full capacity: going back is a change of weights. */
  readonly warm: boolean;
  /** Share of its traffic that the bad release gets. */
  readonly weight: BasisPoints;
  /** Where the breach was seen. */
  readonly failing: boolean;
}

/** Cold regions are redeployed, which takes capacity away: so many at once and no more. */
const COLD_AT_ONCE = 2;

/**
 * The order in which regions go back: batches one after the other, the regions of a batch in parallel, begun in the
 * order given. Warm regions first, for that takes a moment: the failing one, then all others, the largest exposure
 * first. Then the cold ones: the failing one, then wave by wave in reverse.
 */
export function rollbackOrder(exposed: readonly Exposed[]): readonly (readonly Name[])[] {
  const largestFirst = (regions: readonly Exposed[]): readonly Exposed[] => [...regions].sort((a, b) => b.weight - a.weight);
  const warm = largestFirst(exposed.filter((region) => region.warm));
  const cold = largestFirst(exposed.filter((region) => !region.warm));
  const wavesInReverse = [...new Set(cold.map(({ wave }) => wave))].sort((a, b) => b - a);
  const batches = [
    warm.filter(({ failing }) => failing),
    warm.filter(({ failing }) => !failing),
    ...chunks(cold.filter(({ failing }) => failing)),
    ...wavesInReverse.flatMap((wave) => chunks(cold.filter((region) => !region.failing && region.wave === wave))),
  ];
  return batches.filter(({ length }) => length > 0).map((batch) => batch.map(({ region }) => region));
}

function chunks(regions: readonly Exposed[]): (readonly Exposed[])[] {
  return Array.from({ length: Math.ceil(regions.length / COLD_AT_ONCE) }, (_, index) => regions.slice(index * COLD_AT_ONCE, (index + 1) * COLD_AT_ONCE));
}
