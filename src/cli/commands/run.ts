import type { PipelineState } from '../../core/state.ts';
import { TrunklineError, type ErrorRecord } from '../../foundation/errors.ts';
import type { Command } from '../../core/command.ts';
import type { Conductor } from '../../server/client.ts';
import { ask } from '../asking.ts';
import type { Session } from '../command.ts';
import { EXIT, exitOfRun, type ExitCode } from '../exit.ts';
import { follow } from '../follow.ts';
import type { Product } from '../product.ts';
import { summaryOf } from '../summary.ts';
import { waits } from '../waiting.ts';
import type { Terminal } from '../terminal.ts';
import { approvalTold, describeApproval } from '../approval.ts';
import { paint } from '../text.ts';

export interface RunOptions { readonly again?: boolean; readonly wait?: boolean; readonly detach?: boolean }

/** `trunkline run [COMMIT]` */
export async function run(session: Session, options: RunOptions, word?: string): Promise<ExitCode> {
  const product = await session.product();
  const commit = await product.resolve(word);
  return conduct(session, product, { type: 'run', commit, again: options.again === true }, options);
}

/** Asks the living host, or becomes it; then follows the run to its end, or to where a person is needed. */
export async function conduct(session: Session, product: Product, command: Command, options: RunOptions = {}): Promise<ExitCode> {
  await using stack = new AsyncDisposableStack();
  const after = product.state().head;
  const { answer, conductor } = await ask(product, stack, () => product.host(), command, session.signal);
  if (!session.json) session.terminal.note(answer.message);
  if (answer.run === undefined) return EXIT.done;
  if (!answer.began || options.detach) {
    const state = product.state();
    const known = state.runs.get(answer.run);
    if (known?.finished || options.detach) return report(session, product, state, answer.run);
  }
  return await followRun(session, product, conductor, answer.run, answer.began ? after : 0, options); // not before it ends may the host be disposed of
}

async function followRun(session: Session, product: Product, conductor: Conductor, id: string, begin: number, options: RunOptions): Promise<ExitCode> {
  const { terminal, signal, json } = session;
  let after = begin;
  for (;;) {
    const from = product.state().head;
    const until = (state: PipelineState): boolean => hasEnded(state, id) || isHeld(state, id) || (options.wait !== true && (waits(state, id) || waitsBehind(state, id) !== undefined));
    const state = await follow({ terminal, conductor, run: id, until, from, after, signal, quiet: json });
    after = state.head;
    const current = state.runs.get(id);
    if (!current) throw new TrunklineError('RUN_UNKNOWN', 'bug', `run ${id} is gone`);
    if (signal.aborted) {
      terminal.note(`run ${id} is where it was; "trunkline up" or "trunkline run" goes on with it`);
      return EXIT.waiting;
    }
    if (current.finished || !waits(state, id) || !terminal.isLive || !process.stdin.isTTY) return report(session, product, state, id);
    const told = approvalTold(state, current, () => product.operators());
    if (!told || !told.approvers.may.includes(product.user)) return report(session, product, state, id);
    for (const line of describeApproval(id, told)) terminal.print(line);
    const said = await terminal.question('Approve this release for production? [y/N] ', signal);
    if (/^y(es)?$/i.test(said.trim())) await conductor.command({ type: 'approve', run: id, evidence: told.evidence, shown: told.digest }, product.user);
    else await conductor.command({ type: 'reject', run: id, reason: 'rejected at the terminal', defect: false }, product.user);
  }
}

function report({ terminal, json }: Session, product: Product, state: PipelineState, id: string): ExitCode {
  const run = state.runs.get(id);
  if (!run) throw new TrunklineError('RUN_UNKNOWN', 'usage', `there is no run ${id}`, '"trunkline runs" lists them');
  const told = approvalTold(state, run, () => product.operators());
  if (json) terminal.json(summaryOf(state, run, () => product.operators()));
  else if (told) {
    for (const line of describeApproval(id, told)) terminal.note(line);
    terminal.note(`it goes on when someone who may says: trunkline approve ${id}`);
  } else if (run.finished?.error) {
    explainEnd(terminal, run.id, run.finished.error);
  } else {
    const before = waitsBehind(state, id);
    if (before !== undefined) terminal.note(`run ${before} is before it, and waits for approval: trunkline approve ${before}, or trunkline reject ${before} --reason TEXT`);
  }
  return exitOfRun(run);
}

/** What was printed last, and what to do; what happened has been said. */
function explainEnd(terminal: Terminal, id: string, { lastLines = [], hint }: ErrorRecord): void {
  for (const line of lastLines) terminal.note(paint('dim', `  | ${line}`));
  if (hint !== undefined) terminal.note(`  ${hint}`);
  terminal.note(`  "trunkline logs ${id}" shows the logs`);
}

function hasEnded(state: PipelineState, id: string): boolean {
  return state.runs.get(id)?.finished !== undefined;
}

function isHeld(state: PipelineState, id: string): boolean {
  return Object.values(state.runs.get(id)?.stages ?? {}).some((stage) => stage?.rollout?.state.phase === 'holding');
}

/** The run that holds the stage which this one waits for, where that one waits for a person: nothing goes on by itself. */
function waitsBehind(state: PipelineState, id: string): string | undefined {
  const holder = Object.values(state.stages).find(({ waiting }) => waiting.includes(id))?.holder;
  return holder !== undefined && waits(state, holder) ? holder : undefined;
}
