import { formatDuration } from '../../foundation/units.ts';
import type { Session } from '../command.ts';
import { EXIT, type ExitCode } from '../exit.ts';
import type { BuildLine } from '../product.ts';

/** `trunkline build` */
export async function build({ terminal, json, signal, product: open }: Session, { staged }: { readonly staged?: boolean }): Promise<ExitCode> {
  const product = await open();
  const tell = ({ action, state, durationMs, message, log }: BuildLine): void => {
    if (json || state === 'started') return;
    const sign = state === 'passed' ? terminal.paint('green', '✔') : state === 'waived' ? terminal.paint('yellow', '–') : terminal.paint('red', '✘');
    terminal.print(`${sign} ${action}${durationMs === undefined ? '' : terminal.paint('dim', `  ${formatDuration(durationMs)}`)}${message === undefined ? '' : `  ${message}`}`);
    if (log !== undefined) terminal.print(terminal.paint('dim', `  log: ${log}`));
  };
  const lines = await product.build({ staged: staged === true, onAction: tell, signal });
  if (json) terminal.json(lines);
  const passed = lines.every(({ state }) => state === 'passed' || state === 'waived') && lines.some(({ state }) => state === 'passed');
  if (!json) terminal.print(passed ? 'Build passed. Nothing was signed: only the pipeline makes what can be deployed.' : terminal.paint('red', 'Build failed.'));
  return passed ? EXIT.done : EXIT.failed;
}
