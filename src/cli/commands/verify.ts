import { isDigest } from '../../foundation/digest.ts';
import { TrunklineError } from '../../foundation/errors.ts';
import type { Session } from '../command.ts';
import { EXIT, type ExitCode } from '../exit.ts';
import { findRun } from './show.ts';

/** `trunkline verify [RUN | DIGEST]` */
export async function verify({ terminal, json, product: open }: Session, _options: object, what?: string): Promise<ExitCode> {
  const product = await open();
  const artifact = what !== undefined && isDigest(what) ? what : findRun(product.state(), what).artifact;
  if (!artifact) throw new TrunklineError('NO_ARTIFACT', 'usage', 'that run has packaged nothing', '"trunkline runs" lists the runs');
  const answer = await product.verify(artifact);
  if (json) terminal.json(answer);
  else {
    terminal.print(answer.artifact);
    terminal.table(['', 'what', 'type', 'attestation'], answer.evidence.map(({ ok, name, predicateType, digest }) => [ok ? terminal.paint('green', '✔') : terminal.paint('red', '✘'), name, predicateType, digest]));
    for (const { code, message } of answer.failures) terminal.print(terminal.paint('red', `${code}: ${message}`));
    terminal.print(answer.ok ? terminal.paint('green', 'every byte and every signature holds') : terminal.paint('red', 'it does not hold: nothing will deploy it'));
  }
  return answer.ok ? EXIT.done : EXIT.refused;
}
