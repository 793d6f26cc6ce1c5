import type { ErrorRecord } from '../../foundation/errors.ts';
import type { Json } from '../../foundation/units.ts';
import { shareOf } from '../../reports/covered-lines.ts';
import type { Covered, CoverageReport } from '../../reports/report.ts';
import type { ActionContext } from '../action.ts';
import { coverageIn } from '../reading.ts';
import type { ShellInput } from './shell.ts';

type Limits = NonNullable<ShellInput['atLeast']>;

export interface Measured { readonly error?: ErrorRecord; readonly output: { readonly coverage: Json } }

const MOST_NAMED = 20;

/** Reads the coverage that the command wrote, keeps it with the run, and says whether it is enough. */
export async function measured({ coverage, atLeast }: { readonly coverage: string; readonly atLeast: Limits }, context: ActionContext): Promise<Measured> {
  const { report, elsewhere, unmeasured } = await coverageIn(coverage, await context.history.changedLines(), context);
  await context.report(report);
  context.log(`coverage: ${said(report.lines)} of lines${report.branches ? `, ${said(report.branches)} of branches` : ''}${report.changed ? `, ${said(report.changed)} of changed lines` : ''}`);
  if (report.changed?.total === 0) context.log('the commit changes no line that can be covered: nothing is asked of its changed lines');
  if (elsewhere.length > 0) context.log(`not of this repository, and not counted: ${elsewhere.join(', ')}`);
  if (unmeasured.length > 0) context.log(`changed, and not in the coverage: ${unmeasured.slice(0, MOST_NAMED).join(', ')}; have the tests measure files that no test loads too`);
  const error = faultOf(report, atLeast);
  const { lines, branches, changed } = report;
  return { ...(error ? { error } : {}), output: { coverage: { lines: { ...lines }, ...(branches ? { branches: { ...branches } } : {}), ...(changed ? { changedLines: { ...changed } } : {}) } } };
}

/** Why it is not enough, with the files and lines that lack it; undefined when it is. */
export function faultOf(report: CoverageReport, { lines, branches, changedLines }: Limits): ErrorRecord | undefined {
  if (branches !== undefined && report.branches === undefined) {
    return { code: 'COVERAGE_TOO_LOW', class: 'code', message: 'the coverage says nothing of branches, and "atLeast" asks for them', hint: 'have the tests measure branches, or take "branches" out of "atLeast"' };
  }
  const asked: readonly (readonly [what: string, is: Covered | undefined, least: number | undefined])[] = [['lines', report.lines, lines], ['branches', report.branches, branches], ['changed lines', report.changed, changedLines]];
  const lacking = asked.filter(([, is, least]) => is !== undefined && least !== undefined && shareOf(is) < least);
  if (lacking.length === 0) return undefined;
  const onlyChanged = lacking.every(([what]) => what === 'changed lines');
  const missed = report.files.flatMap((file) => {
    const ranges = onlyChanged ? file.missedChanged ?? [] : file.missed;
    return ranges.length === 0 ? [] : [`${file.file}:${ranges.slice(0, 10).map(([first, last]) => (first === last ? first : `${first}-${last}`)).join(', ')}${ranges.length > 10 ? ', …' : ''}: no test reaches ${onlyChanged ? 'what the commit changed here' : 'these lines'} (${said(file.lines)} of the file)`];
  });
  return {
    code: 'COVERAGE_TOO_LOW', class: 'code', message: lacking.map(([what, is, least]) => `${said(is!)} of ${what} ${is!.total === 1 ? 'is' : 'are'} covered, and ${percent(least!)} must be`).join('; ') + (missed[0] ? `: ${missed[0].split(': ')[0]}` : ''),
    hint: 'test the lines that are named', lastLines: missed.slice(0, MOST_NAMED),
  };
}

function said(covered: Covered): string {
  return `${percent(shareOf(covered))} (${covered.covered} of ${covered.total})`;
}

/** Rounded down: what is not enough must not look like it. */
function percent(share: number): string {
  return `${Math.floor(share * 1_000 + 1e-9) / 10} %`;
}
