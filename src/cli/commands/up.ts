import { errorRecord } from '../../foundation/errors.ts';
import type { Session } from '../command.ts';
import { EXIT, type ExitCode } from '../exit.ts';
import { follow } from '../follow.ts';
import { printRegions } from './env.ts';

/** `trunkline up`: hosts the pipeline, and runs every new commit of the trunk, until it is ended. */
export async function up(session: Session): Promise<ExitCode> {
  const { terminal, signal } = session;
  const product = await session.product();
  const after = product.state().head;
  await using host = await product.host();
  terminal.note(`watching the trunk of ${product.repository}; Ctrl-C ends the watch, and leaves the environments up`);
  if (await product.isolation() === 'none') terminal.note('no namespaces can be made here: builds are not isolated, and production refuses what they make');
  const failed = Promise.withResolvers<never>();
  const following = host.follow(signal, (trouble) => terminal.note(trouble)).catch((error: unknown) => failed.reject(error));
  const showing = follow({ terminal, conductor: host, until: () => false, after, signal }).catch((error: unknown) => failed.reject(error));
  await Promise.race([Promise.all([following, showing]), failed.promise]).catch((error: unknown) => {
    if (!signal.aborted || errorRecord(error).code !== 'INTERRUPTED') throw error;
  });
  await printRegions(terminal, product);
  return EXIT.done;
}
