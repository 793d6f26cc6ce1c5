import { rows, type RowId } from '../catalogue/rows.ts';
import { formatDuration, type Digest } from '../foundation/units.ts';
import { fieldOf } from './field.ts';
import { hollow } from './hollow.ts';
import { planDigest, type ActionPlan, type Plan, type StagePlan } from './plan.ts';
import { predictedDuration, TWO_HOURS, warningsOf } from './predicted.ts';
import { look } from './sources.ts';

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
}

export interface Check {
  readonly plan: Digest;
  /** Every row of the catalogue once, in its order. */
  readonly rows: readonly RowCheck[];
  readonly warnings: readonly string[];
}

export interface Checking {
  readonly plan: Plan;
  /** Every path that git tracks. */
  readonly files: readonly string[];
  /** The trunk's remote, where there is one. */
  readonly remote?: string;
  /** What an action needs and does not find here: asked of its kind. Present means it would run. */
  readonly missing: (action: ActionPlan, stage: StagePlan) => Promise<readonly string[]>;
}

/** Compares a plan and its repository with the specification, row by row. */
export async function checkPlan(checking: Checking): Promise<Check> {
  const { plan } = checking;
  const waived = new Map(plan.waivers.map(({ row, reason }) => [row, reason]));
  const checked = await Promise.all(rows.map(async ({ id, level }): Promise<RowCheck> => {
    const reason = waived.get(id);
    const place = /^(pipeline|metric)\./.test(id) ? {} : { where: fieldOf(id) };
    if (reason !== undefined) return { id, level, state: 'waived', reason, ...place };
    return { id, level, ...(await judge(id, checking)), ...place };
  }));
  return { plan: planDigest(plan), rows: checked, warnings: [...warningsOf(plan), ...remarks(checking)] };
}

/** Whether nothing required is missing: what decides the exit code. */
export function complete(check: Check): boolean {
  return check.rows.every(({ level, state }) => level !== 'required' || state !== 'missing');
}

type Judgement = Pick<RowCheck, 'state' | 'reason' | 'tool'>;

async function judge(id: RowId, checking: Checking): Promise<Judgement> {
  const given = givenByTrunkline(id, checking.plan);
  if (given) return given;
  if (id === 'source.access') return access(checking);
  if (/^(source|local)\./.test(id)) {
    const finding = look(id, checking.plan.source[id], checking.files);
    return 'found' in finding ? { state: 'present', tool: finding.found } : { state: 'missing', reason: finding.lacking };
  }
  return actions(id, checking);
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

/** A remote keeps who may do what; without one, the file permissions of this machine do. */
function access({ files, plan, remote }: Checking): Judgement {
  const declared = plan.source['source.access'];
  if (declared) {
    const finding = look('source.access', declared, files);
    return 'found' in finding ? { state: 'present', tool: finding.found } : { state: 'missing', reason: finding.lacking };
  }
  if (files.length === 0) return { state: 'missing', reason: 'git tracks no file here' };
  if (remote !== undefined) return { state: 'present', tool: withoutCredentials(remote) };
  return { state: 'present', tool: 'git', reason: LOCAL_ONLY };
}

const LOCAL_ONLY = 'the repository has no remote: only this machine\'s accounts and file permissions decide who may change the trunk';

function remarks({ plan, remote, files }: Checking): readonly string[] {
  const isLocal = remote === undefined && files.length > 0 && !plan.source['source.access'] && !plan.waivers.some(({ row }) => row === 'source.access');
  return isLocal ? [LOCAL_ONLY] : [];
}

/** A row is present when every action that serves it would run and means something. */
async function actions(id: RowId, { plan, missing }: Checking): Promise<Judgement> {
  const serving = plan.stages.flatMap((stage) => stage.actions.filter((action) => action.row === id).map((action) => ({ stage, action })));
  const [main] = serving.slice(-1);
  if (!main) return { state: 'missing', reason: 'nothing in the plan does it' };
  const lacks = (await Promise.all(serving.map(async ({ stage, action }) => [...empty(id, action, stage), ...(await missing(action, stage))]))).flat();
  if (lacks.length > 0) return { state: 'missing', reason: [...new Set(lacks)].join('; '), tool: toolOf(main.action) };
  return { state: 'present', tool: toolOf(main.action) };
}

/** What makes an action a mere name. */
function empty(id: RowId, { kind, input }: ActionPlan, { name, environment }: StagePlan): readonly string[] {
  const { command, junit, prepare } = (input ?? {}) as { readonly command?: unknown; readonly junit?: unknown; readonly prepare?: unknown };
  const faults = typeof command === 'string' ? [hollow(command)] : [];
  if (id === 'build.unit-tests' && typeof junit !== 'string') faults.push('its results are not read: name the JUnit file');
  if (typeof prepare === 'string' && prepare.trim() === '') faults.push('its prepare is empty');
  if ((kind === 'alarms' || id === 'prod.deploy') && environment?.alarms.length === 0) faults.push(`the environment ${name} has no alarm`);
  if (kind === 'probes' && environment?.probes.length === 0) faults.push(`the environment ${name} has no probe`);
  if (kind === 'launch' && environment) faults.push(hollow(environment.run));
  return faults.filter((fault) => fault !== undefined);
}

function toolOf({ kind, input }: ActionPlan): string {
  const { command, directory } = (input ?? {}) as { readonly command?: unknown; readonly directory?: unknown };
  if (typeof command === 'string') return kind === 'shell' ? command : `${kind}: ${command}`;
  return typeof directory === 'string' ? `${kind} ${directory}` : kind;
}

/** A remote's address may hold a token. */
function withoutCredentials(remote: string): string {
  return remote.replace(/^([a-z][a-z0-9+.-]*:\/\/)[^/@]*@/i, '$1');
}
