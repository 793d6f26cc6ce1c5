import { rows, type RowId } from '../catalogue/rows.ts';
import { WHOLE } from '../foundation/units.ts';
import { fieldOf } from './field.ts';
import { mayStand, rowsOf, TESTING_KINDS } from './kinds.ts';
import { approvalInput, type ActionPlan, type Plan, type StageName, type StagePlan } from './plan.ts';
import { FIRST_EXPOSURE } from './waves.ts';

/** What is wrong with a plan, and the field of `application(…)` that it is about. */
export interface Fault {
  readonly field: string;
  readonly message: string;
}

/** The stages that a commit describes, in their order; Source is built in. */
export const plannedStages = ['build', 'beta', 'gamma', 'prod'] as const satisfies readonly StageName[];

const DEPLOYING: readonly StageName[] = ['beta', 'gamma', 'prod'];
/** Kinds that are the pipeline's own: one of each in a deploying stage, under this row, and nowhere else. */
const BACKBONE = [['verify', 'deploy'], ['launch', 'launch'], ['rollout', 'deploy']] as const;

/**
 * What a well-formed plan must hold to be let near production. The plan is a commit's word, and a commit need not have
 * used `application(…)`: so these rules look at the data alone, and hold for both.
 */
export function faultsOf(plan: Plan): readonly Fault[] {
  const names = plan.stages.map((stage) => stage.name);
  if (names.join() !== plannedStages.join()) return [{ field: 'stages', message: `they must be ${plannedStages.join(', ')}, in this order; they are ${names.join(', ') || 'none'}` }];
  return [
    ...waiverFaults(plan),
    ...plan.stages.flatMap((stage) => [...actionFaults(stage), ...(DEPLOYING.includes(stage.name) ? deployFaults(stage) : buildFaults(stage))]),
    ...rowFaults(plan),
    ...approvalFaults(stageOf(plan, 'prod')),
    ...regionFaults(plan),
    ...progressFaults(plan),
  ];
}

/** These are what Trunkline is, or what keeps a stranger's artifact out of production. */
export function isWaivable(row: RowId): boolean {
  return !/^(pipeline|metric)\.|^prod\.approval$|\.launch$|^(beta|gamma)\.deploy$/.test(row);
}

export function stageOf(plan: Plan, name: StageName): StagePlan {
  const stage = plan.stages.find((candidate) => candidate.name === name);
  if (!stage) throw new RangeError(`the plan has no stage ${name}`);
  return stage;
}

function waiverFaults(plan: Plan): readonly Fault[] {
  const waived = plan.waivers.map(({ row }) => row);
  return waived.flatMap((row, index) => {
    if (!isWaivable(row)) return [{ field: fieldOf(row), message: `${row} can't be waived` }];
    if (waived.indexOf(row) !== index) return [{ field: fieldOf(row), message: `${row} is waived twice` }];
    return [];
  });
}

function actionFaults(stage: StagePlan): readonly Fault[] {
  return stage.actions.flatMap((action) => {
    const field = `${stage.name}.${action.name}`;
    if (!action.row.startsWith(`${stage.name}.`)) return [{ field, message: `it stands in ${stage.name} and can't be ${action.row}` }];
    const served = rowsOf(action.kind);
    if (served.length === 0) return [{ field, message: `there is no action of kind "${action.kind}"` }];
    if (!mayStand(action.kind, stage.name)) return [{ field, message: `an action of kind ${action.kind} has no place in ${stage.name}: it serves ${served.join(', ')}` }];
    if (!served.includes(action.row)) return [{ field, message: `an action of kind ${action.kind} can't be ${action.row}: it serves ${served.join(', ')}` }];
    return [];
  });
}

/** Build touches no environment, and makes one artifact at the most: what is verified, approved and released is that one. */
function buildFaults(stage: StagePlan): readonly Fault[] {
  const field = 'build.package';
  const packages = stage.actions.filter(({ kind }) => kind === 'archive');
  return [
    ...(packages.length > 1 ? [{ field, message: `one action packages, and here ${packages.map(({ name }) => `"${name}"`).join(' and ')} do` }] : []),
    ...(stage.environment || stage.waves.length > 0 ? [{ field: stage.name, message: 'it deploys nothing: it can have neither an environment nor waves' }] : []),
  ];
}

function deployFaults(stage: StagePlan): readonly Fault[] {
  const field = `${stage.name}.environment`;
  if (stage.environment?.name !== stage.name) return [{ field, message: `it must be the environment named "${stage.name}"; it is ${stage.environment ? `"${stage.environment.name}"` : 'missing'}` }];
  const kinds = (kind: string): readonly ActionPlan[] => stage.actions.filter((action) => action.kind === kind);
  for (const [kind, row] of BACKBONE) {
    const [only, other] = kinds(kind);
    const expected = kind === 'launch' && stage.name === 'prod' ? 'prod.deploy' : `${stage.name}.${row}`;
    if (!only || other || only.row !== expected) return [{ field, message: `there must be one action of kind ${kind}, for ${expected}` }];
  }
  const [verify] = kinds('verify') as [ActionPlan];
  const unverified = stage.actions.find((action) => action !== verify && action.kind !== 'approval' && !needs(stage, action, verify));
  if (unverified) return [{ field: `${stage.name}.${unverified.name}`, message: 'it must need "verify": nothing may happen in an environment before the signature is verified' }];
  const [rollout, launch] = [...kinds('rollout'), ...kinds('launch')] as [ActionPlan, ActionPlan];
  if (!needs(stage, rollout, launch)) return [{ field, message: `"${rollout.name}" must need "${launch.name}"` }];
  const late = kinds('dbmate').find((migration) => !needs(stage, rollout, migration) || !needs(stage, migration, launch));
  if (late) return [{ field: `${stage.name}.${late.name}`, message: `it must need "${launch.name}", and "${rollout.name}" must need it: a release meets a database that is ready for it` }];
  const early = stage.actions.find((action) => TESTING_KINDS.has(action.kind) && !needs(stage, action, rollout));
  if (early) return [{ field: `${stage.name}.${early.name}`, message: `it must need "${rollout.name}": before that it would look at the release that is there already` }];
  return [...lockFaults(stage), ...environmentFaults(stage), ...databaseFaults(stage)];
}

/** Two runs at once in one environment would each move the traffic of the other. */
function lockFaults({ name, mode }: StagePlan): readonly Fault[] {
  return mode === 'parallel' ? [{ field: 'concurrency', message: `${name} lets one run in at a time: it is "superseded" or "queued", and can't be "parallel"` }] : [];
}

function environmentFaults({ name, environment }: StagePlan): readonly Fault[] {
  const field = `${name}.environment`;
  const { probes = [], alarms = [], settings = {}, secrets = [] } = environment ?? {};
  const known = new Set(probes.map((probe) => probe.name));
  const twice = known.size < probes.length ? [{ field, message: 'two probes have the same name' }] : [];
  const variables = [...Object.keys(settings), ...secrets];
  const set = variables.find((variable, index) => variables.indexOf(variable) !== index);
  const clash = set === undefined ? [] : [{ field, message: `${set} is set twice, among the settings and secrets` }];
  return [...twice, ...clash, ...alarms.flatMap((alarm, index) => {
    if (alarms.findIndex((other) => other.name === alarm.name) !== index) return [{ field, message: `two alarms are named "${alarm.name}"` }];
    if (alarm.signal.type === 'probe' && !known.has(alarm.signal.probe)) return [{ field, message: `alarm "${alarm.name}" watches the probe "${alarm.signal.probe}", which ${name} does not have${known.size > 0 ? `; it has ${[...known].map((probe) => `"${probe}"`).join(', ')}` : ''}` }];
    return [];
  })];
}

function databaseFaults(stage: StagePlan): readonly Fault[] {
  const migrates = stage.actions.some((action) => action.row === `${stage.name}.database`);
  if (!migrates || stage.environment?.database !== 'none') return [];
  return [{ field: `${stage.name}.database`, message: `the environment ${stage.name} has no database; give it one with database: postgres(), or leave this out` }];
}

/** Each row that the specification requires of a stage is done or waived, and not both. */
function rowFaults(plan: Plan): readonly Fault[] {
  const done = new Set<string>(plan.stages.flatMap((stage) => stage.actions.map((action) => action.row)));
  const waived = new Set<string>(plan.waivers.map(({ row }) => row));
  return rows.flatMap(({ id, section, level }) => {
    const field = fieldOf(id);
    if (id !== 'prod.deploy' && waived.has(id) && done.has(id)) return [{ field, message: `${id} is both done and waived` }];
    const here = done.has(id) || waived.has(id) || (id === 'local.pre-commit-hooks' && (plan.source[id]?.length ?? 0) > 0);
    const expected = (plannedStages as readonly string[]).includes(section) || id === 'local.pre-commit-hooks';
    return expected && level === 'required' && !here ? [{ field, message: `${id} is required; add it, or write waive("reason")` }] : [];
  });
}

function approvalFaults(prod: StagePlan): readonly Fault[] {
  const field = 'prod.approval';
  const approvals = prod.actions.filter((action) => action.kind === 'approval' || action.row === 'prod.approval');
  const [approval] = approvals;
  if (!approval || approvals.length > 1 || approval.kind !== 'approval' || approval.row !== 'prod.approval') return [{ field, message: 'there must be exactly one approval(…)' }];
  const input = approvalInput.safeParse(approval.input);
  if (!input.success) return [{ field, message: input.error.issues.map((issue) => `${issue.path.join('.') || 'its input'}: ${issue.message}`).join('; ') }];
  const early = prod.actions.find((action) => action !== approval && !needs(prod, action, approval));
  return early ? [{ field, message: `"${early.name}" must need the approval: nothing happens in Prod before it` }] : [];
}

function regionFaults(plan: Plan): readonly Fault[] {
  const [gamma, prod] = [stageOf(plan, 'gamma').environment?.regions ?? [], stageOf(plan, 'prod').environment?.regions ?? []];
  const untested = prod.filter((region) => !gamma.includes(region));
  const fault = { field: 'gamma.environment', message: `it must have every region that prod has; ${untested.join(', ')} ${untested.length === 1 ? 'is' : 'are'} missing` };
  return [...(untested.length > 0 ? [fault] : []), ...plan.stages.filter(({ name }) => DEPLOYING.includes(name)).flatMap(coverageFaults)];
}

function coverageFaults({ name, environment, waves }: StagePlan): readonly Fault[] {
  const field = name === 'prod' ? 'prod.deploy' : `${name}.environment`;
  const [regions, reached] = [environment?.regions ?? [], waves.flatMap((wave) => wave.regions)];
  const strange = reached.find((region) => !regions.includes(region));
  if (strange !== undefined) return [{ field, message: `a wave has the region "${strange}", which ${name} does not have; it has ${regions.join(', ')}` }];
  const twice = reached.find((region, index) => reached.indexOf(region) !== index);
  if (twice !== undefined) return [{ field, message: `the region "${twice}" is in two waves` }];
  const left = regions.filter((region) => !reached.includes(region));
  if (left.length > 0) return [{ field, message: `no wave reaches ${left.join(', ')}` }];
  return waves.flatMap(({ name: wave, steps }) => {
    const rising = steps.every((step, index) => step.weight > (steps[index - 1]?.weight ?? 0)) && steps.at(-1)?.weight === WHOLE;
    const lasting = steps.every(({ bake }) => bake.maxTimeMs >= bake.minTimeMs);
    return [
      ...(rising ? [] : [{ field, message: `the steps of the wave "${wave}" must rise and end with the whole` }]),
      ...(lasting ? [] : [{ field, message: `in the wave "${wave}" a bake's maxTime is shorter than its minTime` }]),
    ];
  });
}

/** What makes a deployment to production progressive. A waiver of `prod.deploy` is a waiver of exactly this. */
function progressFaults(plan: Plan): readonly Fault[] {
  const field = 'prod.deploy';
  const { waves, environment } = stageOf(plan, 'prod');
  if (plan.waivers.some(({ row }) => row === field)) return [];
  const faults: Fault[] = [];
  const [firstWave] = waves;
  if (firstWave && firstWave.regions.length > 1 && (environment?.regions.length ?? 0) > 1) faults.push({ field, message: `the first wave "${firstWave.name}" must be one region: a bad release must meet few` });
  waves.forEach((wave, index) => {
    const before = waves[index - 1];
    const [lowest] = wave.steps;
    if (before && wave.regions.length < before.regions.length) faults.push({ field, message: `the wave "${wave.name}" is smaller than "${before.name}" before it; waves may only grow` });
    if (wave.riskAccepted !== undefined || !lowest) return;
    if (lowest.weight === WHOLE) faults.push({ field, message: `the wave "${wave.name}" moves all traffic at once; use canary or linear, or say riskAccepted: "why"` });
    else if (index === 0 && lowest.weight > FIRST_EXPOSURE) faults.push({ field, message: `the first step of the wave "${wave.name}" may be at most a tenth of the traffic; or say riskAccepted: "why"` });
  });
  return faults;
}

/** Whether `action` only starts once `needed` has passed. */
function needs(stage: StagePlan, action: ActionPlan, needed: ActionPlan): boolean {
  const byName = new Map(stage.actions.map((candidate) => [candidate.name, candidate]));
  const seen = new Set<string>();
  const reach = (name: string): boolean => {
    if (name === needed.name) return true;
    if (seen.has(name)) return false;
    seen.add(name);
    return (byName.get(name)?.needs ?? []).some(reach);
  };
  return action.needs.some(reach);
}
