import type { Event } from '../journal/events.ts';
import type { StagePlan } from '../pipeline/plan.ts';
import type { Instant } from '../foundation/units.ts';
import type { PipelineState, Run, StageState } from './state.ts';
import { isOfTrunk } from './trunk-fold.ts';

/** How many runs may be in Source and Build at once: as many as there are cores. */
export interface Capacity { readonly builds: number }

/**
 * Lets a run into a stage, puts it in the inbound slot, or ends it as superseded (rules R1, R2 and R4).
 * A run inside a stage is never ended for a newer one; only those that wait are.
 */
export function admission(state: PipelineState, run: Run, plan: StagePlan, capacity: Capacity, now: Instant): Event[] {
  const shared = state.stages[plan.name];
  const entered = { type: 'stage-entered', at: now, run: run.id, stage: plan.name, fence: shared.fence + 1 } as const;
  if (plan.mode === 'parallel') return plan.name === 'source' && busy(state, run) >= capacity.builds ? [] : [entered];

  const newer = overtaking(state, run, plan, shared);
  if (newer) return [superseded(run, newer, plan.name, now)];
  if (shared.holder === undefined && next(state, shared, run, plan) === run.id) return [entered];
  if (shared.waiting.includes(run.id)) return preempt(state, run, shared, now);
  const queued: Event = { type: 'stage-queued', at: now, run: run.id, stage: plan.name };
  if (plan.mode === 'queued' || run.kind === 'ROLLBACK') return [queued];
  const outdated = shared.waiting.map((id) => state.runs.get(id)).filter((other): other is Run => other?.kind === 'STANDARD');
  return [...outdated.map((other) => superseded(other, run, plan.name, now)), queued];
}

/** R1: a run never enters behind a newer one; it may wait behind one only where all are taken in turn. */
function overtaking(state: PipelineState, run: Run, plan: StagePlan, shared: StageState): Run | undefined {
  if (run.kind === 'ROLLBACK') return undefined;
  const others = [shared.holder, ...(plan.mode === 'superseded' ? shared.waiting : [])].map((id) => (id === undefined ? undefined : state.runs.get(id)));
  const newer = others.find((other) => other?.kind === 'STANDARD' && other.sequence > run.sequence && isOfTrunk(state, other)); // what left is on its way out
  if (newer) return newer;
  if (run.sequence >= shared.lastAdmitted) return undefined;
  return [...state.runs.values()].find(({ sequence, kind }) => kind === 'STANDARD' && sequence === shared.lastAdmitted);
}

/** Who enters next: a rollback before all others (R4), else the newest, or in `queued` the first to come. */
function next(state: PipelineState, shared: StageState, run: Run, plan: StagePlan): string | undefined {
  // In one order for all who ask: otherwise two could each wait for the other.
  const inOrder = shared.waiting.includes(run.id) ? shared.waiting : [...shared.waiting, run.id];
  const candidates = inOrder.flatMap((id) => state.runs.get(id) ?? []).filter((other) => other.id === run.id || other.kind === 'ROLLBACK' || isOfTrunk(state, other));
  const first = candidates.find(({ kind }) => kind === 'ROLLBACK');
  if (first) return first.id;
  if (plan.mode === 'queued') return shared.waiting[0] ?? run.id;
  return candidates.reduce((newest, other) => (other.sequence > newest.sequence ? other : newest)).id;
}

/** R4: a rollback that waits makes the run inside go back. */
function preempt(state: PipelineState, run: Run, shared: StageState, now: Instant): Event[] {
  const holder = shared.holder === undefined ? undefined : state.runs.get(shared.holder);
  if (run.kind !== 'ROLLBACK' || !holder || holder.kind === 'ROLLBACK' || holder.cancel) return [];
  return [{ type: 'cancel-requested', at: now, run: holder.id, by: run.by, reason: `pre-empted by rollback ${run.id}` }];
}

function superseded(run: Run, by: Run, stage: string, now: Instant): Event {
  return {
    type: 'run-finished', at: now, run: run.id, attempt: run.attempt, outcome: 'SUPERSEDED', rolledBack: false,
    reason: `a newer commit, ${by.commit.slice(0, 12)}, is before it at ${stage}`, supersededBy: by.id,
  };
}

function busy(state: PipelineState, run: Run): number {
  let count = 0;
  for (const id of state.unfinished) {
    const other = state.runs.get(id);
    if (id !== run.id && (other?.stages.source?.state === 'running' || other?.stages.build?.state === 'running'
      || (other?.stages.source?.state === 'passed' && !other.stages.build))) count += 1;
  }
  return count;
}
