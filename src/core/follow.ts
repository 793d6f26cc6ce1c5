import type { Instant, Name } from '../foundation/units.ts';
import type { Event } from '../journal/events.ts';
import { admission, type Capacity } from './admission.ts';
import { firstPin } from './approval-rule.ts';
import { warningDue } from './budget.ts';
import { errorRecord, type ErrorRecord } from '../foundation/errors.ts';
import { evolve } from './evolve.ts';
import { progress, stopOf } from './stage.ts';
import { currentStage, type PipelineState, type Run } from './state.ts';

/**
 * Folds `events` into the state, then everything that follows from them without a fact from outside, and returns all
 * of it: one append to the journal.
 */
export function advance(state: PipelineState, events: readonly Event[], capacity: Capacity, now: Instant): Event[] {
  const all: Event[] = [];
  let next: readonly Event[] = events;
  do {
    for (const event of next) evolve(state, event);
    all.push(...next);
    next = follow(state, capacity, now);
  } while (next.length > 0);
  return all;
}

/** The next thing that follows from the state, for the oldest run that it concerns; nothing when all must wait. */
function follow(state: PipelineState, capacity: Capacity, now: Instant): Event[] {
  const pin = firstPin(state, now);
  if (pin.length > 0) return [...pin];
  for (const id of state.unfinished) {
    const run = state.runs.get(id);
    const events = run ? guarded(run, now, () => followRun(state, run, capacity, now)) : [];
    if (events.length > 0) return events;
  }
  return [];
}

/** A run that can't be judged ends of that, and keeps no other from going on. What customers have met is put back first. */
function guarded(run: Run, now: Instant, judge: () => Event[]): Event[] {
  try {
    return judge();
  } catch (thrown) {
    const error = errorRecord(thrown);
    if (!run.fault) return [{ type: 'run-faulted', at: now, run: run.id, error }];
    // Not even its end can be judged.
    const name = currentStage(run)?.name;
    const stage = name && run.stages[name];
    const ended: Event = { type: 'run-finished', at: now, run: run.id, attempt: run.attempt, outcome: 'FAILED', rolledBack: false, reason: error.message, error, cause: 'infra' };
    if (stage?.state !== 'running') return [ended];
    const phase = stage.rollout?.state.phase;
    const cause = { type: 'verification', detail: error.message } as const;
    if (phase === 'rolling' || phase === 'holding' || phase === 'deployed') return [{ type: 'rollout', at: now, run: run.id, stage: stage.name, fact: { type: 'breached', cause } }];
    if (phase === 'rolling-back' || phase === 'settling') return [];
    return [{ type: 'stage-failed', at: now, run: run.id, stage: stage.name, error }, ended];
  }
}

function followRun(state: PipelineState, run: Run, capacity: Capacity, now: Instant): Event[] {
  const plan = currentStage(run);
  if (run.fault && (!plan || run.stages[plan.name]?.state !== 'running')) return [{ type: 'run-finished', at: now, run: run.id, attempt: run.attempt, outcome: 'FAILED', rolledBack: false, reason: run.fault.message, error: run.fault, cause: 'code' }];
  if (!plan && run.left) return [leftBehind(run, run.left, now)];
  if (!plan) return [{ type: 'run-finished', at: now, run: run.id, attempt: run.attempt, outcome: 'SUCCEEDED', rolledBack: false, reason: run.kind === 'ROLLBACK' ? 'the earlier release is live again' : 'every stage passed' }];
  const stage = run.stages[plan.name];
  if (stage?.state === 'running') {
    const warning = stopOf(run, stage) ? [] : warningDue(run, plan, stage, now);
    return warning.length > 0 ? warning : progress(run, plan, stage, now, state.approvalRule);
  }
  if (run.cancel) return [{ type: 'run-finished', at: now, run: run.id, attempt: run.attempt, outcome: 'STOPPED', rolledBack: false, reason: `stopped by ${run.cancel.by} before ${plan.name}: ${run.cancel.reason}` }];
  return admission(state, run, plan, capacity, now);
}

/** What could be put back was; the whole is not what was asked for. */
function leftBehind(run: Run, left: readonly Name[], now: Instant): Event {
  const message = `the earlier release is live again, but for ${left.join(', ')}: nothing earlier was ever verified good there, and it keeps what it has`;
  const error: ErrorRecord = { code: 'NOT_RESTORED', class: 'refused', message, hint: 'commit a correction to the trunk, or take that region down' };
  return { type: 'run-finished', at: now, run: run.id, attempt: run.attempt, outcome: 'FAILED', rolledBack: false, reason: message, error, cause: 'code' };
}
