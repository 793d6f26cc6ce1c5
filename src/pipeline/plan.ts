/**
 * The plan: what a pipeline is, as plain JSON. `trunkline.config.ts` is code and yields a plan; the plan is
 * validated here, stored as an artifact, and its digest says which pipeline a run obeyed.
 */
import { z } from 'zod';
import { rowIds, type RowId } from '../catalogue/rows.ts';
import { digestOfJson } from '../foundation/digest.ts';
import { TrunklineError } from '../foundation/errors.ts';
import { WHOLE, type Digest, type Json } from '../foundation/units.ts';

const name = z.string().regex(/^[a-z][a-z0-9-]{0,62}$/, 'write lower-case letters, digits and dashes, a letter first');
const millis = z.int().nonnegative();
const row = z.enum(rowIds as [RowId, ...RowId[]]);
const basisPoints = z.int().min(0).max(WHOLE);
const json: z.ZodType<Json> = z.json();
const relativePath = z.string().min(1).max(4_096).refine((path) => !path.startsWith('/') && !path.split(/[\\/]/).includes('..') && !path.includes('\0'),
  'write a path inside the repository');

/** One use of an action kind. `needs` names actions of the same stage; `attempts` counts the first one. */
export const actionPlan = z.strictObject({
  name,
  row,
  kind: name,
  input: json,
  needs: z.array(name),
  timeoutMs: millis.min(1),
  retry: z.strictObject({ attempts: z.int().min(1).max(10), backoffMs: millis }),
});

const counter = z.strictObject({ metric: z.string().min(1), labels: z.record(z.string(), z.string()) });

/** Labels are matched whole; a value written `/…/` is a regular expression. */
export const signalPlan = z.discriminatedUnion('type', [
  z.strictObject({ type: z.literal('share'), of: counter, within: counter }),
  z.strictObject({ type: z.literal('quantile'), histogram: counter, q: z.number().gt(0).lt(1) }),
  z.strictObject({ type: z.literal('rate'), counter }),
  z.strictObject({ type: z.literal('probe'), probe: z.string().min(1) }),
]);

/** Fires when `points[0]` of the last `points[1]` points, each `everyMs` long, lie above `above`. */
export const alarmPlan = z.strictObject({
  name: z.string().min(1).max(80),
  signal: signalPlan,
  above: z.number(),
  points: z.tuple([z.int().min(1), z.int().min(1)]).refine(([m, n]) => m <= n, 'm of n needs m <= n'),
  everyMs: millis.min(100),
  /** A point that rests on fewer requests is neither good nor bad. */
  minRequests: z.int().min(1),
});

export const probePlan = z.strictObject({ name: z.string().min(1).max(80), file: relativePath, everyMs: millis.min(50) });

export const environmentPlan = z.strictObject({
  name,
  driver: z.literal('processes'),
  regions: z.array(name).min(1).max(64).refine((regions) => new Set(regions).size === regions.length, 'each region once'),
  instances: z.int().min(1).max(256),
  /** The command that starts one instance, in the artifact's folder; it listens on `PORT`. */
  run: z.string().min(1),
  health: z.string().startsWith('/'),
  metrics: z.string().startsWith('/'),
  database: z.enum(['postgres', 'none']),
  /** Plain settings of every instance; secrets are named, never written. */
  settings: z.record(z.string(), z.string()),
  secrets: z.array(z.string()),
  startTimeoutMs: millis.min(1),
  drainMs: millis,
  probes: z.array(probePlan),
  alarms: z.array(alarmPlan),
});

/** All must hold before a step is left: time, requests that reached the new release, and no alarm. */
export const bakePlan = z.strictObject({
  minTimeMs: millis,
  minRequests: z.int().min(0),
  /** After this, a step that still lacks requests is inconclusive. */
  maxTimeMs: millis,
  onInsufficientData: z.enum(['hold', 'rollback']),
});

export const stepPlan = z.strictObject({ weight: basisPoints.min(1), bake: bakePlan });

/** One wave of regions; every region of it climbs the same steps, the last of which is the whole. */
export const wavePlan = z.strictObject({
  name: z.string().min(1).max(80),
  regions: z.array(name).min(1),
  steps: z.array(stepPlan).min(1),
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
  waves: z.array(wavePlan),
  actions: z.array(actionPlan),
});

export const approvalInput = z.strictObject({
  by: z.array(z.string().min(1)).min(1),
  atLeast: z.int().min(1),
  expiresMs: millis.min(1),
});

export const planSchema = z.strictObject({
  version: z.literal(1),
  application: name,
  trunk: z.string().min(1).max(250),
  source: z.partialRecord(row, z.array(z.string().min(1))),
  stages: z.array(stagePlan),
  waivers: z.array(z.strictObject({ row, reason: z.string().min(1) })),
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

/** @throws {TrunklineError} `PLAN_INVALID`, naming the path of every field at fault. */
export function parsePlan(value: unknown): Plan {
  const parsed = planSchema.safeParse(value);
  if (!parsed.success) {
    const faults = parsed.error.issues.slice(0, 10).map((issue) => `${issue.path.join('.') || 'plan'}: ${issue.message}`);
    throw new TrunklineError('PLAN_INVALID', 'usage', `the pipeline is not valid: ${faults.join('; ')}`, 'correct trunkline.config.ts and run "trunkline check"');
  }
  for (const stage of parsed.data.stages) ordered(stage);
  return parsed.data;
}

export function planDigest(plan: Plan): Digest {
  return digestOfJson(plan as unknown as Json);
}

/** Proves that `needs` names existing actions and has no cycle. */
function ordered(stage: StagePlan): void {
  const byName = new Map(stage.actions.map((action) => [action.name, action]));
  if (byName.size !== stage.actions.length) throw invalid(`${stage.name}: two actions have the same name`);
  const done = new Set<string>();
  const visit = (action: ActionPlan, path: readonly string[]): void => {
    if (done.has(action.name)) return;
    if (path.includes(action.name)) throw invalid(`${stage.name}: needs go in a circle: ${[...path.slice(path.indexOf(action.name)), action.name].join(' -> ')}`);
    for (const need of action.needs) {
      const needed = byName.get(need);
      if (!needed) throw invalid(`${stage.name}.${action.name} needs "${need}", which is no action of that stage`);
      visit(needed, [...path, action.name]);
    }
    done.add(action.name);
  };
  for (const action of stage.actions) visit(action, []);
}

function invalid(message: string): TrunklineError {
  return new TrunklineError('PLAN_INVALID', 'usage', message, 'correct trunkline.config.ts and run "trunkline check"');
}
