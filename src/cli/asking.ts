import { setTimeout as sleep } from 'node:timers/promises';
import type { Answer, Command } from '../core/command.ts';
import { errorRecord } from '../foundation/errors.ts';
import { beforeEnd } from '../foundation/before-end.ts';
import type { Conductor } from '../server/client.ts';
import type { Product } from './product.ts';

/** A host that begins answers within this; what only writes a fact is gone within it. */
const PATIENCE = 10_000;
const BETWEEN = 100;

export interface Asked {
  readonly answer: Answer;
  readonly conductor: Conductor;
  /** Whether another process is the host. */
  readonly living: boolean;
}

/**
 * Asks the host that lives, or what `become` makes of this process, which then goes with `stack`. When another process
 * is just becoming the host, or the host just ends, it is asked again a moment later.
 * @throws {TrunklineError} `HOST_RUNNING` when that takes too long, and what the command comes to.
 */
export async function ask(product: Product, stack: AsyncDisposableStack, become: () => Promise<Conductor & AsyncDisposable>, command: Command, signal: AbortSignal = new AbortController().signal): Promise<Asked> {
  const deadline = performance.now() + PATIENCE;
  // Whether a host that went away had heard it is not known; to run a commit that runs already is to join its run.
  const again = ['HOST_RUNNING', 'HOST_GONE', ...(command.type === 'run' ? ['HOST_LOST'] : [])];
  for (;;) {
    try {
      const living = await product.connect();
      const conductor = living ?? stack.use(await become());
      return { answer: await beforeEnd(conductor.command(command, product.user), signal), conductor, living: living !== undefined };
    } catch (error) {
      if (!again.includes(errorRecord(error).code) || performance.now() > deadline) throw error;
      await sleep(BETWEEN);
    }
  }
}
