import { WHOLE } from '../foundation/units.ts';
import type { WavePlan } from '../pipeline/plan.ts';

/** Why these waves can't be rolled out; undefined when they can. */
export function wavesFault(waves: readonly WavePlan[]): string | undefined {
  if (waves.length === 0) return 'there is no wave, so no region would get the release';
  const seen = new Set<string>();
  for (const { name, regions, steps } of waves) {
    if (regions.length === 0) return `wave "${name}" has no region`;
    for (const region of regions) {
      if (seen.has(region)) return `region "${region}" is in two places of the waves`;
      seen.add(region);
    }
    const weights = steps.map(({ weight }) => weight);
    if (!weights.every((weight, step) => Number.isInteger(weight) && weight > (weights[step - 1] ?? 0))) {
      return `the weights of wave "${name}" do not rise in whole basis points: ${weights.join(', ')}`;
    }
    if (weights.at(-1) !== WHOLE) return `the last step of wave "${name}" is not the whole traffic (${WHOLE} basis points)`;
  }
  return undefined;
}
