/**
 * The plan: what a pipeline is, as plain JSON. `trunkline.config.ts` is code and yields a plan; the plan is
 * validated here, stored as an artifact, and its digest says which pipeline a run obeyed.
 */
import { z } from 'zod';
import { rowIds, type RowId } from '../catalogue/rows.ts';
import { digestOfJson, isDigest } from '../foundation/digest.ts';
import { TrunklineError } from '../foundation/errors.ts';
import { WHOLE, type Digest, type Json } from '../foundation/units.ts';
import { jsonFault } from './plain-json.ts';
import { dataFault, globFault, isBranch, isInside, isReserved, LABEL, labelFault, LONGEST, LONGEST_RULE, METRIC, METRIC_RULE, MOST, NAME, NAME_RULE, VARIABLE, VARIABLE_RULE } from './shape.ts';

const name = z.string().regex(NAME, NAME_RULE);
const millis = z.int().nonnegative().max(LONGEST, LONGEST_RULE);
const count = z.int().min(1).max(MOST);
/** What people read or a command line takes: not blank, and no NUL. */
const text = (limit: number) => z.string().max(limit).refine((written) => written.trim() !== '' && !written.includes('\0'), 'write a text that is not empty');
const path = z.string().regex(/^\/[^\s\0]*$/, 'write a path that starts with "/"').max(4_096);

const row = z.enum(rowIds as [RowId, ...RowId[]]);
const basisPoints = z.int().min(0).max(WHOLE);
const json: z.ZodType<Json> = z.json();
const relativePath = z.string().refine(isInside, 'write a path inside the repository');
const variable = z.string().regex(VARIABLE, VARIABLE_RULE).refine((text) => !isReserved(text), 'Trunkline sets this one itself');

/** One use of an action kind. `needs` names actions of the same stage; `attempts` counts the first one. */
export const actionPlan = z.strictObject({
  name,
  row,
  kind: name,
  input: json,
  needs: z.array(name),
  timeoutMs: millis.min(1),
  retry: z.strictObject({ attempts: z.int().min(1).max(10), backoffMs: millis.max(3_600_000, 'write at most 1h') }),
});

const metric = z.string().regex(METRIC, METRIC_RULE);
const counter = z.strictObject({ metric, labels: z.record(z.string().regex(LABEL, METRIC_RULE), without(labelFault)) });

/** Labels are matched whole; a value written `/…/` is a regular expression. */
export const signalPlan = z.discriminatedUnion('type', [
  z.strictObject({ type: z.literal('share'), of: counter, within: counter }),
  z.strictObject({ type: z.literal('quantile'), histogram: counter, q: z.number().gt(0).lt(1) }),
  z.strictObject({ type: z.literal('rate'), counter }),
  z.strictObject({ type: z.literal('probe'), probe: text(80) }),
]);

/** Fires when `points[0]` of the last `points[1]` points, each `everyMs` long, lie above `above`. */
export const alarmPlan = z.strictObject({
  name: text(80),
  signal: signalPlan,
  above: z.number(),
  points: z.tuple([z.int().min(1).max(1_000), z.int().min(1).max(1_000)]).refine(([m, n]) => m <= n, 'm of n needs m <= n'),
  everyMs: millis.min(100),
  /** A point that rests on fewer requests is neither good nor bad. */
  minRequests: count,
});

export const probePlan = z.strictObject({ name: text(80), file: relativePath, everyMs: millis.min(50) });

export const environmentPlan = z.strictObject({
  name,
  driver: z.literal('processes'),
  regions: z.array(name).min(1).max(64).refine((regions) => new Set(regions).size === regions.length, 'each region once'),
  instances: z.int().min(1).max(256),
  /** The command that starts one instance, in the artifact's folder; it listens on `PORT`. */
  run: text(4_096),
  health: path,
  metrics: path,
  database: z.enum(['postgres', 'none']),
  /** Where instances see the folder that outlives them; without it there is none. */
  data: without(dataFault).optional(),
  /** Plain settings of every instance; secrets are named, never written. */
  settings: z.record(variable, z.string().max(32_768).refine((value) => !value.includes('\0'), 'it holds a NUL character')),
  secrets: z.array(variable).max(256),
  startTimeoutMs: millis.min(1),
  drainMs: millis,
  probes: z.array(probePlan).max(64),
  alarms: z.array(alarmPlan).max(64),
});

/** All must hold before a step is left: time, requests that reached the new release, and no alarm. */
export const bakePlan = z.strictObject({
  minTimeMs: millis,
  minRequests: z.int().min(0).max(MOST),
  /** After this, a step that still lacks requests is inconclusive. */
  maxTimeMs: millis,
  onInsufficientData: z.enum(['hold', 'rollback']),
});

export const stepPlan = z.strictObject({ weight: basisPoints.min(1), bake: bakePlan });

/** One wave of regions; every region of it climbs the same steps, the last of which is the whole. */
export const wavePlan = z.strictObject({
  name: text(80),
  regions: z.array(name).min(1).max(64),
  steps: z.array(stepPlan).min(1).max(101),
  /** Why more than a tenth of the traffic may meet the release first; shown to whoever approves. */
  riskAccepted: text(500).optional(),
});

export const stageNames = ['source', 'build', 'beta', 'gamma', 'prod'] as const;
export type StageName = (typeof stageNames)[number];

export const stagePlan = z.strictObject({
  name: z.enum(stageNames),
  budgetMs: millis,
  /** `parallel`: every run at once. `superseded`: one inside, one waiting, the newest wins. `queued`: first in, first out. */
  mode: z.enum(['parallel', 'superseded', 'queued']),
  environment: environmentPlan.optional(),
  /** How the stage's `deploy` action moves traffic. */
  waves: z.array(wavePlan).max(64),
  actions: z.array(actionPlan).max(100),
});

export const approvalInput = z.strictObject({
  by: z.array(text(100)).min(1).max(64).refine((groups) => new Set(groups).size === groups.length, 'each group once'),
  atLeast: z.int().min(1).max(100),
  expiresMs: millis.min(1),
});

export const planSchema = z.strictObject({
  version: z.literal(1),
  application: name,
  trunk: z.string().refine(isBranch, 'write the name of a branch'),
  /** Which of the repository's files are what a row asks for, where the default places are not meant. */
  source: z.partialRecord(row, z.array(without(globFault))),
  stages: z.array(stagePlan).max(stageNames.length),
  /** From the push to the last bake, where it is not two hours; and whether a run ends that takes longer than its stages may. */
  budgets: z.strictObject({ totalMs: millis.min(1).optional(), enforce: z.boolean() }).optional(),
  waivers: z.array(z.strictObject({ row, reason: text(500) })).max(rowIds.length),
  /** Of the programs that Trunkline starts itself for these actions, which they were: the host's word, never the commit's. */
  tools: z.array(z.strictObject({ name, version: text(80), digest: z.custom<Digest>((value) => typeof value === 'string' && isDigest(value), 'write a digest') })).max(64).optional(),
});

export type ActionPlan = z.infer<typeof actionPlan>;
export type SignalPlan = z.infer<typeof signalPlan>;
export type AlarmPlan = z.infer<typeof alarmPlan>;
export type ProbePlan = z.infer<typeof probePlan>;
export type EnvironmentPlan = z.infer<typeof environmentPlan>;
export type BakePlan = z.infer<typeof bakePlan>;
export type WavePlan = z.infer<typeof wavePlan>;
export type StagePlan = z.infer<typeof stagePlan>;
export type ApprovalInput = z.infer<typeof approvalInput>;
export type Plan = z.infer<typeof planSchema>;

/**
 * Proves that a value is a plan: bounded in size, of the right shape, its `needs` in order. Whether it is a pipeline
 * that Trunkline lets into production is for `rules.ts` to say.
 * @throws {TrunklineError} `PLAN_INVALID`, naming the path of every field at fault.
 */
export function parsePlan(value: unknown): Plan {
  const fault = jsonFault(value);
  if (fault !== undefined) throw planInvalid([fault]);
  const parsed = planSchema.safeParse(value);
  if (!parsed.success) throw planInvalid(parsed.error.issues.map((issue) => `${issue.path.join('.') || 'plan'}: ${issue.message}`));
  for (const stage of parsed.data.stages) ordered(stage);
  return parsed.data;
}

export function planDigest(plan: Plan): Digest {
  return digestOfJson(plan as unknown as Json);
}

/** Ten faults are enough to begin with. */
export function planInvalid(faults: readonly string[]): TrunklineError {
  const more = faults.length > 10 ? `; and ${faults.length - 10} more` : '';
  return new TrunklineError('PLAN_INVALID', 'usage', `the pipeline is not valid: ${faults.slice(0, 10).join('; ')}${more}`, 'correct trunkline.config.ts and run "trunkline check"');
}

/** Proves that `needs` names existing actions of the stage and has no circle: each round takes what waits for nothing. */
function ordered(stage: StagePlan): void {
  const waiting = new Map(stage.actions.map((action) => [action.name, new Set(action.needs)]));
  if (waiting.size !== stage.actions.length) throw planInvalid([`${stage.name}: two actions have the same name`]);
  for (const action of stage.actions) {
    const unknown = action.needs.find((need) => !waiting.has(need));
    if (unknown !== undefined) throw planInvalid([`${stage.name}.${action.name} needs "${unknown}", which is no action of that stage`]);
  }
  for (;;) {
    const free = [...waiting].filter(([, needs]) => needs.size === 0).map(([action]) => action);
    if (free.length === 0) break;
    for (const action of free) waiting.delete(action);
    for (const needs of waiting.values()) for (const action of free) needs.delete(action);
  }
  if (waiting.size > 0) throw planInvalid([`${stage.name}: needs go in a circle: ${circle(waiting).join(' -> ')}`]);
}

/** Every action here needs another one here, so following the needs comes back to one that was passed. */
function circle(waiting: ReadonlyMap<string, ReadonlySet<string>>): readonly string[] {
  const path: string[] = [];
  let at = waiting.keys().next().value as string;
  while (!path.includes(at)) {
    path.push(at);
    at = waiting.get(at)?.values().next().value as string;
  }
  return [...path.slice(path.indexOf(at)), at];
}

/** A text in which `fault` finds nothing wrong. */
function without(fault: (text: string) => string | undefined) {
  return z.string().check((context) => {
    const message = fault(context.value);
    if (message !== undefined) context.issues.push({ code: 'custom', message, input: context.value });
  });
}
