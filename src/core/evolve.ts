import type { Event, EventOf } from '../journal/events.ts';
import { ARTIFACT_FIXED, faulted, mayAdopt, mayPackage, PLAN_FIXED } from './fixed.ts';
import type { StageName } from '../pipeline/plan.ts';
import { begin, apply } from '../rollout/machine.ts';
import { mark, settle } from './release-history.ts';
import { retried } from './retried.ts';
import type { ActionRun, PipelineState, Run, StageRollout, StageRun, StageState } from './state.ts';
import { retriesAfter } from './retries.ts';
import { stopOf } from './stage.ts';
import { pushed, rewritten } from './trunk-fold.ts';
import { currentStage, stagesOf } from './state.ts';

/** Folds one event into the state, in place. Knows no rules: what an event says has happened. */
export function evolve(state: PipelineState, event: Event): void {
  state.head += 1;
  state.latest = Math.max(state.latest, event.at);
  switch (event.type) {
    case 'commit-pushed':
      return pushed(state, event);
    case 'trunk-rewritten':
      return rewritten(state, event);
    case 'run-started': {
      const restored = event.restores === undefined ? undefined : state.runs.get(event.restores)?.artifact;
      const commit = event.kind === 'STANDARD' ? state.trunk.commits.get(event.commit) : undefined;
      if (commit) state.trunk.commits.set(commit.id, { ...commit, hasRun: true });
      state.unfinished.add(event.run);
      state.runs.set(event.run, {
        id: event.run, sequence: event.sequence, kind: event.kind, commit: event.commit, by: event.by,
        ...(event.restores === undefined ? {} : { restores: event.restores }), ...(event.reason === undefined ? {} : { reason: event.reason }),
        ...(restored === undefined ? {} : { artifact: restored }), ...(event.left === undefined ? {} : { left: event.left }),
        startedAt: event.at, attempt: 1, attemptStartedAt: event.at, since: commit && !commit.hasRun ? commit.returnedAt ?? commit.pushedAt : event.at, stages: {}, evidence: [],
      });
      return;
    }
    case 'environment-removed': {
      const key = `${event.environment}/${event.region}`;
      const live = state.live.get(key);
      if (live) state.live.set(key, { ...live, removedAt: event.at });
      for (const id of state.unfinished) state.runs.set(id, withoutRegion(state.runs.get(id) as Run, event));
      return;
    }
    case 'clock-jumped':
      state.clockAhead = event.aheadMs;
      if (event.byMs !== 0) state.clockJumps = [...state.clockJumps, { at: event.at, byMs: event.byMs }].slice(-100);
      return;
    case 'approval-rule-set':
      state.approvalRule = { groups: event.groups, atLeast: event.atLeast, ownChanges: event.ownChanges };
      return;
    case 'command-refused':
    case 'host-troubled':
      return;
    default:
      evolveRun(state, event);
  }
}

/** Where a region was taken down, nothing is owed to it any more: neither its way back nor the end of the other release. */
function withoutRegion(run: Run, event: EventOf<'environment-removed'>): Run {
  const stages = Object.entries(run.stages).map(([name, stage]): [string, StageRun] => {
    const { rollout } = stage;
    if (stage.state !== 'running' || rollout?.environment !== event.environment) return [name, stage];
    const after = (['restored', 'settled'] as const).reduce((next, type) => apply(next, { type, region: event.region }), rollout.state);
    return [name, retriesAfter({ ...stage, rollout: { ...rollout, state: after } }, event)];
  });
  return { ...run, stages: Object.fromEntries(stages) };
}

type RunEvent = Exclude<Event, { type: 'commit-pushed' | 'trunk-rewritten' | 'run-started' | 'environment-removed' | 'approval-rule-set' | 'clock-jumped' | 'command-refused' | 'host-troubled' }>;

function evolveRun(state: PipelineState, event: RunEvent): void {
  const run = state.runs.get(event.run);
  if (!run) throw new Error(`the journal speaks of run ${event.run} before it began`);
  if (event.type === 'run-finished') {
    state.unfinished.delete(run.id);
    release(state, run.id);
  } else if (event.type === 'run-retried') {
    state.unfinished.add(run.id);
    state.bad.delete(run.id); // it is judged anew
  } else if (event.type === 'stage-queued') {
    const stage = state.stages[event.stage];
    stage.waiting = [...stage.waiting, run.id];
  } else if (event.type === 'stage-entered') {
    enter(state.stages[event.stage], run, event.fence);
  } else if (event.type === 'stage-passed' || event.type === 'stage-failed') {
    leave(state.stages[event.stage], run.id);
  }
  const after = runAfter(run, event);
  const next = event.type === 'stage-entered' ? { ...after, entered: [...new Set([...run.entered ?? [], event.stage])] } : after;
  state.runs.set(run.id, next);
  if (event.type === 'rollout' && event.fact.type === 'settled') {
    const rollout = next.stages[event.stage]?.rollout;
    if (rollout) settle(state, next, rollout.environment, event.fact.region, event.at);
  } else if (event.type === 'rollout' && event.fact.type === 'breached' && event.stage === 'prod' && event.fact.cause.type !== 'human' && run.kind === 'STANDARD') {
    mark(state, run.id, { at: event.at, by: 'trunkline', reason: event.fact.cause.detail });
  }
}

function enter(stage: StageState, run: Run, fence: number): void {
  stage.holder = run.id;
  stage.waiting = stage.waiting.filter((id) => id !== run.id);
  stage.fence = fence;
  if (run.kind !== 'STANDARD') return;
  stage.lastAdmitted = Math.max(stage.lastAdmitted, run.sequence);
  stage.lastFence = fence;
}

function leave(stage: StageState, run: string): void {
  if (stage.holder === run) delete stage.holder;
  stage.waiting = stage.waiting.filter((id) => id !== run);
}

function release(state: PipelineState, run: string): void {
  for (const stage of Object.values(state.stages)) leave(stage, run);
}

function runAfter(run: Run, event: RunEvent): Run {
  switch (event.type) {
    case 'plan-adopted':
      return mayAdopt(run) ? { ...run, plan: { digest: event.digest, plan: event.plan } } : faulted(run, PLAN_FIXED);
    case 'run-retried':
      return retried(run, event);
    case 'cancel-requested':
      return { ...run, cancel: { by: event.by, reason: event.reason, ...(isLate(run) ? { late: true } : {}) } };
    case 'retry-hastened':
      return { ...run, stages: Object.fromEntries(Object.entries(run.stages).map(([name, stage]) => [name, retriesAfter(stage, event)])) };
    case 'cleanup-failed':
      return run;
    case 'run-finished':
      return { ...run, finished: event };
    case 'artifact-packaged':
      return mayPackage(run) ? { ...run, artifact: event.artifact } : faulted(run, ARTIFACT_FIXED);
    case 'run-faulted':
      return faulted(run, event.error);
    case 'evidence-recorded':
      return { ...signed(run, event), evidence: [...run.evidence, ...event.attestations.map((item) => ({ ...item, stage: event.stage, fence: event.fence ?? run.stages[event.stage]?.fence ?? 0 }))] };
    case 'budget-warned': {
      const stage = run.stages[event.stage];
      const stages = event.error && stage ? { ...run.stages, [event.stage]: { ...stage, error: event.error } } : run.stages;
      return { ...run, stages, warnings: [...run.warnings ?? [], event] };
    }
    case 'approval-requested':
      return { ...run, approval: { requested: event, given: [] } };
    case 'approval-given':
      return run.approval ? { ...run, approval: { ...run.approval, given: [...run.approval.given.filter(({ by }) => !event.lapsed?.includes(by)), event] } } : run;
    case 'approval-rejected':
      return run.approval ? { ...run, approval: { ...run.approval, rejected: event } } : run;
    default:
      return { ...run, stages: { ...run.stages, [event.stage]: retriesAfter(stageAfter(run, run.stages[event.stage], event), event) } };
  }
}

/** Whether its stage could not pass any more before anybody stopped it: then that is why it ends. */
function isLate(run: Run): boolean {
  const stage = run.stages[currentStage(run)?.name ?? 'source'];
  return run.cancel === undefined && stage?.state === 'running' && stopOf(run, stage) !== undefined;
}

function signed(run: Run, event: EventOf<'evidence-recorded'>): Run {
  const stage = run.stages[event.stage];
  return stage ? { ...run, stages: { ...run.stages, [event.stage]: retriesAfter(stage, event) } } : run;
}

type StageEvent = Extract<RunEvent, { stage: StageName }>;

function stageAfter(run: Run, known: StageRun | undefined, event: Exclude<StageEvent, { type: 'evidence-recorded' | 'budget-warned' | 'cleanup-failed' }>): StageRun {
  const stage: StageRun = known ?? { name: event.stage, state: 'queued', fence: 0, actions: {} };
  switch (event.type) {
    case 'stage-queued':
      return { ...stage, state: 'queued', queuedAt: event.at };
    case 'stage-entered':
      return { ...stage, state: 'running', fence: event.fence, enteredAt: event.at };
    case 'stage-passed':
      return { ...stage, state: 'passed', endedAt: event.at };
    case 'stage-failed':
      return { ...stage, state: 'failed', endedAt: event.at, error: event.error };
    case 'attestation-refused':
      return { ...stage, error: event.error };
    case 'rollout-started': {
      const waves = stagesOf(run).find(({ name }) => name === event.stage)?.waves ?? [];
      return { ...stage, rollout: { state: begin(waves), environment: event.environment, release: event.release, shiftedAt: {} } };
    }
    case 'effect-retried':
      return stage;
    case 'rollout':
      return stage.rollout ? { ...stage, rollout: rolloutAfter(stage.rollout, event) } : stage;
    default:
      return { ...stage, actions: { ...stage.actions, [event.action]: actionAfter(run, stage, event) } };
  }
}

function rolloutAfter(rollout: StageRollout, event: EventOf<'rollout'>): StageRollout {
  const shiftedAt = event.fact.type === 'shifted'
    ? { ...rollout.shiftedAt, [`${event.fact.region}/${event.fact.step}`]: event.at }
    : rollout.shiftedAt;
  return { ...rollout, state: apply(rollout.state, event.fact), shiftedAt };
}

type ActionEvent = EventOf<'action-started' | 'action-passed' | 'action-failed' | 'action-lost' | 'action-cancelled'>;

function actionAfter(run: Run, stage: StageRun, event: ActionEvent): ActionRun {
  const begun: ActionRun = { state: 'running', attempt: event.attempt, fence: stage.fence, of: run.attempt, startedAt: event.at };
  if (event.type === 'action-started') return begun;
  const action = stage.actions[event.action] ?? begun;
  const ended = { ...action, endedAt: event.at };
  switch (event.type) {
    case 'action-passed':
      return { ...ended, state: 'passed', output: event.output };
    case 'action-failed':
      return { ...ended, state: event.retryAt === undefined ? 'failed' : 'retrying', error: event.error,
        ...(event.output === undefined ? {} : { output: event.output }), ...(event.retryAt === undefined ? {} : { retryAt: event.retryAt }) };
    case 'action-lost':
      return { ...ended, state: 'lost' };
    case 'action-cancelled':
      return { ...ended, state: 'cancelled' };
  }
}
