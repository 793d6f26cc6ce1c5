import type { Instant } from '../foundation/units.ts';
import type { ActionPlan, EnvironmentPlan, StageName } from '../pipeline/plan.ts';
import { owed as owedSteps } from '../rollout/machine.ts';
import type { RolloutStep } from '../rollout/rollout.ts';
import { nextWarning } from './budget.ts';
import { coreKinds, isApprovalAttested, isApproved, isAttestable, isAttested, rolloutDue, stopOf } from './stage.ts';
import { currentStage, retryKey, type PipelineState, type Retry, type Run, type StageRun } from './state.ts';

/**
 * What the journal says must be under way now. This is the outbox: an event and the effects that it owes are one
 * append, because effects are computed from events and kept nowhere else. The key is the effect's identity: one that is
 * under way is not begun again, and one that is no longer owed is stopped.
 */
export type Effect =
  | { readonly type: 'attempt'; readonly key: string; readonly run: string; readonly stage: StageName; readonly action: ActionPlan; readonly attempt: number; readonly fence: number }
  | { readonly type: 'rollout'; readonly key: string; readonly run: string; readonly stage: StageName; readonly environment: EnvironmentPlan; readonly step: RolloutStep; readonly since?: Instant; readonly fence: number } & Tried
  | { readonly type: 'attest'; readonly key: string; readonly run: string; readonly stage: StageName; readonly fence: number; readonly what: 'stage' | 'approval' } & Tried;

/** Which try it is: 1, 2, 3, …; and, where one has failed, when that was and when the next may begin. */
export interface Tried { readonly attempt: number; readonly after?: { readonly failedAt: Instant; readonly retryAt: Instant } }

/**
 * What is begun though its cause could not be written, since customers come first: the way back, and the watch over
 * whoever meets a release. Each may be done twice, and a host that knows nothing of it does it again.
 */
export function mayGoUnwritten(effect: Effect): boolean {
  return effect.type === 'rollout' && ['restore', 'bake', 'watch'].includes(effect.step.type);
}

export function owed(state: PipelineState): Effect[] {
  return [...state.unfinished].flatMap((id) => {
    const run = state.runs.get(id);
    return run ? owedBy(run) : [];
  });
}

function owedBy(run: Run): Effect[] {
  const plan = currentStage(run);
  const stage = plan && run.stages[plan.name];
  if (!stage || stage.state !== 'running') return [];
  const place = { run: run.id, stage: plan.name } as const;
  const key = (...parts: readonly (string | number)[]): string => [run.id, plan.name, ...parts].join('/');
  const environment = plan.environment;
  const rollout = stage.rollout;
  const steps = rollout && environment ? owedSteps(rollout.state).map((step): Effect => {
    const since = step.type === 'bake' ? rollout.shiftedAt[`${step.region}/${step.step}`] : undefined;
    const index = 'step' in step ? step.step : '';
    const tried = triedBefore(stage, { effect: step.type, region: step.region });
    return { type: 'rollout', key: key(stage.fence, step.type, step.region, index, ...tried.key), ...place, environment, step, fence: stage.fence, ...tried.tried, ...(since === undefined ? {} : { since }) };
  }) : [];
  if (stopOf(run, stage)) return steps;
  const attempts = plan.actions.flatMap((action): Effect[] => {
    const known = stage.actions[action.name];
    if (known?.state !== 'running' || coreKinds.has(action.kind)) return [];
    return [{ type: 'attempt', key: key(stage.fence, action.name, known.attempt), ...place, action, attempt: known.attempt, fence: stage.fence }];
  });
  const signing = triedBefore(stage, { effect: 'attest' });
  const approval: Effect[] = isApproved(run) && !isApprovalAttested(run) && plan.name === 'prod' ? [{ type: 'attest', key: key(stage.fence, 'approval', run.attempt, ...signing.key), ...place, fence: stage.fence, what: 'approval', ...signing.tried }] : [];
  const done = plan.actions.every(({ name }) => stage.actions[name]?.state === 'passed');
  const summary: Effect[] = done && isAttestable(run, plan) && !isAttested(run, plan) ? [{ type: 'attest', key: key(stage.fence, 'attest', ...signing.key), ...place, fence: stage.fence, what: 'stage', ...signing.tried }] : [];
  return [...steps, ...attempts, ...approval, ...summary];
}

/** Each try is an effect of its own, and so is one that a person hastens. */
function triedBefore(stage: StageRun, of: Pick<Retry, 'effect' | 'region'>): { readonly tried: Tried; readonly key: readonly string[] } {
  const retry = stage.retries?.[retryKey(of)];
  if (!retry) return { tried: { attempt: 1 }, key: [] };
  const { attempts, failedAt, retryAt, hastened } = retry;
  return { tried: { attempt: attempts + 1, after: { failedAt, retryAt } }, key: [`try ${attempts + 1}.${hastened}`] };
}

/** When the state must be looked at again though nothing happens: the next retry, expiry or warning. */
export function wakeAt(state: PipelineState): Instant | undefined {
  const instants = [...state.unfinished].flatMap((id) => {
    const run = state.runs.get(id);
    const plan = run && currentStage(run);
    const stage = plan && run.stages[plan.name];
    // A stage that closes waits for what runs to be dead, and for no time.
    if (!run || !plan || stage?.state !== 'running' || stopOf(run, stage)) return [];
    const actions = Object.values(stage.actions);
    const retries = actions.flatMap(({ state: is, retryAt }) => (is === 'retrying' && retryAt !== undefined ? [retryAt] : []));
    const waits = run.approval && !isApproved(run) ? [run.approval.requested.expiresAt] : [];
    const warning = nextWarning(run, plan, stage);
    const rollouts = plan.actions.flatMap((action) => rolloutDue(action, stage) ?? []);
    return [...retries, ...waits, ...rollouts, ...(warning ? [warning.at] : [])];
  });
  return instants.length === 0 ? undefined : Math.min(...instants);
}
