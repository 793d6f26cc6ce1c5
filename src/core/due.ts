import type { PipelineState } from './state.ts';

/**
 * Commits that no run has taken up since they came to the trunk, in its order: each gets its own verdict, also where a
 * later one of the same push was asked for first. At the very first start that is the head alone; after a reset to before
 * all that ever ran, the head as well.
 */
export function dueCommits(state: PipelineState): readonly string[] {
  const commits = [...state.trunk.commits.values()].filter(({ orphaned, hasRun }) => !orphaned && !hasRun);
  const ran = [...state.runs.values()].filter(({ kind }) => kind === 'STANDARD').map(({ sequence }) => sequence);
  if (ran.length === 0) return commits.slice(-1).map(({ id }) => id);
  const first = ran.reduce((least, each) => Math.min(least, each));
  return commits.filter(({ id, place }) => place >= first || id === state.trunk.head).map(({ id }) => id);
}
