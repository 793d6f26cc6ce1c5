import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { ActionKind, ActionResult } from '../actions/action.ts';
import { TrunklineError, errorRecord, type ErrorRecord } from '../foundation/errors.ts';
import type { Json } from '../foundation/units.ts';
import type { ActionPlan, Plan } from '../pipeline/plan.ts';
import type { Report } from '../reports/report.ts';
import { openLog } from '../runner/log.ts';
import type { CommitHistory } from '../source/history.ts';
import type { Staged } from '../source/staged.ts';
import { isCode, type Concerned } from './concerned.ts';
import type { Modules } from './modules.ts';
import { narrowed, type StagedCommand } from './narrowed.ts';
import { ownContext } from './own-context.ts';

/** What an action came to, on what is staged. */
export interface HookCheck {
  readonly action: string;
  readonly row: string;
  /** `skipped`: nothing of what changed is its business. */
  readonly state: 'passed' | 'failed' | 'skipped' | 'waived';
  /** What was looked at, or why nothing was. */
  readonly scope: string;
  readonly durationMs: number;
  readonly reports: readonly Report[];
  readonly error?: ErrorRecord;
  readonly log?: string;
}

export interface BeforeCommit {
  readonly plan: Plan;
  readonly staged: Staged;
  /** The laid-out tree, with its modules where they could be linked. */
  readonly tree: string;
  readonly modules: Modules;
  readonly workTree: string;
  readonly logs: string;
  /** Loads a kind of action, when one is needed that works without a host. */
  readonly kind: (name: string) => Promise<ActionKind | undefined>;
  /** Code that has to be looked at with what changed, to follow what goes from file to file. */
  readonly related: () => Promise<readonly string[]>;
  readonly concerned: (tests: readonly string[] | undefined) => Promise<Concerned>;
  readonly signal: AbortSignal;
  readonly onCheck: (check: HookCheck) => void;
}

/** Rows of Build that work on sources; the rest is for `trunkline build`. */
const ROWS = ['build.secrets', 'build.sast', 'build.code-quality', 'build.unit-tests'];

/** Actions of Build that a commit does not wait for. */
export function leftFor(plan: Plan): readonly string[] {
  return buildOf(plan).filter(({ row }) => !ROWS.includes(row)).map(({ name }) => name);
}

function buildOf(plan: Plan): readonly ActionPlan[] {
  return plan.stages.find(({ name }) => name === 'build')?.actions ?? [];
}

/** Runs every Build action that works on sources, all at once, on what is staged. */
export async function checkStaged(commit: BeforeCommit): Promise<readonly HookCheck[]> {
  const waived = commit.plan.waivers.filter(({ row }) => ROWS.includes(row)).map(({ row, reason }): HookCheck => ({ action: row.slice('build.'.length), row, state: 'waived', scope: reason, durationMs: 0, reports: [] }));
  for (const each of waived) commit.onCheck(each);
  const actions = buildOf(commit.plan).filter(({ row }) => ROWS.includes(row));
  const checks = await Promise.all(actions.map(async (action) => {
    const check = await checkOne(action, commit);
    commit.onCheck(check);
    return check;
  }));
  return [...waived, ...checks];
}

async function checkOne(action: ActionPlan, commit: BeforeCommit): Promise<HookCheck> {
  const began = performance.now();
  const path = join(commit.logs, `${action.name}.log`);
  await rm(path, { force: true });
  const log = openLog(path, { secrets: [] });
  const reports: Report[] = [];
  const ended = (check: Pick<HookCheck, 'state' | 'scope'> & { readonly error?: ErrorRecord }): HookCheck => ({
    action: action.name, row: action.row, durationMs: Math.round(performance.now() - began), reports, ...check, ...(check.state === 'failed' ? { log: path } : {}),
  });
  let scope = `${commit.staged.changed.length} changed ${commit.staged.changed.length === 1 ? 'file' : 'files'}`;
  try {
    const kind = await commit.kind(action.kind);
    if (!kind) return ended({ state: 'skipped', scope: `actions of kind "${action.kind}" are left for "trunkline build"` });
    const part = await partOf(action, commit);
    if ('nothing' in part) return ended({ state: 'skipped', scope: part.nothing });
    scope = part.scope ?? scope;
    const input = kind.input.safeParse(part.input);
    if (!input.success) throw new TrunklineError('INPUT_INVALID', 'usage', `build.${action.name}: ${input.error.issues.map((issue) => `${issue.path.join('.')}: ${issue.message}`).join('; ')}`, 'correct trunkline.config.ts');
    const { plan, tree, workTree, staged, signal } = commit;
    const result: ActionResult = await kind.run(input.data, ownContext({ plan, action, tree, workTree, history: historyOf(staged, part.files ?? staged.changed), log, signal, onReport: (report) => void reports.push(report), isQuick: part.isQuick }));
    return result.passed ? ended({ state: 'passed', scope }) : ended({ state: 'failed', scope, error: result.error });
  } catch (thrown) {
    commit.signal.throwIfAborted();
    return ended({ state: 'failed', scope, error: errorRecord(thrown) });
  } finally {
    await log.close();
  }
}

type Part = { readonly nothing: string } | { readonly input: Json; readonly isQuick: boolean; readonly scope?: string; /** By default those that changed. */ readonly files?: readonly string[] };

/** The input of an action, narrowed to what changed. */
async function partOf(action: ActionPlan, { staged, modules, related, concerned }: BeforeCommit): Promise<Part> {
  const input = action.input as { readonly [field: string]: Json };
  if (action.kind !== 'shell' && staged.changed.length === 0) return { nothing: 'no file changed that is still there' };
  if (action.kind === 'secretlint') return { input: { ...input, history: false }, isQuick: true };
  if (action.kind === 'static-analysis') {
    const code = staged.changed.filter(isCode);
    if (code.length === 0) return { nothing: 'no code changed' };
    const files = await related();
    return { input, isQuick: true, files, scope: `${code.length} changed ${code.length === 1 ? 'file' : 'files'} of code, and ${files.length - code.length} with them` };
  }
  if (action.kind !== 'shell') return { input, isQuick: true };
  const { staged: quick, prepare, ...whole } = input as { readonly staged?: StagedCommand; readonly prepare?: string };
  const linked = typeof modules === 'string';
  const part = quick ? await narrowed(quick, staged.changed, () => concerned(quick.tests)) : { whole: 'as in Build; "staged" in trunkline.config.ts would make it quicker' };
  if ('nothing' in part) return part;
  if (!linked && prepare === undefined) throw new TrunklineError('MODULES_DIFFER', 'usage', `the modules in the work tree are not what the staged lock file asks for: ${modules.differs}`, 'run "npm ci", or stage the lock file as it is; or give the action "prepare", which then runs here');
  const prepared = linked || prepare === undefined ? {} : { prepare };
  if ('whole' in part) return { input: { ...whole, ...prepared }, scope: part.whole, isQuick: false };
  return { input: { ...promisedBy(whole, part.command), ...prepared, command: part.command }, scope: part.scope, isQuick: true };
}

/** Of the reports, those that the shorter command names; coverage of a part of the tests is none. */
function promisedBy({ junit, findings, limits }: { readonly junit?: string; readonly findings?: { readonly [format: string]: string }; readonly limits?: Json }, command: string): { readonly [field: string]: Json } {
  const named = Object.fromEntries(Object.entries(findings ?? {}).filter(([, file]) => command.includes(file)));
  return { ...(junit !== undefined && command.includes(junit) ? { junit } : {}), ...(Object.keys(named).length > 0 ? { findings: named, limits: limits ?? {} } : {}) };
}

/** To an action that reads the commit's files, these are all that there are. */
function historyOf(staged: Staged, files: readonly string[]): CommitHistory {
  return {
    changedLines: () => staged.changedLines(),
    files: (_signal, isWanted = () => true) => staged.read(files.filter(isWanted)),
    versions: async function* () { /* history is left for "trunkline build" */ },
  };
}
