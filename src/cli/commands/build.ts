import { formatDuration } from '../../foundation/units.ts';
import type { Session } from '../command.ts';
import { EXIT, type ExitCode } from '../exit.ts';
import type { BuildLine } from '../product.ts';
import { problemLines } from '../report/problem-lines.ts';
import { tellingLines } from '../report/reported.ts';
import { paint, text, type Shown } from '../text.ts';

/** Of a failed action; "trunkline report local" has all. */
const FIRST = 20;

/** Of an action that failed: its problems, or what it printed last where it reported none. */
function whyLines({ reports = [], lastLines = [], hint }: BuildLine): readonly Shown[] {
  const problems = problemLines(reports, FIRST);
  if (problems.length > 0) return problems;
  // Its log is no run's: where it lies is said below.
  return [...lastLines.slice(-FIRST).map((line) => `| ${line}`), ...(hint === undefined || hint.includes('"trunkline logs"') ? [] : [hint])];
}

/** `trunkline build` */
export async function build({ terminal, json, signal, product: open }: Session, { staged }: { readonly staged?: boolean }): Promise<ExitCode> {
  const product = await open();
  const tell = (line: BuildLine): void => {
    const { action, state, durationMs, message, log, cached, reports = [] } = line;
    if (json || state === 'started') return;
    const sign = state === 'passed' ? paint('green', '✔') : state === 'waived' || state === 'stopped' ? paint('yellow', '–') : paint('red', '✘');
    terminal.print(text`${sign} ${action}${durationMs === undefined ? '' : paint('dim', `  ${formatDuration(durationMs)}`)}${cached === undefined ? '' : paint('dim', `  cached: from ${cached.run} at ${new Date(cached.at).toISOString().slice(0, 19)}Z`)}${state === 'stopped' ? paint('dim', '  stopped, since another failed') : ''}${message === undefined ? '' : `  ${message}`}`);
    for (const short of tellingLines({ reports, limits: {} })) terminal.print(text`  ${paint('dim', short)}`);
    if (state === 'failed') for (const each of whyLines(line)) terminal.print(text`  ${each}`);
    if (log !== undefined) terminal.print(paint('dim', `  log: ${log}`));
  };
  const lines = await product.build({ staged: staged === true, onAction: tell, signal });
  if (json) terminal.json(lines);
  const passed = lines.every(({ state }) => state === 'passed' || state === 'waived') && lines.some(({ state }) => state === 'passed');
  if (!json) terminal.print(passed ? 'Build passed. Nothing was signed: only the pipeline makes what can be deployed.' : text`${paint('red', 'Build failed.')} All that it found: trunkline report local`);
  return passed ? EXIT.done : EXIT.failed;
}
