import { formatDuration, type Instant, type Millis, type Name } from '../foundation/units.ts';
import type { StageName, StagePlan } from '../pipeline/plan.ts';
import { cachedIn } from './cached.ts';
import { stagesOf, type Run, type StageRun } from './state.ts';

/** One action of the chain that a stage's time is made of. */
export interface CriticalStep {
  readonly stage: StageName;
  readonly action: Name;
  /** From the end of what it waited for to its own, with its retries; to now, where it is under way. */
  readonly ms: Millis;
  /** Its result was given again. */
  readonly cached: boolean;
}

/** The chain of actions, each waiting for the one before, that ends last: nothing else can make a run faster. Approvals are no work, and not in it. */
export function criticalPathOf(run: Run, now: Instant): readonly CriticalStep[] {
  return stagesOf(run).flatMap((plan) => {
    const stage = run.stages[plan.name];
    return stage ? stagePath(plan, stage, stage.endedAt ?? run.finished?.at ?? now) : [];
  });
}

export function stagePath(plan: StagePlan, stage: StageRun, now: Instant): readonly CriticalStep[] {
  const begun = plan.actions.filter(({ name }) => stage.actions[name] !== undefined);
  const endOf = (name: Name): Instant => {
    const action = stage.actions[name];
    return action?.state === 'running' || action?.state === 'retrying' ? now : action?.endedAt ?? 0;
  };
  const last = (names: readonly Name[]): Name | undefined => names.reduce<Name | undefined>((latest, name) => (latest === undefined || endOf(name) > endOf(latest) ? name : latest), undefined);
  const path: CriticalStep[] = [];
  for (let name = last(begun.map((action) => action.name)); name !== undefined;) {
    const action = plan.actions.find((each) => each.name === name);
    const before: Name | undefined = last((action?.needs ?? []).filter((need) => stage.actions[need] !== undefined));
    const from = before === undefined ? stage.enteredAt ?? endOf(name) : endOf(before);
    if (action && action.kind !== 'approval') path.unshift({ stage: plan.name, action: name, ms: Math.max(0, endOf(name) - from), cached: cachedIn(stage.actions[name]?.output) !== undefined });
    name = before;
  }
  return path;
}

/** What would make the longest action of a path shorter, and what waits for it meanwhile. */
export function adviceOn(path: readonly CriticalStep[], run: Run): string {
  const longest = path.reduce<CriticalStep | undefined>((most, step) => (most === undefined || step.ms > most.ms ? step : most), undefined);
  const plan = longest && stagesOf(run).find(({ name }) => name === longest.stage);
  const action = plan?.actions.find(({ name }) => name === longest?.action);
  if (!longest || !plan || !action) return 'nothing has been under way in it';
  const waiting = plan.actions.filter(({ name, needs }) => needs.includes(longest.action) && run.stages[plan.name]?.actions[name]?.state !== 'passed').map(({ name }) => name);
  return `${longest.stage}.${longest.action} takes ${formatDuration(longest.ms)}: ${remedy(action.kind, longest)}${waiting.length === 0 ? '' : `; ${waiting.join(', ')} ${waiting.length === 1 ? 'waits' : 'wait'} for it`}`;
}

function remedy(kind: string, { stage, cached }: CriticalStep): string {
  if (cached) return 'its result is cached already, so name fewer files in its "outputs"';
  switch (kind) {
    case 'rollout': return 'shorten its bakes, or deploy to more regions at once';
    case 'alarms': case 'probes': return 'watch for a shorter time';
    case 'shell': return stage === 'build' ? 'split it, name its "inputs" so that it is done only when they change, or move what needs no source code to Beta' : 'split it';
    case 'cucumber': case 'playwright': return 'split it, or let a unit test in Build show the same';
    default: return 'look at its log for what takes so long';
  }
}
