import { rows, type RowId } from '../catalogue/rows.ts';
import { formatDuration, type Digest } from '../foundation/units.ts';
import { fieldOf } from './field.ts';
import { hollow, toothless } from './hollow.ts';
import { networksOf } from './network.ts';
import { planDigest, type ActionPlan, type Plan, type StagePlan } from './plan.ts';
import { beforeDeployment, builtAgain, noBillOfMaterials, publishedBeside, sharedWith, spelledOut } from './misuse.ts';
import type { Tool } from './tools.ts';
import { predictedDuration, TWO_HOURS, warningsOf } from './predicted.ts';
import { inspect, sourceLimits, type RowInspection } from '../inspection/inspect.ts';
import { foundAt, lackingAt, placeOf } from '../inspection/places.ts';
import type { Sources } from '../inspection/sources.ts';
import { roadsBeside } from '../inspection/roads.ts';
import { isAuthenticating } from '../inspection/transport.ts';
import { BASELINE, parseBaseline } from '../reports/baseline.ts';
import { judge } from '../reports/judge.ts';
import type { Finding } from '../reports/report.ts';

/** What `trunkline check` says about one row of the specification. */
export interface RowCheck {
  readonly id: RowId;
  readonly level: 'required' | 'recommended';
  readonly state: 'present' | 'missing' | 'waived';
  /** Why it is missing or waived; or what should be known although it is present. */
  readonly reason?: string;
  /** The row's place in the configuration, such as `build.unitTests`. */
  readonly where?: string;
  /** What would run, or what was found. */
  readonly tool?: string;
  /** What is wrong with the files that serve it, and what was forgiven. */
  readonly findings?: readonly Finding[];
}

export interface Check {
  readonly plan: Digest;
  /** Every row of the catalogue once, in its order. */
  readonly rows: readonly RowCheck[];
  /** Where the commands of each action may go. */
  readonly networks: ReturnType<typeof networksOf>;
  /** Those that Trunkline starts itself, as they are here. */
  readonly tools: readonly Tool[];
  readonly warnings: readonly string[];
}

export interface Checking {
  readonly plan: Plan;
  /** What git tracks. */
  readonly sources: Sources;
  /** `YYYY-MM-DD`, in UTC: suppressions end. */
  readonly today: string;
  /** The trunk's remote, where there is one. */
  readonly remote?: string;
  /** What an action needs and does not find here: asked of its kind. Present means it would run. */
  readonly missing: (action: ActionPlan, stage: StagePlan) => Promise<readonly string[]>;
}

/** Compares a plan and its repository with the specification, row by row. */
export async function checkPlan(checking: Checking): Promise<Check> {
  const { plan } = checking;
  const waived = new Map(plan.waivers.map(({ row, reason }) => [row, reason]));
  const inspected = new Map<RowId, RowInspection>(inspect(checking, checking.sources).map((each) => [each.row, each]));
  const checked = await Promise.all(rows.map(async ({ id, level: usual }): Promise<RowCheck> => {
    const reason = waived.get(id);
    const place = /^(pipeline|metric)\./.test(id) ? {} : { where: fieldOf(id) };
    const level = inspected.get(id)?.isRequired === true ? 'required' : usual;
    const contradiction = contradicted(id, checking);
    if (contradiction !== undefined) return { id, level, state: 'missing', ...contradiction, ...place };
    if (reason !== undefined) return { id, level, state: 'waived', reason, ...place };
    return { id, level, ...(await stateOf(id, checking, inspected.get(id))), ...place };
  }));
  return { plan: planDigest(plan), rows: checked, networks: networksOf(plan), tools: plan.tools ?? [], warnings: [...warningsOf(plan), ...remarks(checking)] };
}

/** Whether nothing required is missing: what decides the exit code. */
export function complete(check: Check): boolean {
  return check.rows.every(({ level, state }) => level !== 'required' || state !== 'missing');
}

type Judgement = Pick<RowCheck, 'state' | 'reason' | 'tool' | 'findings'>;

async function stateOf(id: RowId, checking: Checking, inspected: RowInspection | undefined): Promise<Judgement> {
  const given = givenByTrunkline(id, checking.plan);
  if (given) return given;
  if (inspected) return judged(inspected, checking);
  if (id.startsWith('local.')) {
    const place = placeOf(id, checking.plan.source[id], checking.sources.paths);
    return place.files.length > 0 ? { state: 'present', tool: foundAt(place) } : { state: 'missing', reason: lackingAt(place) };
  }
  return actions(id, checking);
}

/** A row of Source, by the same judgement as in a run. */
function judged({ row, what, found }: RowInspection, checking: Checking): Judgement {
  const { sources, today, remote } = checking;
  const { findings, over } = judge(found, {
    limits: sourceLimits, ignored: new Map(), baseline: baselineOf(row, sources), linesOf: (file) => sources.text(file)?.split(/\r?\n/), today,
  });
  const told = findings.length > 0 ? { findings } : {};
  const tool = what === undefined ? {} : { tool: what };
  if (over.length > 0) {
    const counting = findings.filter(({ standing }) => standing === 'counts');
    return { state: 'missing', reason: `${counting[0]?.message}${counting.length > 1 ? `; and ${counting.length - 1} more` : ''}`, ...tool, ...told };
  }
  if (row === 'source.access' && restsOnThisMachine(checking)) return { state: 'present', ...tool, reason: remote === undefined ? LOCAL_ONLY : LOCAL_REMOTE };
  return what === undefined ? { state: 'missing', reason: lackingAt(placeOf(row, checking.plan.source[row], sources.paths)) } : { state: 'present', ...tool, ...told };
}

function baselineOf(row: RowId, { text }: Sources): ReadonlySet<string> {
  const file = text(BASELINE);
  if (file === undefined) return new Set();
  try {
    return new Set((parseBaseline(file).findings[row] ?? []).map(({ fingerprint }) => fingerprint));
  } catch {
    return new Set(); // the run itself refuses a baseline that is none
  }
}

/** What the product is, whatever the configuration says; except for what the configuration can spoil. */
function givenByTrunkline(id: RowId, plan: Plan): Judgement | undefined {
  const by = (tool: string): Judgement => ({ state: 'present', tool });
  switch (id) {
    case 'pipeline.trunk-only': return by(`Source refuses commits that are not on ${plan.trunk}`);
    case 'pipeline.every-commit': return by('"trunkline up" runs every commit of the trunk');
    case 'pipeline.as-code': return by('trunkline.config.ts, read at the commit that it is about');
    case 'pipeline.two-hours': {
      const predicted = predictedDuration(plan);
      return predicted <= TWO_HOURS ? by(`predicted ${formatDuration(predicted)} from push to production`) : { state: 'missing', reason: `a change takes ${formatDuration(predicted)} from push to production; shorten the bakes of prod.deploy` };
    }
    case 'pipeline.stage-times': {
      const slow = plan.stages.find(({ name, budgetMs }) => budgetMs > (BUDGETS[name] ?? Infinity));
      return slow ? { state: 'missing', reason: `${slow.name} may take ${formatDuration(slow.budgetMs)}` } : by('budgets of the stages');
    }
    default: return id.startsWith('metric.') ? by('trunkline metrics') : undefined;
  }
}

const BUDGETS: { readonly [stage: string]: number } = { build: 600_000, beta: 1_800_000, gamma: 1_800_000 };

const LOCAL_ONLY = 'the repository has no remote: only this machine\'s accounts and file permissions decide who may change the trunk';
const LOCAL_REMOTE = 'the remote is a folder of this machine: its accounts and file permissions decide who may change the trunk';

/** A remote keeps who may do what; without one, the file permissions of this machine do. */
function restsOnThisMachine({ plan, remote, sources }: Checking): boolean {
  if (plan.source['source.access'] || sources.paths.length === 0 || plan.waivers.some(({ row }) => row === 'source.access')) return false;
  return remote === undefined || isAuthenticating(remote) === undefined;
}

function remarks(checking: Checking): readonly string[] {
  return restsOnThisMachine(checking) ? [checking.remote === undefined ? LOCAL_ONLY : LOCAL_REMOTE] : [];
}

/** What the configuration or the repository does beside a row, so that neither its action nor its waiver is the whole truth. */
function contradicted(id: RowId, { plan, sources }: Checking): Pick<RowCheck, 'reason' | 'findings'> | undefined {
  if (id === 'pipeline.trunk-only') {
    const roads = roadsBeside(plan.trunk, sources);
    const { findings } = judge(roads, { limits: sourceLimits, ignored: new Map(), baseline: new Set(), linesOf: () => undefined, today: '' });
    return findings[0] === undefined ? undefined : { reason: findings[0].message, findings };
  }
  const reason = id === 'build.package' ? publishedBeside(plan, sources) : undefined;
  return reason === undefined ? undefined : { reason };
}

/** A row is present when every action that serves it would run and means something. */
async function actions(id: RowId, { plan, sources, missing }: Checking): Promise<Judgement> {
  const serving = plan.stages.flatMap((stage) => stage.actions.filter((action) => action.row === id).map((action) => ({ stage, action })));
  const [main] = serving.slice(-1);
  if (!main) return { state: 'missing', reason: 'nothing in the plan does it' };
  const lacks = (await Promise.all(serving.map(async ({ stage, action }) => [...empty(id, action, stage, plan, sources), ...(await missing(action, stage))]))).flat();
  if (lacks.length > 0) return { state: 'missing', reason: [...new Set(lacks)].join('; '), tool: toolOf(main.action) };
  return { state: 'present', tool: toolOf(main.action) };
}

/** What makes an action a mere name. */
function empty(id: RowId, { kind, input }: ActionPlan, stage: StagePlan, plan: Plan, sources: Sources): readonly string[] {
  const { name, environment } = stage;
  const given = (input ?? {}) as { readonly command?: unknown; readonly junit?: unknown; readonly prepare?: unknown; readonly findings?: unknown; readonly sbom?: unknown };
  const { command, junit, prepare } = given;
  const faults: (string | undefined)[] = [];
  if (typeof command === 'string') {
    const full = spelledOut(command, sources);
    faults.push(hollow(command) ?? full.map(hollow).find((fault) => fault !== undefined), given.findings === undefined && junit === undefined ? toothless(full) : undefined);
    if (name === 'build') faults.push(beforeDeployment(full));
    if (id === 'build.sbom') faults.push(noBillOfMaterials(full, given.sbom, sources));
  }
  if (id === 'build.unit-tests' && typeof junit !== 'string') faults.push('its results are not read: name the JUnit file');
  if (typeof prepare === 'string' && prepare.trim() === '') faults.push('its prepare is empty');
  if ((kind === 'alarms' || id === 'prod.deploy') && environment?.alarms.length === 0) faults.push(`the environment ${name} has no alarm`);
  if (kind === 'probes' && environment?.probes.length === 0) faults.push(`the environment ${name} has no probe`);
  if (kind === 'launch' && environment) faults.push(hollow(environment.run), sharedWith(environment, plan));
  if (kind === 'rollout' && environment) faults.push(builtAgain(spelledOut(environment.run, sources)));
  return faults.filter((fault) => fault !== undefined);
}

function toolOf({ kind, input }: ActionPlan): string {
  const { command, directory } = (input ?? {}) as { readonly command?: unknown; readonly directory?: unknown };
  if (typeof command === 'string') return kind === 'shell' ? command : `${kind}: ${command}`;
  return typeof directory === 'string' ? `${kind} ${directory}` : kind;
}
