import { isDigest } from '../../foundation/digest.ts';
import { TrunklineError } from '../../foundation/errors.ts';
import type { Session } from '../command.ts';
import { EXIT, type ExitCode } from '../exit.ts';
import type { Product } from '../product.ts';
import { findRun } from './show.ts';
import { paint } from '../text.ts';

/** `trunkline verify [RUN | DIGEST]`, or `trunkline verify --journal` */
export async function verify(session: Session, options: { readonly journal?: boolean }, what?: string): Promise<ExitCode> {
  const { terminal, json, product: open } = session;
  const product = await open();
  if (options.journal) return verifyJournal(session, product);
  const artifact = what !== undefined && isDigest(what) ? what : findRun(product.state(), what).artifact;
  if (!artifact) throw new TrunklineError('NO_ARTIFACT', 'usage', 'that run has packaged nothing', '"trunkline runs" lists the runs');
  const answer = await product.verify(artifact);
  if (json) terminal.json(answer);
  else {
    terminal.print(answer.artifact);
    terminal.table(['', 'what', 'type', 'attestation'], answer.evidence.map(({ ok, name, predicateType, digest }) => [ok ? paint('green', '✔') : paint('red', '✘'), name, predicateType, digest]));
    for (const { code, message } of answer.failures) terminal.print(paint('red', `${code}: ${message}`));
    terminal.print(answer.ok ? paint('green', 'every byte and every signature holds') : paint('red', 'it does not hold: nothing will deploy it'));
  }
  return answer.ok ? EXIT.done : EXIT.refused;
}

function verifyJournal({ terminal, json }: Session, product: Product): ExitCode {
  const verdict = product.verifyJournal();
  if (!verdict) throw new TrunklineError('NO_JOURNAL', 'usage', 'nothing has happened here yet: there is no journal', '"trunkline run" begins one');
  if (!verdict.whole) throw verdict.error;
  const { events, head, signedUpTo } = verdict;
  if (json) terminal.json({ ok: true, events, head, signedUpTo });
  else terminal.print(paint('green', `all ${events} events are what was written, and heads are signed up to ${signedUpTo}; the last is ${head}`));
  return EXIT.done;
}
