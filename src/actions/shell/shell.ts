import { z } from 'zod';
import { TrunklineError, errorRecord, type ErrorRecord } from '../../foundation/errors.ts';
import { filesMatching } from '../../foundation/inside.ts';
import type { Json } from '../../foundation/units.ts';
import { readJUnitReports } from '../../reports/junit.ts';
import type { TestReport } from '../../reports/report.ts';
import type { ActionContext, ActionKind } from '../action.ts';
import { cachingFields, cachingOfShell } from './caching.ts';
import { missingFor } from './needs.ts';
import { faultOf } from './verdict.ts';

const reportPath = z.string().min(1).max(4_096).refine((path) => !path.startsWith('/') && !path.split(/[\\/]/).includes('..') && !path.includes('\0'), 'write a path inside the repository');

const input = z.strictObject({
  command: z.string().min(1).max(16_384),
  /** Where it writes JUnit XML: a file, or a glob for several. */
  junit: reportPath.optional(),
  /** Where it writes its coverage. */
  coverage: reportPath.optional(),
  ...cachingFields,
  /** What the hook before a commit runs instead; a run knows nothing of it. */
  staged: z.strictObject({ run: z.string().min(1).max(16_384), files: z.array(reportPath).optional(), tests: z.array(reportPath).optional() }).optional(),
});

export type ShellInput = z.infer<typeof input>;

/** Runs a command of the commit in the stage's cell; with `junit`, its tests decide too. */
export const shell: ActionKind<ShellInput> = {
  kind: 'shell',
  input,
  checkout: true,
  missing: ({ command }, { repository }) => missingFor(command, repository),
  caching: cachingOfShell,
  async run({ command, junit, coverage }, context) {
    const promised = [junit, coverage].filter((path) => path !== undefined);
    await removeStale(promised, context);
    const exit = await context.exec(command);
    context.signal.throwIfAborted();
    if (exit.ended === 'cancelled') throw new TrunklineError('CANCELLED', 'refused', `"${command}" was cancelled`);

    const tests = junit === undefined ? {} : await readTests(junit, context);
    const reportError = tests.reportError ?? await uncovered(coverage, context);
    const error = faultOf({ command, exit, ...tests, ...(reportError ? { reportError } : {}), lastLines: context.lastLines(20) });
    const output = outputOf(exit.code, tests.report);
    return error ? { passed: false, error, output } : { passed: true, output };
  },
};

/** In the cell, like everything that writes among the files of a commit: there a link leads nowhere. */
async function removeStale(paths: readonly string[], context: ActionContext): Promise<void> {
  if (paths.length === 0) return;
  const stale = [...(await filesMatching(context.workdir, paths)).values()].flat().map(({ path }) => path);
  if (stale.length === 0) return;
  const exit = await context.exec(['rm', '-f', '--', ...stale]);
  if (exit.code !== 0) throw new TrunklineError('REPORT_STALE', 'infra', `a report of an earlier command could not be removed: ${stale[0]}`, 'let nothing in the commit make it read-only', context.lastLines(5));
}

async function readTests(junit: string, context: ActionContext): Promise<{ readonly report?: TestReport; readonly reportError?: ErrorRecord }> {
  try {
    const report = await readJUnitReports(context.workdir, junit, context.action);
    await context.report(report);
    return { report };
  } catch (thrown) {
    if (thrown instanceof TrunklineError) return { reportError: errorRecord(thrown) };
    throw thrown;
  }
}

/** Promised coverage that was not written is no coverage. */
async function uncovered(coverage: string | undefined, context: ActionContext): Promise<ErrorRecord | undefined> {
  if (coverage === undefined) return undefined;
  const found = (await filesMatching(context.workdir, [coverage])).get(coverage) ?? [];
  if (found.some(({ type }) => type === 'file')) return undefined;
  return { code: 'COVERAGE_MISSING', class: 'code', message: `there is no coverage at ${coverage}`, hint: 'have the test command write it there, or correct "coverage" in trunkline.config.ts' };
}

function outputOf(exitCode: number | null, report: TestReport | undefined): Json {
  return { exitCode, ...(report ? { tests: { passed: report.passed, failed: report.failed, skipped: report.skipped } } : {}) };
}
