import type { ErrorRecord } from '../foundation/errors.ts';
import type { Instant, Json } from '../foundation/units.ts';
import type { Event, EventOf } from '../journal/events.ts';
import { approvalInput, type ActionPlan, type StagePlan } from '../pipeline/plan.ts';
import type { RollbackCause } from '../rollout/rollout.ts';
import { ruleInForce, stillNeeded } from './approval-rule.ts';
import { wavesFault } from '../rollout/waves.ts';
import { evidenceOf } from './evidence.ts';
import type { ApprovalRule } from './operators.ts';
import type { Run, StageRun } from './state.ts';

/** Kinds that the core itself carries out; all others are attempts that a runner performs. */
export const coreKinds: ReadonlySet<string> = new Set(['approval', 'rollout']);

/** An attempt that ends with its host is begun again; one that ends ten hosts is the cause. */
const MOST_LOSSES = 10;

/** What follows inside a stage that a run is in. Nothing follows while attempts are under way and nothing is ready. */
export function progress(run: Run, plan: StagePlan, stage: StageRun, now: Instant, pinned?: ApprovalRule): Event[] {
  const stop = stopOf(run, stage);
  if (stop) return closing(run, plan, stage, stop, now);

  const started = plan.actions.flatMap((action) => actionEvents(run, plan, stage, action, now, pinned));
  if (started.length > 0) return started;
  if (!plan.actions.every(({ name }) => stage.actions[name]?.state === 'passed')) return [];
  if (isAttestable(run, plan) && !isAttested(run, plan)) return [];
  if (stage.rollout?.state.phase === 'deployed') return [{ type: 'rollout', at: now, run: run.id, stage: plan.name, fact: { type: 'accepted' } }];
  if (stage.rollout && stage.rollout.state.phase !== 'settled') return [];
  return [{ type: 'stage-passed', at: now, run: run.id, stage: plan.name }];
}

/** The evidence of a stage is signed once all its actions have passed; a rollback brings nothing new to attest. */
export function isAttestable(run: Run, plan: StagePlan): boolean {
  return run.kind === 'STANDARD' && run.artifact !== undefined && plan.name !== 'source';
}

export function isAttested(run: Run, plan: StagePlan): boolean {
  return run.evidence.some(({ stage, name, fence }) => stage === plan.name && name === `${plan.name} passed` && fence === run.stages[plan.name]?.fence);
}

/** Why a stage can no longer pass; undefined while it can. */
export interface Stop { readonly error: ErrorRecord; readonly action?: string; readonly cause: RollbackCause }

const CODES: { readonly [cause: string]: string } = { alarm: 'ALARM', health: 'UNHEALTHY', timeout: 'TIMEOUT' };

export function stopOf(run: Run, stage: StageRun): Stop | undefined {
  // What was accepted is the release; from there on there is no way back inside this run.
  if (stage.rollout?.state.phase === 'settling' || stage.rollout?.state.phase === 'settled') return undefined;
  if (run.fault) return { error: run.fault, cause: { type: 'verification', detail: run.fault.message } };
  if (run.cancel && !run.cancel.late) {
    const message = `stopped by ${run.cancel.by}: ${run.cancel.reason}`;
    return { error: { code: 'CANCELLED', class: 'refused', message }, cause: { type: 'human', detail: message } };
  }
  const failed = Object.entries(stage.actions).find(([, action]) => action.state === 'failed');
  if (failed) {
    const error = failed[1].error ?? { code: 'BUG', class: 'bug', message: 'the action failed and said no reason' };
    return { error, action: failed[0], cause: { type: 'verification', detail: `${failed[0]}: ${error.message}` } };
  }
  if (stage.error) return { error: stage.error, cause: { type: 'verification', detail: stage.error.message } };
  const cause = stage.rollout?.state.cause;
  if (!cause) return undefined;
  const where = cause.region === undefined ? '' : ` in ${cause.region}`;
  return { cause, action: 'deploy', error: { code: CODES[cause.type] ?? 'ROLLED_BACK', class: 'code', message: `${cause.detail}${where}`, ...(cause.lastLines ? { lastLines: cause.lastLines } : {}) } };
}

function actionEvents(run: Run, plan: StagePlan, stage: StageRun, action: ActionPlan, now: Instant, pinned: ApprovalRule | undefined): Event[] {
  const known = stage.actions[action.name];
  const place = { run: run.id, stage: plan.name, action: action.name } as const;
  if (known?.state === 'running') return coreKinds.has(action.kind) ? coreProgress(run, stage, action, known.attempt, place, now) : [];
  if (known?.state === 'passed' || known?.state === 'failed') return [];
  if (known?.state === 'retrying' && now < (known.retryAt ?? 0)) return [];
  if (!action.needs.every((need) => stage.actions[need]?.state === 'passed')) return [];
  const attempt = (known?.attempt ?? 0) + 1;
  if (known?.state === 'lost' && attempt > MOST_LOSSES) {
    return [{ type: 'action-failed', at: now, ...place, attempt: known.attempt, error: { code: 'HOST_LOST', class: 'infra', message: `its host ended during each of ${MOST_LOSSES} attempts`, hint: 'look at the memory and the log of the machine' } }];
  }
  const started: Event = { type: 'action-started', at: now, ...place, attempt, fence: stage.fence };
  const failed = (error: ErrorRecord): Event[] => [started, { type: 'action-failed', at: now, ...place, attempt, error }];
  if (action.kind === 'approval' && run.approval === undefined) {
    const requested = approvalRequest(run, action, now, pinned);
    return 'code' in requested ? failed(requested) : [started, requested];
  }
  if (action.kind === 'rollout' && stage.rollout === undefined) {
    const begun = rolloutStart(run, plan, now);
    return 'code' in begun ? failed(begun) : [started, begun];
  }
  return [started];
}

const NOTHING_PACKAGED: ErrorRecord = { code: 'NOTHING_PACKAGED', class: 'code', message: 'Build has packaged nothing, so there is nothing to release', hint: 'write archive({ … }) for build.package' };

function approvalRequest(run: Run, action: ActionPlan, now: Instant, pinned: ApprovalRule | undefined): Event | ErrorRecord {
  const input = approvalInput.safeParse(action.input);
  if (!input.success) return { code: 'INPUT_INVALID', class: 'usage', message: `the approval can't be asked for: ${input.error.issues.map(({ path, message }) => `${path.join('.') || 'its input'}: ${message}`).join('; ')}`, hint: 'correct trunkline.config.ts' };
  if (!run.artifact || !run.plan) return NOTHING_PACKAGED;
  const { groups, atLeast } = ruleInForce(pinned, input.data);
  return { type: 'approval-requested', at: now, run: run.id, artifact: run.artifact, plan: run.plan.digest, evidence: evidenceOf(run), by: groups, atLeast, expiresAt: now + input.data.expiresMs };
}

function rolloutStart(run: Run, plan: StagePlan, now: Instant): Event | ErrorRecord {
  if (!run.artifact) return NOTHING_PACKAGED;
  const fault = plan.environment ? wavesFault(plan.waves) : 'the stage has no environment';
  if (fault !== undefined || !plan.environment) return { code: 'ROLLOUT_INVALID', class: 'usage', message: `it can't be rolled out: ${fault}`, hint: 'correct the waves of the stage in trunkline.config.ts' };
  return { type: 'rollout-started', at: now, run: run.id, stage: plan.name, environment: plan.environment.name, release: run.id, artifact: run.artifact };
}

function coreProgress(run: Run, stage: StageRun, action: ActionPlan, attempt: number, place: { run: string; stage: StagePlan['name']; action: string }, now: Instant): Event[] {
  if (action.kind === 'rollout') {
    const due = rolloutDue(action, stage);
    if (due !== undefined && now >= due) {
      const detail = `it was not through within its ${Math.round(action.timeoutMs / 1_000)} s`;
      return [{ type: 'rollout', at: now, run: run.id, stage: place.stage, fact: { type: 'breached', cause: { type: 'timeout', detail } } }];
    }
    if (stage.rollout?.state.phase !== 'deployed') return [];
    return [{ type: 'action-passed', at: now, ...place, attempt, output: { regions: Object.keys(stage.rollout.state.regions) } }];
  }
  const approval = run.approval;
  if (!approval) return [];
  const failed = (error: ErrorRecord): Event[] => [{ type: 'action-failed', at: now, ...place, attempt, error }];
  if (approval.rejected) return failed({ code: 'APPROVAL_REJECTED', class: 'refused', message: `rejected by ${approval.rejected.by}: ${approval.rejected.reason}` });
  if (isApproved(run)) {
    const approvers = approval.given.map(({ by }) => by);
    return isApprovalAttested(run) ? [{ type: 'action-passed', at: now, ...place, attempt, output: { approvers } satisfies Json }] : [];
  }
  if (now >= approval.requested.expiresAt) return failed({ code: 'APPROVAL_EXPIRED', class: 'refused', message: 'nobody approved in time', hint: `"trunkline retry ${run.id}" asks again` });
  return [];
}

/** When a rollout that still climbs must be through; undefined where none does. */
export function rolloutDue(action: ActionPlan, stage: StageRun): Instant | undefined {
  const known = stage.actions[action.name];
  const phase = stage.rollout?.state.phase;
  return action.kind === 'rollout' && known?.state === 'running' && (phase === 'rolling' || phase === 'holding') ? known.startedAt + action.timeoutMs : undefined;
}

export function isApproved(run: Run): boolean {
  return run.approval !== undefined && stillNeeded(run.approval) === 0;
}

export function isApprovalAttested(run: Run): boolean {
  const since = run.evidence.filter(({ stage, name, fence }) => stage === 'prod' && name === `approval ${run.attempt}` && fence === run.stages.prod?.fence);
  return since.length > 0;
}

/** Ends a stage that can't pass: waits for what runs to be dead and for the previous release to be back. */
function closing(run: Run, plan: StagePlan, stage: StageRun, stop: Stop, now: Instant): Event[] {
  const rollout = stage.rollout?.state;
  if (rollout && !rollout.cause && rollout.phase !== 'settled') return [{ type: 'rollout', at: now, run: run.id, stage: plan.name, fact: { type: 'breached', cause: stop.cause } }];
  const running = Object.entries(stage.actions).filter(([, { state }]) => state === 'running');
  const isCore = (name: string): boolean => coreKinds.has(plan.actions.find((action) => action.name === name)?.kind ?? '');
  if (running.some(([name]) => !isCore(name))) return [];
  if (rollout && rollout.phase !== 'rolled-back' && rollout.phase !== 'rollback-failed' && rollout.phase !== 'settled') return [];
  const ended = running.map(([name, { attempt }]): Event => name === stop.action
    ? { type: 'action-failed', at: now, run: run.id, stage: plan.name, action: name, attempt, error: stop.error }
    : { type: 'action-cancelled', at: now, run: run.id, stage: plan.name, action: name, attempt });
  return [...ended, { type: 'stage-failed', at: now, run: run.id, stage: plan.name, ...(stop.action === undefined ? {} : { action: stop.action }), error: stop.error }, finish(run, plan, stage, stop, now)];
}

function finish(run: Run, plan: StagePlan, stage: StageRun, stop: Stop, now: Instant): EventOf<'run-finished'> {
  const rollout = stage.rollout?.state;
  const hadTraffic = Object.keys(stage.rollout?.shiftedAt ?? {}).length > 0;
  const rolledBack = rollout?.phase === 'rolled-back' && hadTraffic;
  const base = { type: 'run-finished', at: now, run: run.id, attempt: run.attempt, rolledBack, error: stop.error } as const;
  const reason = `${plan.name}${stop.action === undefined ? '' : `.${stop.action}`}: ${stop.error.message}`;
  if (rollout?.phase === 'rollback-failed') return { ...base, outcome: 'FAILED', cause: 'infra', reason: `${reason}; and the previous release could not be put back everywhere` };
  if (run.cancel && !run.cancel.late) return { ...base, outcome: 'STOPPED', reason };
  if (run.approval?.rejected) return { ...base, outcome: 'REJECTED', reason, rejectReason: run.approval.rejected.defect ? 'defect' : 'not-now' };
  if (stop.error.code === 'APPROVAL_EXPIRED') return { ...base, outcome: 'EXPIRED', reason };
  return { ...base, outcome: 'FAILED', reason, cause: rolledBack ? 'rollback' : stop.error.class === 'infra' ? 'infra' : 'code' };
}
