import { TrunklineError } from '../../foundation/errors.ts';
import type { Command } from '../../core/command.ts';
import { ask } from '../asking.ts';
import { approvalTold, describeApproval } from '../approval.ts';
import type { Session } from '../command.ts';
import { findRun } from './show.ts';

interface ApproveOptions { readonly as?: string; readonly message?: string; readonly evidence?: string; readonly shown?: string }
interface RejectOptions { readonly as?: string; readonly reason: string; readonly defect?: boolean }

/** `trunkline approve RUN` */
export async function approve(session: Session, { as, message, evidence, shown }: ApproveOptions, id?: string): Promise<void> {
  const product = await session.product();
  const state = product.state();
  const told = id === undefined ? null : approvalTold(state, findRun(state, id), () => product.operators());
  if (told && shown === undefined && !session.json) for (const line of describeApproval(findRun(state, id).id, told)) session.terminal.note(line);
  const digest = shown ?? told?.digest;
  await tell(session, id, (run) => ({ type: 'approve', run, ...(as === undefined ? {} : { as }), ...(message === undefined ? {} : { text: message }), ...(evidence === undefined ? {} : { evidence }), ...(digest === undefined ? {} : { shown: digest }) }));
}

/** `trunkline reject RUN` */
export async function reject(session: Session, { as, reason, defect }: RejectOptions, id?: string): Promise<void> {
  await tell(session, id, (run) => ({ type: 'reject', run, reason, defect: defect === true, ...(as === undefined ? {} : { as }) }));
}

/** `trunkline cancel RUN` */
export async function cancel(session: Session, { reason }: { readonly reason: string }, id?: string): Promise<void> {
  await tell(session, id, (run) => ({ type: 'cancel', run, reason }));
}

/** `trunkline resume RUN` */
export async function resume(session: Session, _options: object, id?: string): Promise<void> {
  await tell(session, id, (run) => ({ type: 'resume', run }));
}

/** Tells the living host; where none lives, the fact is written, and is followed when a host next begins. */
async function tell({ terminal, json, product: open }: Session, id: string | undefined, command: (run: string) => Command): Promise<void> {
  const product = await open();
  if (id === undefined) throw new TrunklineError('RUN_MISSING', 'usage', 'which run?', '"trunkline runs" lists them');
  const run = findRun(product.state(), id);
  await using stack = new AsyncDisposableStack();
  const { answer, living } = await ask(product, stack, () => product.scribe(), command(run.id));
  if (json) terminal.json(answer);
  else terminal.print(`${answer.message}${living ? '' : '; no host lives here now: "trunkline up" goes on with it'}`);
}
