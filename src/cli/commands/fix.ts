import type { Session } from '../command.ts';
import { EXIT, type ExitCode } from '../exit.ts';
import type { BuildLine } from '../product.ts';
import { plain } from '../report/plain.ts';

/** `trunkline fix` */
export async function fix({ terminal, json, signal, product: open }: Session, _options: unknown, ...given: readonly (string | readonly string[] | undefined)[]): Promise<ExitCode> {
  const product = await open();
  const tell = ({ action, state, message }: BuildLine): void => {
    if (!json && state !== 'started') terminal.note(`  ${state === 'passed' ? terminal.paint('green', '✔') : state === 'failed' ? terminal.paint('red', '✘') : '–'} ${action}${message === undefined ? '' : `  ${plain(message)}`}`);
  };
  const fixed = await product.fix({ advisories: given.flat().filter((name) => name !== undefined), onAction: tell, signal });
  if (json) {
    terminal.json(fixed);
  } else {
    for (const { name, from, to, advisories } of fixed.upgrades) terminal.print(`${terminal.paint('green', '↑')} ${plain(name)} ${plain(from.join(', '))} → ${plain(to)} or later: ${plain(advisories.join(', '))}`);
    for (const { name, version, advisories, why } of fixed.unfixable) terminal.print(`${terminal.paint('red', '✘')} ${plain(name)} ${plain(version)}: ${plain(advisories.join(', '))}: ${plain(why)}`);
    if (fixed.branch !== undefined) {
      terminal.print(fixed.passed ? `Build passed on the branch ${fixed.branch} (${fixed.commit?.slice(0, 12)}).` : terminal.paint('red', `Build failed on the branch ${fixed.branch} (${fixed.commit?.slice(0, 12)}).`));
      terminal.print(`Look at it: git diff ${fixed.base.slice(0, 12)} ${fixed.branch}`);
      terminal.print(`Merge it:   git merge ${fixed.branch}`);
    } else if (fixed.unfixable.length === 0) {
      terminal.print('No dependency is known to be vulnerable: there is nothing to upgrade.');
    }
  }
  return fixed.unfixable.length === 0 && (fixed.branch === undefined || fixed.passed) ? EXIT.done : EXIT.failed;
}
