import { networkLines } from '../../pipeline/network.ts';
import { toolText } from '../../pipeline/tools.ts';
import { instantAt, type PipelineState, type Run } from '../../core/state.ts';
import { TrunklineError } from '../../foundation/errors.ts';
import { inShort } from '../../reports/in-short.ts';
import { problemsIn } from '../../reports/problems.ts';
import { approvalTold, describeApproval } from '../approval.ts';
import type { Session } from '../command.ts';
import { jumpText, subjectOf } from '../follow.ts';
import { problemLines } from '../report/problem-lines.ts';
import { reportedIn, tellingLines, type Reported } from '../report/reported.ts';
import { clockJumpsIn, summaryOf } from '../summary.ts';
import { treeOf, type Notes } from '../tree.ts';
import { paint } from '../text.ts';

/** Of a failed action; "trunkline report" has all. */
const FIRST = 5;
const FIRST_AS_DATA = 20;

/** `trunkline show [RUN]` */
export async function show({ terminal, json, product: open }: Session, _options: object, id?: string): Promise<void> {
  const product = await open();
  const state = product.state();
  const run = findRun(state, id);
  const reported = await reportedIn(product, run);
  if (json) return terminal.json(withReports(summaryOf(state, run, () => product.operators()), reported));
  for (const line of treeOf(run, subjectOf(state, run), instantAt(state, Date.now()), notesOf(run, reported))) terminal.print(line);
  for (const jump of clockJumpsIn(state, run)) terminal.print(paint('yellow', ` ${jumpText(jump.byMs)}, at ${new Date(jump.at).toISOString().slice(0, 19)}Z`));
  if (run.artifact) terminal.print(` artifact  ${run.artifact}`);
  if (run.plan) terminal.print(` plan      ${run.plan.digest}`);
  for (const tool of run.plan?.plan.tools ?? []) terminal.print(paint('dim', ` tool      ${toolText(tool)}`));
  for (const line of run.plan ? networkLines(run.plan.plan) : []) terminal.print(paint('dim', ` network   ${line}`));
  for (const { name, digest, stage } of run.evidence) terminal.print(` evidence  ${stage}: ${name} ${digest}`);
  for (const { by, user } of run.approval?.given ?? []) terminal.print(` approved  by ${by}${by === user ? '' : ` (${user})`}`);
  for (const { row, reason } of run.plan?.plan.waivers ?? []) terminal.print(paint('dim', ` waived    ${row}: ${reason}`));
  const told = approvalTold(state, run, () => product.operators());
  if (told) for (const line of describeApproval(run.id, told)) terminal.print(line);
}

/** Under each action what it reported, in short; under one that failed, its first problems. */
function notesOf(run: Run, reported: readonly Reported[]): Notes {
  return (stage, action) => {
    const one = reported.find((each) => each.stage === stage && each.action === action);
    if (!one || one.reports.length === 0) return [];
    const isFailed = one.state === 'failed' || one.state === 'retrying';
    const short = tellingLines(one).map((line) => paint('dim', line));
    return isFailed ? [...short, ...problemLines(one.reports, FIRST), paint('dim', `all of it: trunkline report ${run.id} ${stage}.${action}`)] : short;
  };
}

function withReports(summary: ReturnType<typeof summaryOf>, reported: readonly Reported[]) {
  return { ...summary, stages: summary.stages.map((stage) => ({ ...stage, actions: stage.actions.map((action) => {
    const one = reported.find((each) => each.stage === stage.stage && each.action === action.action);
    if (!one || one.reports.length === 0) return action;
    return { ...action, reports: one.reports.map((report) => ({ type: report.type, inShort: inShort(report, one.limits) })), problems: problemsIn(one.reports).slice(0, FIRST_AS_DATA) };
  }) })) };
}

/** A run by its id or the beginning of it; without one, the newest. */
export function findRun(state: PipelineState, id: string | undefined): Run {
  const all = [...state.runs.values()];
  const found = id === undefined ? all.slice(-1) : all.filter((run) => run.id === id || run.id.startsWith(id) || (id.length >= 7 && run.commit.startsWith(id))).slice(id === undefined ? -1 : 0);
  const exact = found.find((run) => run.id === id) ?? (found.length === 1 || (id !== undefined && new Set(found.map(({ commit }) => commit)).size === 1) ? found.at(-1) : undefined);
  if (exact) return exact;
  if (id === undefined) throw new TrunklineError('RUN_UNKNOWN', 'usage', 'nothing has run yet', '"trunkline run" runs the head of the trunk');
  throw new TrunklineError('RUN_UNKNOWN', 'usage', found.length === 0 ? `there is no run ${JSON.stringify(id)}` : `${JSON.stringify(id)} fits ${found.length} runs`, '"trunkline runs" lists them');
}
