import { formatDuration } from '../../foundation/units.ts';
import type { HookCheck } from '../../local/before-commit.ts';
import type { Session } from '../command.ts';
import { EXIT, type ExitCode } from '../exit.ts';
import { problemLines } from '../report/problem-lines.ts';
import type { Terminal } from '../terminal.ts';
import { paint, text } from '../text.ts';

const MOST_PROBLEMS = 20;
const MOST_LINES = 20;

/** `trunkline hook pre-commit` */
export async function beforeCommit({ terminal, json, signal, desk: open }: Session): Promise<ExitCode> {
  const desk = await open();
  const outcome = await desk.checkStaged({ signal, onCheck: (check) => { if (!json) tell(terminal, check); } });
  if (json) {
    terminal.json(outcome);
    return outcome.outcome === 'failed' ? EXIT.failed : EXIT.done;
  }
  if (outcome.outcome === 'nothing') terminal.print(`trunkline: ${outcome.reason}`);
  else if (outcome.outcome === 'known') terminal.print(`trunkline: exactly this passed before (${outcome.tree.slice(0, 12)})`);
  else if (outcome.outcome === 'passed') terminal.print(`trunkline: it may be committed. Left for "trunkline build": ${outcome.left.join(', ')}`);
  else terminal.print(paint('red', 'trunkline: not committed. What is staged and what is not stay as they are.'));
  return outcome.outcome === 'failed' ? EXIT.failed : EXIT.done;
}

function tell(terminal: Terminal, { action, state, scope, durationMs, reports, error, log }: HookCheck): void {
  const sign = state === 'passed' ? paint('green', '✔') : state === 'failed' ? paint('red', '✘') : paint('yellow', '–');
  terminal.print(text`${sign} ${action}  ${paint('dim', `${scope}${state === 'passed' || state === 'failed' ? `  ${formatDuration(durationMs)}` : ''}`)}`);
  if (state !== 'failed') return;
  const problems = problemLines(reports, MOST_PROBLEMS);
  for (const line of problems) terminal.print(text`  ${line}`);
  if (error && problems.length === 0) for (const line of [error.message, ...(error.lastLines ?? []).slice(-MOST_LINES).map((each) => `| ${each}`)]) terminal.print(`  ${line}`);
  // Its log is no run's: where it lies is said below.
  if (error?.hint !== undefined && !error.hint.includes('"trunkline logs"')) terminal.print(`  ${error.hint}`);
  if (log !== undefined) terminal.print(paint('dim', `  log: ${log}`));
}
