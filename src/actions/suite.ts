import { z } from 'zod';
import { TrunklineError, type ErrorRecord } from '../foundation/errors.ts';
import type { TestCase, TestReport } from '../reports/report.ts';
import type { ActionContext } from './action.ts';
import { networkOf } from '../pipeline/network.ts';
import { networkInput } from './network-input.ts';
import { prepareWorkdir } from './preparation.ts';
import { testsIn } from './reading.ts';
import { portsOf } from './served.ts';
import { removeStale } from './stale.ts';

const relativePath = z.string().min(1).max(4_096).refine((path) => !path.startsWith('/') && !path.split(/[\\/]/).includes('..') && !path.includes('\0'), 'write a path inside the repository');

/** A suite of tests of the commit, run by a command that writes JUnit XML. */
export const suiteInput = z.strictObject({
  command: z.string().min(1),
  /** Where the command writes its report, in the checkout; a pattern where it writes several. */
  junit: relativePath,
  env: z.record(z.string(), z.string()).optional(),
  /** Makes the fresh checkout ready, such as "npm ci"; done once, however many suites of the stage name it. */
  prepare: z.string().min(1).optional(),
  /** Where it may go beside the environment that it tests; by default nowhere. */
  network: networkInput.optional(),
});

export type Suite = z.infer<typeof suiteInput>;

export interface Verdict {
  readonly report?: TestReport;
  /** Undefined when every test that ran has passed, and at least one has. */
  readonly error?: ErrorRecord;
}

/**
 * Runs the suite and publishes its report under `name`. A report that was there before counts for nothing; neither
 * does a suite in which no test was executed.
 * @throws {TrunklineError} when the tests can't be run at all.
 */
export async function runSuite(suite: Suite, name: string, env: { readonly [name: string]: string }, context: ActionContext): Promise<Verdict> {
  if (suite.prepare !== undefined) await prepareWorkdir(suite.prepare, context, suite.network);
  await removeStale([suite.junit], context);
  const exit = await context.exec(suite.command, { env: { ...suite.env, ...env }, reach: { hosts: networkOf({ row: context.row, ...suite }), ports: await portsOf(context) } });
  context.signal.throwIfAborted();
  if (exit.ended === 'timeout') return failed('TESTS_TOO_SLOW', `"${suite.command}" did not end in time`, 'make the tests faster, or give the action a longer timeout', context.lastLines(20));

  const report = await readReport(suite, name, context);
  if (report === undefined) {
    return failed('TESTS_DID_NOT_REPORT', `"${suite.command}" ended with ${exit.signal ?? `exit code ${exit.code}`} and left no report at ${suite.junit}`,
      'see the last lines; have the command write JUnit XML there', context.lastLines(20));
  }
  await context.report(report);
  const error = faultOf(report, suite, exit.signal ?? `exit code ${exit.code}`, exit.code === 0, context);
  return { report, ...(error ? { error } : {}) };
}

/** Undefined where there is none. Code of the commit wrote it: links are not followed. */
async function readReport(suite: Suite, name: string, context: ActionContext): Promise<TestReport | undefined> {
  try {
    return await testsIn(suite.junit, name, context);
  } catch (error) {
    if (error instanceof TrunklineError && error.record.code === 'REPORT_MISSING') return undefined;
    throw error;
  }
}

function faultOf(report: TestReport, suite: Suite, end: string, ended: boolean, context: ActionContext): ErrorRecord | undefined {
  if (report.failed > 0) {
    const failures = report.cases.filter(({ outcome }) => outcome === 'failed');
    const names = failures.slice(0, 3).map(({ name }) => `"${name}"`).join(', ');
    const message = `${report.failed} of ${report.passed + report.failed} ${report.name} failed: ${names}${report.failed > 3 ? ' and more' : ''}`;
    return record('TESTS_FAILED', message, 'correct the change, or the tests', [...failures.slice(0, 10).flatMap(describe), ...context.lastLines(10)]);
  }
  if (report.passed === 0) return record('NO_TESTS_RAN', `"${suite.command}" executed no test (${report.skipped} skipped): that proves nothing`, 'see that the command finds its tests', context.lastLines(20));
  if (!ended) return record('TESTS_COMMAND_FAILED', `every test in ${suite.junit} passed, yet "${suite.command}" ended with ${end}`, 'see the last lines', context.lastLines(20));
  return undefined;
}

/** Where it failed and why, in a few lines. */
function describe({ suite, name, file, line, detail }: TestCase): readonly string[] {
  const place = file === undefined ? '' : `${file}${line === undefined ? '' : `:${line}`} `;
  const why = (detail ?? '').split('\n').filter((each) => each.trim() !== '').slice(0, 3).map((each) => `    ${each.trim()}`);
  return [`${place}${suite === '' ? '' : `${suite} > `}${name}`, ...why];
}

function failed(code: string, message: string, hint: string, lastLines: readonly string[]): Verdict {
  return { error: record(code, message, hint, lastLines) };
}

function record(code: string, message: string, hint: string, lastLines: readonly string[]): ErrorRecord {
  return { code, class: 'code', message, hint, ...(lastLines.length > 0 ? { lastLines } : {}) };
}
