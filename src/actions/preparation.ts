import { digestOf } from '../foundation/digest.ts';
import { TrunklineError } from '../foundation/errors.ts';
import { Folder, isAbsent, readBelow } from '../foundation/folder.ts';
import { removeIn } from '../foundation/removal.ts';
import { networkOfPreparation, type Network } from '../pipeline/network.ts';
import type { ActionContext } from './action.ts';

/** Says in a checkout which preparation is done. */
export const MARKER = '.trunkline-prepared';
const underway = new Map<string, Promise<void>>();

/**
 * Makes a fresh checkout ready for its own tests by `command`, such as "npm ci": once, however many actions of the
 * stage ask for it, and again from the start when a crash came before its end.
 * @throws {TrunklineError} `PREPARE_FAILED` with the last lines.
 */
export async function prepareWorkdir(command: string, context: ActionContext, network?: Network): Promise<void> {
  // One after the other: the next finds what the one before has done, or tries itself where that failed.
  const before = underway.get(context.workdir) ?? Promise.resolve();
  const mine = before.catch(() => {}).then(() => prepare(command, context, network));
  underway.set(context.workdir, mine);
  try {
    await mine;
  } finally {
    if (underway.get(context.workdir) === mine) underway.delete(context.workdir);
  }
}

async function prepare(command: string, context: ActionContext, network: Network | undefined): Promise<void> {
  context.signal.throwIfAborted();
  const done = digestOf(command);
  if (await isMarked(context.workdir, done)) return;
  const reach = { hosts: networkOfPreparation(network) };
  const exit = await context.install(command, reach) ?? await context.exec(command, { reach });
  context.signal.throwIfAborted();
  if (exit.code !== 0) {
    throw new TrunklineError('PREPARE_FAILED', 'infra', `"${command}" failed (${exit.ended === 'timeout' ? 'it took too long' : exit.signal ?? `exit code ${exit.code}`}), so the tests can't run`,
      'see the last lines; a package registry that does not answer is worth another attempt', context.lastLines(20));
  }
  // The checkout is the commit's: what may stand there, a link above all, is taken away first and never written through.
  await using checkout = await Folder.open(context.workdir);
  await removeIn(checkout, MARKER);
  await checkout.write(MARKER, done);
}

/** Whatever else stands in the marker's place says nothing. */
async function isMarked(workdir: string, done: string): Promise<boolean> {
  try {
    return (await readBelow(workdir, MARKER, done.length))?.toString('utf8') === done;
  } catch (error) {
    if (error instanceof TrunklineError || isAbsent(error)) return false;
    throw error;
  }
}
