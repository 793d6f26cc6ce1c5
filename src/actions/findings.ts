import { TrunklineError, type ErrorRecord } from '../foundation/errors.ts';
import { textOf } from '../foundation/text.ts';
import type { RowId } from '../catalogue/rows.ts';
import { BASELINE, parseBaseline } from '../reports/baseline.ts';
import { judge, type Unlisted, type Verdict } from '../reports/judge.ts';
import type { Limits } from '../reports/names.ts';
import type { Finding, FindingsReport, Found, Suppression } from '../reports/report.ts';
import type { ActionContext, ActionResult } from './action.ts';

/** What was found, by whom and where, and what is allowed. */
export interface Findings {
  readonly found: readonly Found[];
  readonly tools: FindingsReport['tools'];
  readonly scope: readonly string[];
  readonly limits: Limits;
  readonly ignored?: ReadonlyMap<string, Suppression>;
  /** How many more there were, of which only the severity is known. */
  readonly unlisted?: Unlisted;
  /** The row that they are about, where one action serves several. */
  readonly row?: RowId;
  /** How a file of the commit is read, where it has been read already. */
  readonly read?: Read;
}

type Read = (path: string) => Promise<string | undefined>;

const MOST_KEPT = 10_000;
const MOST_NAMED = 20;
const LARGEST_BYTES = 16 * 1024 * 1024;

/** Judges what was found, keeps the report with the run, and says whether the action has passed. */
export async function conclude({ found, tools, scope, limits, ignored = new Map(), unlisted = {}, row, read: given }: Findings, context: ActionContext): Promise<ActionResult> {
  const read = given ?? await committed(new Set([BASELINE, ...found.flatMap(({ file }) => file ?? [])]), context);
  const verdict = judge(found, {
    limits, ignored, baseline: await baselineFor(row ?? context.row, read), linesOf: await linesOf(found, read),
    today: new Date(context.clock.wall()).toISOString().slice(0, 10),
  }, unlisted);
  await context.report({ type: 'findings', name: row ?? context.action, tools, scope, counts: verdict.counts, findings: verdict.findings.slice(0, MOST_KEPT) });
  for (const line of toldBy(verdict)) context.log(line);
  const forgiven = (standing: Finding['standing']): number => verdict.findings.filter((each) => each.standing === standing).length;
  const output = { findings: verdict.counts, known: forgiven('known'), suppressed: forgiven('suppressed') };
  const error = faultOf(verdict);
  return error ? { passed: false, error, output } : { passed: true, output };
}

/** Why it fails; undefined while no limit is broken. */
function faultOf({ findings, over }: Verdict): ErrorRecord | undefined {
  if (over.length === 0) return undefined;
  const broken = new Set(over.map(({ severity }) => severity));
  const counting = findings.filter(({ standing, severity }) => standing === 'counts' && broken.has(severity));
  const [first] = counting;
  const much = over.map(({ severity, count, limit }) => `${count} ${severity}${limit > 0 ? ` (${limit} allowed)` : ''}`).join(', ');
  return {
    code: 'FINDINGS_OVER_LIMIT', class: 'code', message: `${much}: ${first ? `${first.message} at ${placeOf(first)}` : ''}${counting.length > 1 ? `, and ${counting.length - 1} more` : ''}`,
    hint: 'correct it; or write beside it "trunkline-ignore RULE until YYYY-MM-DD: why"',
    lastLines: counting.slice(0, MOST_NAMED).map(describe),
  };
}

function toldBy({ findings }: Verdict): readonly string[] {
  return findings.slice(0, 200).map((each) => `${each.standing === 'counts' ? '' : `(${each.standing}) `}${describe(each)}`);
}

/** One line: where, how bad, which rule, what. */
export function describe(finding: Finding): string {
  return `${placeOf(finding)} ${finding.severity} ${finding.rule}: ${finding.message}${finding.note === undefined ? '' : ` (${finding.note})`}`;
}

function placeOf({ file, line }: Finding): string {
  return file === undefined ? 'the project' : `${file}${line === undefined ? '' : `:${line}`}`;
}

async function baselineFor(row: RowId, read: Read): Promise<ReadonlySet<string>> {
  const text = await read(BASELINE);
  if (text === undefined) return new Set();
  try {
    return new Set((parseBaseline(text).findings[row] ?? []).map(({ fingerprint }) => fingerprint));
  } catch {
    throw new TrunklineError('BASELINE_INVALID', 'code', `${BASELINE} is no baseline`, 'write it anew with "trunkline baseline", or delete it');
  }
}

/** Only of files in which something was found. */
async function linesOf(found: readonly Found[], read: Read): Promise<(file: string) => readonly string[] | undefined> {
  const files = new Map<string, readonly string[] | undefined>();
  for (const { file } of found) {
    if (file !== undefined && !files.has(file)) files.set(file, (await read(file))?.split(/\r?\n/));
  }
  return (file) => files.get(file);
}

/**
 * Reads files of the commit as git holds them: what forgives a finding must not come from a command of the build. None
 * that a person would not read.
 */
async function committed(paths: ReadonlySet<string>, { history, signal }: ActionContext): Promise<Read> {
  const texts = new Map<string, string>();
  for await (const { path, size, bytes } of history.files(signal, (each) => paths.has(each))) {
    if (size <= LARGEST_BYTES) texts.set(path, textOf(bytes));
  }
  return async (path) => texts.get(path);
}
