import type { ErrorRecord } from '../../foundation/errors.ts';
import type { TestCase, TestReport } from '../../reports/report.ts';
import type { Exit } from '../../runner/cell.ts';

/** What is known when the command has ended. */
export interface Ended {
  readonly command: string;
  readonly exit: Exit;
  readonly report?: TestReport;
  /** Whether the exit code says no more than what the findings say better. */
  readonly isExplained: boolean;
  /** Why what was found is too much. */
  readonly over?: ErrorRecord | undefined;
  /** Why the coverage is too little. */
  readonly uncovered?: ErrorRecord | undefined;
  /** Why there is no report although one was promised. */
  readonly unread: readonly (ErrorRecord | undefined)[];
  readonly lastLines: readonly string[];
}

const MOST_NAMED = 20;

/**
 * Why the command failed; undefined when it passed. Failed tests and findings say more than the exit code that they
 * cause.
 */
export function faultOf({ command, exit, report, isExplained, over, uncovered, unread, lastLines }: Ended): ErrorRecord | undefined {
  const said = `"${command.length > 120 ? `${command.slice(0, 117)}...` : command}"`;
  const record = (code: string, message: string, hint: string, lines = lastLines, kind: ErrorRecord['class'] = 'code'): ErrorRecord =>
    ({ code, class: kind, message, hint, ...(lines.length > 0 ? { lastLines: lines } : {}) });

  if (exit.ended === 'timeout') return record('TIMEOUT', `${said} did not end in time and was ended`, 'make it faster, or give it more time in trunkline.config.ts');
  // 137 is how a shell says that its child was killed; nothing of ours did it.
  if (exit.signal !== null || exit.code === 137) {
    return record('COMMAND_KILLED', `${said} was ended by ${exit.signal ?? 'SIGKILL'}, and not by Trunkline`, 'mostly the machine had no memory left: see its kernel log, and give it more or run less at once', lastLines, 'infra');
  }
  if (report && report.failed > 0) {
    const failures = report.cases.filter(({ outcome }) => outcome === 'failed');
    const names = failures.slice(0, 3).map((test) => `"${test.name}"${placed(test)}`).join(', ');
    return record('TESTS_FAILED', `${report.failed} of ${report.passed + report.failed} tests failed: ${names}${report.failed > 3 ? ' and more' : ''}`,
      'correct the change, or the tests', [...failures.slice(0, MOST_NAMED).flatMap(told), ...lastLines.slice(-10)]);
  }
  if (over) return over;
  if (exit.code === 127) {
    const missing = missingProgram(lastLines);
    return record('COMMAND_NOT_FOUND', `${said} needs ${missing === undefined ? 'a program that is' : `"${missing}", which is`} not installed`,
      `install ${missing ?? 'it'} on this machine, or add it to the devDependencies and let the command install them first`);
  }
  if (exit.code === 126) return record('COMMAND_NOT_EXECUTABLE', `${said} names a file that cannot be executed`, 'commit it with its executable bit: git update-index --chmod=+x FILE');
  if (exit.code !== 0 && !isExplained) return record('COMMAND_FAILED', `${said} failed with exit code ${exit.code}`, 'see its last lines, or its whole log with "trunkline logs"');
  if (uncovered) return uncovered;
  const [unreadable] = unread.filter((each) => each !== undefined);
  if (unreadable) return { ...unreadable, ...(lastLines.length > 0 ? { lastLines } : {}) };
  if (report && report.passed === 0) return record('NO_TESTS_RAN', `${said} passed without one test that ran (${report.skipped} skipped): that proves nothing`, 'see that the command finds its tests');
  return undefined;
}

function told(test: TestCase): readonly string[] {
  const why = (test.detail ?? '').split('\n').map((line) => line.trim()).filter((line) => line !== '').slice(0, 3);
  return [`failed: ${test.suite === '' ? '' : `${test.suite} > `}${test.name}${placed(test)}`, ...why.map((line) => `    ${line}`)];
}

function placed({ file, line }: TestCase): string {
  return file === undefined ? '' : ` (${file}${line === undefined ? '' : `:${line}`})`;
}

/** What shells print: `sh: 1: tsc: not found`, `sh: line 1: tsc: command not found`. */
function missingProgram(lines: readonly string[]): string | undefined {
  return lines.map((line) => /(?:^|[\s:])([^\s:]+): (?:command )?not found\s*$/.exec(line)?.[1]).findLast((name) => name !== undefined);
}
