import { setTimeout as sleep } from 'node:timers/promises';
import { errorRecord } from '../../foundation/errors.ts';
import type { Session } from '../command.ts';
import { EXIT, type ExitCode } from '../exit.ts';
import { follow } from '../follow.ts';
import { printRegions } from './env.ts';

const FAREWELL = 1_000;

/** `trunkline up`: hosts the pipeline, and runs every new commit of the trunk, until it is ended. */
export async function up(session: Session): Promise<ExitCode> {
  const { terminal, signal } = session;
  const product = await session.product();
  const after = product.state().head;
  await using host = await product.host();
  terminal.note(`watching the trunk of ${product.repository}; Ctrl-C ends the watch, and leaves the environments up`);
  if (await product.isolation() === 'none') terminal.note('no namespaces can be made here: builds are not isolated, and production refuses what they make');
  const over = new AbortController();
  const until = AbortSignal.any([signal, over.signal]);
  const failed = Promise.withResolvers<never>();
  const following = host.follow(until, (trouble) => terminal.note(trouble)).catch((error: unknown) => failed.reject(error));
  const showing = follow({ terminal, conductor: host, until: () => false, after, signal: until }).catch((error: unknown) => failed.reject(error));
  await Promise.race([Promise.all([following, showing]), failed.promise]).catch((error: unknown) => {
    if (!signal.aborted || errorRecord(error).code !== 'INTERRUPTED') throw error;
  }).finally(() => over.abort());
  const printed = printRegions(terminal, product).catch((error: unknown) => terminal.note(errorRecord(error).message));
  // Who was asked to end does not wait for a region that is silent.
  await Promise.race([printed, ...(signal.aborted ? [sleep(FAREWELL, undefined, { ref: false })] : [])]);
  return EXIT.done;
}
