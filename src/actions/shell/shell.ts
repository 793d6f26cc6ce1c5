import { dirname } from 'node:path';
import { z } from 'zod';
import { TrunklineError } from '../../foundation/errors.ts';
import { Folder } from '../../foundation/folder.ts';
import type { Json } from '../../foundation/units.ts';
import { findingsFormats, severities } from '../../reports/names.ts';
import type { TestReport } from '../../reports/report.ts';
import type { ActionContext, ActionKind } from '../action.ts';
import { networkOf } from '../../pipeline/network.ts';
import { networkInput } from '../network-input.ts';
import { prepareWorkdir } from '../preparation.ts';
import { portsOf } from '../served.ts';
import { removeStale } from '../stale.ts';
import { cachingFields, cachingOfShell } from './caching.ts';
import { measured } from './coverage.ts';
import { concluded } from './findings.ts';
import { missingFor } from './needs.ts';
import { orFault, readTests } from './results.ts';
import { listed } from './sbom.ts';
import { faultOf } from './verdict.ts';

const reportPath = z.string().min(1).max(4_096).refine((path) => !path.startsWith('/') && !path.split(/[\\/]/).includes('..') && !path.includes('\0'), 'write a path inside the repository');
const share = z.number().min(0).max(1).optional();

const input = z.strictObject({
  command: z.string().min(1).max(16_384),
  /** Makes the fresh checkout ready, once for all actions of the stage that name it. */
  prepare: z.string().min(1).max(16_384).optional(),
  /** Where it may go; by default what its row and its command need. */
  network: networkInput.optional(),
  /** Where it writes JUnit XML: a file, or a glob for several. */
  junit: reportPath.optional(),
  /** Where it writes its coverage: lcov or Cobertura. */
  coverage: reportPath.optional(),
  /** The least of it. */
  atLeast: z.strictObject({ lines: share, branches: share, changedLines: share }).optional(),
  /** Where it writes what it found, by format. */
  findings: z.partialRecord(z.enum(findingsFormats), reportPath).optional(),
  /** The most that there may be of each severity. */
  limits: z.partialRecord(z.enum(severities), z.int().min(0)).optional(),
  /** Where it writes a list of all dependencies: CycloneDX or SPDX, as JSON. */
  sbom: reportPath.optional(),
  ...cachingFields,
  /** What the hook before a commit runs instead; a run knows nothing of it. */
  staged: z.strictObject({ run: z.string().min(1).max(16_384), files: z.array(reportPath).optional(), tests: z.array(reportPath).optional() }).optional(),
});

export type ShellInput = z.infer<typeof input>;

/** Runs a command of the commit in the stage's cell; what it writes of tests, coverage, findings and dependencies decides too. */
export const shell: ActionKind<ShellInput> = {
  kind: 'shell',
  input,
  checkout: true,
  missing: missingFor,
  caching: cachingOfShell,
  async run({ command, prepare, network, junit, coverage, atLeast, findings, limits, sbom }, context) {
    if (prepare !== undefined) await prepareWorkdir(prepare, context, network);
    const promised = [junit, coverage, sbom, ...Object.values(findings ?? {})].filter((path) => path !== undefined);
    await removeStale(promised, context);
    await makeFolders(promised, context);
    const exit = await context.exec(command, { reach: { hosts: networkOf({ row: context.row, command, network }), ports: await portsOf(context) } });
    context.signal.throwIfAborted();
    if (exit.ended === 'cancelled') throw new TrunklineError('CANCELLED', 'refused', `"${command}" was cancelled`);

    const lastLines = context.lastLines(20);
    const tests = junit === undefined ? {} : await orFault(() => readTests(junit, context));
    // What was ended from outside has left its reports as they happened to be.
    const isWhole = exit.ended === 'by-itself' && exit.signal === null;
    const cover = coverage === undefined || !isWhole ? {} : await orFault(() => measured({ coverage, atLeast: atLeast ?? {} }, context));
    const found = findings === undefined || !isWhole ? {} : await orFault(() => concluded({ findings, limits }, exit.code, context));
    const isExplained = found.value?.explains ?? false;
    const bill = sbom === undefined || !isWhole || exit.code !== 0 && !isExplained ? {} : await orFault(() => listed(sbom, context));
    const error = faultOf({
      command, exit, lastLines, isExplained,
      ...(tests.value ? { report: tests.value } : {}), over: found.value?.error, uncovered: cover.value?.error, unread: [tests.fault, found.fault, cover.fault, bill.fault],
    });
    const output: Json = { exitCode: exit.code, ...testsOf(tests.value), ...cover.value?.output, ...found.value?.output, ...bill.value };
    return error ? { passed: false, error, output } : { passed: true, output };
  },
};

/** Most tools, and the shell, write into no folder that is not there; a fresh checkout has none for reports. */
async function makeFolders(paths: readonly string[], context: ActionContext): Promise<void> {
  const wanted = [...new Set(paths.filter((path) => !/[*?{]/.test(path)).map((path) => dirname(path)))].filter((path) => path !== '.');
  await using checkout = await Folder.open(context.workdir);
  const folders: string[] = [];
  for (const path of wanted) if (await checkout.look(path) !== 'folder') folders.push(path);
  if (folders.length === 0) return;
  const exit = await context.exec(['mkdir', '-p', '--', ...folders]);
  if (exit.code !== 0) throw new TrunklineError('REPORT_STALE', 'infra', `the folder of a report could not be made: ${folders[0]}`, 'let no file of the commit lie where the configuration wants a folder', context.lastLines(5));
}

function testsOf(report: TestReport | undefined): { readonly tests?: Json } {
  return report ? { tests: { passed: report.passed, failed: report.failed, skipped: report.skipped } } : {};
}
