/** I3 and §1.5, by what is really so in the regions. */
import type { Book } from '../book.ts';
import type { World } from '../world.ts';

export function worldFault(book: Book, world: World): string | undefined {
  for (const [place, { stable, candidate }] of world.regions) {
    if (!candidate) continue;
    const run = book.runs.get(candidate.release);
    const stage = place.slice(0, place.indexOf('/'));
    const inside = run && [...run.stages].find(([name]) => name === stage)?.[1];
    if (!run || !inside) return `${place} has the candidate ${candidate.release}, which nobody brought there`;
    const { weight } = candidate;
    if (!Number.isInteger(weight) || weight < 0 || weight > 10_000) return `I3: ${place} gives ${candidate.release} ${weight} basis points`;
    if (weight > 0 && inside.actions.get('verify')?.state !== 'passed') return `I3: ${candidate.release} has ${weight} basis points of ${place}, and was not verified there`;
    if (run.outcome !== undefined && weight > 0) return `§1.5: ${run.id} ended ${run.outcome}, and still has ${weight} basis points of ${place} beside ${stable ?? 'nothing'}; nothing is owed`;
  }
  return undefined;
}
