import type { Session } from '../command.ts';
import { EXIT, type ExitCode } from '../exit.ts';
import type { BuildLine } from '../product.ts';
import { paint, text } from '../text.ts';

/** `trunkline fix` */
export async function fix({ terminal, json, signal, product: open }: Session, _options: unknown, ...given: readonly (string | readonly string[] | undefined)[]): Promise<ExitCode> {
  const product = await open();
  const tell = ({ action, state, message }: BuildLine): void => {
    if (!json && state !== 'started') terminal.note(text`  ${state === 'passed' ? paint('green', '✔') : state === 'failed' ? paint('red', '✘') : '–'} ${action}${message === undefined ? '' : `  ${message}`}`);
  };
  const fixed = await product.fix({ advisories: given.flat().filter((name) => name !== undefined), onAction: tell, signal });
  if (json) {
    terminal.json(fixed);
  } else {
    for (const { name, from, to, advisories } of fixed.upgrades) terminal.print(text`${paint('green', '↑')} ${name} ${from.join(', ')} → ${to} or later: ${advisories.join(', ')}`);
    for (const { name, version, advisories, why } of fixed.unfixable) terminal.print(text`${paint('red', '✘')} ${name} ${version}: ${advisories.join(', ')}: ${why}`);
    if (fixed.branch !== undefined) {
      terminal.print(fixed.passed ? `Build passed on the branch ${fixed.branch} (${fixed.commit?.slice(0, 12)}).` : paint('red', `Build failed on the branch ${fixed.branch} (${fixed.commit?.slice(0, 12)}).`));
      terminal.print(`Look at it: git diff ${fixed.base.slice(0, 12)} ${fixed.branch}`);
      terminal.print(`Merge it:   git merge ${fixed.branch}`);
    } else if (fixed.unfixable.length === 0) {
      terminal.print('No dependency is known to be vulnerable: there is nothing to upgrade.');
    }
  }
  return fixed.unfixable.length === 0 && (fixed.branch === undefined || fixed.passed) ? EXIT.done : EXIT.failed;
}
