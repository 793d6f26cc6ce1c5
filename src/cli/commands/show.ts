import type { PipelineState, Run } from '../../core/state.ts';
import { TrunklineError } from '../../foundation/errors.ts';
import { printable } from '../../runner/printable.ts';
import { describeApproval } from '../approval.ts';
import type { Session } from '../command.ts';
import { subjectOf } from '../follow.ts';
import { summaryOf } from '../summary.ts';
import { treeOf } from '../tree.ts';
import { waits } from './run.ts';

/** `trunkline show [RUN]` */
export async function show({ terminal, json, product: open }: Session, _options: object, id?: string): Promise<void> {
  const state = (await open()).state();
  const run = findRun(state, id);
  if (json) return terminal.json(summaryOf(state, run));
  for (const line of treeOf(run, subjectOf(state, run), Date.now(), (colour, text) => terminal.paint(colour, text))) terminal.print(printable(line));
  if (run.artifact) terminal.print(` artifact  ${run.artifact}`);
  if (run.plan) terminal.print(` plan      ${run.plan.digest}`);
  for (const { name, digest, stage } of run.evidence) terminal.print(` evidence  ${stage}: ${printable(name)} ${digest}`);
  for (const { by, user } of run.approval?.given ?? []) terminal.print(` approved  by ${by}${by === user ? '' : ` (${user})`}`);
  for (const { row, reason } of run.plan?.plan.waivers ?? []) terminal.print(terminal.paint('dim', ` waived    ${row}: ${printable(reason)}`));
  if (waits(state, run.id)) for (const line of describeApproval(state, run)) terminal.print(printable(line));
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
