import { formatDuration, type Millis } from '../foundation/units.ts';
import type { Plan, StagePlan } from './plan.ts';
import { stageOf } from './rules.ts';
import { PLACEHOLDER } from './waiver.ts';

/** "Within a couple of hours", as the specification has it. */
export const TWO_HOURS: Millis = 120 * 60_000;

/**
 * From a push to the last bake in Prod when all goes well, without the wait for an approval: the stages before Prod
 * by their budgets, since nobody knows how long their commands take, and Prod by its bakes.
 */
export function predictedDuration(plan: Plan): Millis {
  const before = plan.stages.filter(({ name }) => name !== 'prod').reduce((total, stage) => total + Math.max(stage.budgetMs, bakeTime(stage)), 0);
  const prod = plan.stages.find(({ name }) => name === 'prod');
  return before + (prod ? bakeTime(prod) : 0);
}

/** The least time that a stage's waves, one after the other, and its watching of alarms take. */
function bakeTime(stage: StagePlan): Millis {
  const bakes = stage.waves.flatMap((wave) => wave.steps.map((step) => step.bake.minTimeMs));
  const watching = stage.actions.map(({ kind, input }) => (kind === 'alarms' ? Number((input as { minTimeMs?: unknown }).minTimeMs ?? 0) : 0));
  return bakes.reduce((total, bake) => total + bake, 0) + Math.max(0, ...watching);
}

/** What is allowed and yet probably not meant. Shown by `trunkline check`. */
export function warningsOf(plan: Plan): readonly string[] {
  const [beta, gamma, prod] = [stageOf(plan, 'beta'), stageOf(plan, 'gamma'), stageOf(plan, 'prod')];
  const predicted = predictedDuration(plan);
  const limit = plan.budgets?.totalMs ?? TWO_HOURS;
  return [
    ...(predicted > limit ? [`a change takes ${formatDuration(predicted)} from push to production, more than ${limit === TWO_HOURS ? 'two hours' : formatDuration(limit)}: shorten the bakes of prod.deploy`] : []),
    ...(bakeTime(prod) > prod.budgetMs ? [`the bakes of prod.deploy add up to ${formatDuration(bakeTime(prod))}, over Prod's ${formatDuration(prod.budgetMs)}`] : []),
    ...plan.waivers.filter(({ reason }) => reason.includes(PLACEHOLDER)).map(({ row }) => `${row} is waived, and nobody has said why yet`),
    ...(plan.waivers.some(({ row }) => row === 'build.package') ? ['build.package is waived: there is nothing to deploy, so every run ends at Beta'] : []),
    ...[beta, gamma, prod].flatMap(silentAlarms),
    ...lateAlarms(gamma),
  ];
}

/** Alarms on a probe that runs too seldom for a point to count. */
function silentAlarms({ environment }: StagePlan): readonly string[] {
  return (environment?.alarms ?? []).flatMap((alarm) => {
    const { signal } = alarm;
    const probe = signal.type === 'probe' ? environment?.probes.find(({ name }) => name === signal.probe) : undefined;
    const runs = probe ? Math.floor(alarm.everyMs / probe.everyMs) : Infinity;
    return runs < alarm.minRequests ? [`the alarm "${alarm.name}" of ${environment?.name} can never fire: its probe runs ${runs} times in ${formatDuration(alarm.everyMs)}, and a point needs ${alarm.minRequests}`] : [];
  });
}

/** Alarms that need longer to fire than Gamma watches them. */
function lateAlarms(gamma: StagePlan): readonly string[] {
  const watched = bakeTime(gamma);
  if (!gamma.actions.some(({ kind }) => kind === 'alarms')) return [];
  return (gamma.environment?.alarms ?? []).flatMap(({ name, points, everyMs }) => {
    const needed = points[0] * everyMs;
    return needed > watched ? [`the alarm "${name}" needs ${formatDuration(needed)} to fire, and gamma.monitoring watches ${formatDuration(watched)}`] : [];
  });
}
