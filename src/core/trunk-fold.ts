import type { EventOf } from '../journal/events.ts';
import type { PipelineState, Run, SeenCommit } from './state.ts';

/** A commit is new at the end of the trunk: for the first time, or again after it had left. */
export function pushed(state: PipelineState, { at, commit }: EventOf<'commit-pushed'>): void {
  const { trunk } = state;
  const known = trunk.commits.get(commit.id);
  trunk.head = commit.id;
  trunk.lastPlace += 1;
  trunk.commits.delete(commit.id); // so that the map keeps the order of the trunk
  trunk.commits.set(commit.id, {
    ...commit, place: trunk.lastPlace, pushedAt: known?.pushedAt ?? at, orphaned: false,
    ...(known ? { returnedAt: at } : {}),
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
  const there = [...state.runs.values()].filter((run) => run.kind === 'STANDARD' && isOfTrunk(state, run));
  for (const [name, stage] of Object.entries(state.stages)) stage.lastAdmitted = Math.max(0, ...there.filter(({ entered = [] }) => entered.includes(name as keyof typeof state.stages)).map(({ sequence }) => sequence));
  const head = commits.get(to);
  if (head && isCarriedByNobody(state, head)) commits.set(to, withoutRun(head));
}

/** Its run gave way to a newer commit, which is no longer there to carry it. */
function isCarriedByNobody(state: PipelineState, { id }: SeenCommit): boolean {
  const last = [...state.runs.values()].findLast((run) => run.kind === 'STANDARD' && run.commit === id);
  const by = last?.finished?.supersededBy === undefined ? undefined : state.runs.get(last.finished.supersededBy);
  return by !== undefined && !isOfTrunk(state, by);
}

/**
 * Whether a run belongs to the trunk as it is: its commit is there, and has been since the run began. One that left and
 * came back is new, at another place; a run of before has the sequence of a place that is gone, and holds back nobody.
 */
export function isOfTrunk(state: PipelineState, { commit: id, sequence }: Run): boolean {
  const commit = state.trunk.commits.get(id);
  return commit === undefined || (!commit.orphaned && commit.place === sequence);
}

function withoutRun({ hasRun: _hasRun, ...commit }: SeenCommit): SeenCommit {
  return commit;
}
