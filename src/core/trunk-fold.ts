import type { EventOf } from '../journal/events.ts';
import type { PipelineState, Run, SeenCommit } from './state.ts';

/** A commit is new at the end of the trunk: for the first time, or again after it had left. */
export function pushed(state: PipelineState, { at, commit }: EventOf<'commit-pushed'>): void {
  const { trunk } = state;
  const known = trunk.commits.get(commit.id);
  const isUnderWay = [...state.unfinished].some((id) => isOf(state.runs.get(id), commit.id) && !state.runs.get(id)?.cancel);
  trunk.head = commit.id;
  trunk.lastPlace += 1;
  trunk.commits.delete(commit.id); // so that the map keeps the order of the trunk
  trunk.commits.set(commit.id, {
    ...commit, place: trunk.lastPlace, pushedAt: known?.pushedAt ?? at, orphaned: false,
    ...(known ? { returnedAt: at } : {}), ...(known && isUnderWay ? { hasRun: true } : {}),
  });
}

/**
 * The trunk was rewritten. What was let into a stage and has left the trunk since holds back no other: who was let in last
 * is told anew, by what is still there.
 */
export function rewritten(state: PipelineState, { to, orphaned }: EventOf<'trunk-rewritten'>): void {
  const { commits } = state.trunk;
  state.trunk.head = to;
  for (const id of orphaned) {
    const commit = commits.get(id);
    if (commit) commits.set(id, { ...commit, orphaned: true });
  }
  const there = [...state.runs.values()].filter((run) => run.kind === 'STANDARD' && commits.get(run.commit)?.orphaned !== true);
  for (const [name, stage] of Object.entries(state.stages)) stage.lastAdmitted = Math.max(0, ...there.filter(({ entered = [] }) => entered.includes(name as keyof typeof state.stages)).map(({ sequence }) => sequence));
  const head = commits.get(to);
  if (head && isCarriedByNobody(state, head)) commits.set(to, withoutRun(head));
}

/** Its run gave way to a newer commit, which is no longer there to carry it. */
function isCarriedByNobody(state: PipelineState, { id }: SeenCommit): boolean {
  const last = [...state.runs.values()].filter((run) => isOf(run, id)).at(-1);
  const by = last?.finished?.supersededBy === undefined ? undefined : state.runs.get(last.finished.supersededBy);
  return by !== undefined && state.trunk.commits.get(by.commit)?.orphaned === true;
}

function withoutRun({ hasRun: _hasRun, ...commit }: SeenCommit): SeenCommit {
  return commit;
}

function isOf(run: Run | undefined, commit: string): boolean {
  return run?.kind === 'STANDARD' && run.commit === commit;
}
