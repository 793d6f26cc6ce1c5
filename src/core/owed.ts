import type { Instant } from '../foundation/units.ts';
import type { ActionPlan, EnvironmentPlan, StageName } from '../pipeline/plan.ts';
import { owed as owedSteps } from '../rollout/machine.ts';
import type { RolloutStep } from '../rollout/rollout.ts';
import { nextWarning } from './budget.ts';
import { coreKinds, isApprovalAttested, isApproved, isAttestable, isAttested, stopOf } from './stage.ts';
import { currentStage, type PipelineState, type Run } from './state.ts';

/**
 * What the journal says must be under way now. This is the outbox: an event and the effects that it owes are one
 * append, because effects are computed from events and kept nowhere else. The key is the effect's identity: one that is
 * under way is not begun again, and one that is no longer owed is stopped.
 */
export type Effect =
  | { readonly type: 'attempt'; readonly key: string; readonly run: string; readonly stage: StageName; readonly action: ActionPlan; readonly attempt: number; readonly fence: number }
  | { readonly type: 'rollout'; readonly key: string; readonly run: string; readonly stage: StageName; readonly environment: EnvironmentPlan; readonly step: RolloutStep; readonly since?: Instant }
  | { readonly type: 'attest'; readonly key: string; readonly run: string; readonly stage: StageName; readonly what: 'stage' | 'approval' };

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
    return { type: 'rollout', key: key(stage.fence, step.type, step.region, index), ...place, environment, step, ...(since === undefined ? {} : { since }) };
  }) : [];
  if (stopOf(run, stage)) return steps;
  const attempts = plan.actions.flatMap((action): Effect[] => {
    const known = stage.actions[action.name];
    if (known?.state !== 'running' || coreKinds.has(action.kind)) return [];
    return [{ type: 'attempt', key: key(action.name, known.attempt), ...place, action, attempt: known.attempt, fence: stage.fence }];
  });
  const approval: Effect[] = isApproved(run) && !isApprovalAttested(run) && plan.name === 'prod' ? [{ type: 'attest', key: key('approval', run.attempt), ...place, what: 'approval' }] : [];
  const done = plan.actions.every(({ name }) => stage.actions[name]?.state === 'passed');
  const summary: Effect[] = done && isAttestable(run, plan) && !isAttested(run, plan) ? [{ type: 'attest', key: key('attest'), ...place, what: 'stage' }] : [];
  return [...steps, ...attempts, ...approval, ...summary];
}

/** When the state must be looked at again though nothing happens: the next retry, expiry or warning. */
export function wakeAt(state: PipelineState): Instant | undefined {
  const instants = [...state.unfinished].flatMap((id) => {
    const run = state.runs.get(id);
    const plan = run && currentStage(run);
    const stage = plan && run.stages[plan.name];
    const actions = Object.values(stage?.actions ?? {});
    const retries = actions.flatMap(({ state: is, retryAt }) => (is === 'retrying' && retryAt !== undefined ? [retryAt] : []));
    const waits = run?.approval && !isApproved(run) ? [run.approval.requested.expiresAt] : [];
    const warning = run && plan && stage?.state === 'running' && !stopOf(run, stage) ? nextWarning(run, plan, stage) : undefined;
    return [...retries, ...waits, ...(warning ? [warning.at] : [])];
  });
  return instants.length === 0 ? undefined : Math.min(...instants);
}
