import type { Severity } from './names.ts';
import type { CoverageReport, Finding, Report, TestCase } from './report.ts';

/** A place that somebody has to look at: a failed test, a finding that counts, or changed lines that no test reaches. */
export interface Problem {
  readonly sort: Severity | 'failed' | 'uncovered';
  readonly file?: string;
  readonly line?: number;
  /** The rule; of a test, its suite and name. */
  readonly rule: string;
  readonly message: string;
  readonly why?: string;
  readonly fix?: string;
}

/** What stands in the way, the worst first. Uncovered lines are told only where nothing worse is. */
export function problemsIn(reports: readonly Report[]): readonly Problem[] {
  const worse = reports.flatMap((report): readonly Problem[] => {
    if (report.type === 'tests') return report.cases.filter(({ outcome }) => outcome === 'failed').map(failed);
    return report.type === 'findings' ? report.findings.filter(({ standing }) => standing === 'counts').map(found) : [];
  });
  return worse.length > 0 ? worse : reports.flatMap((report) => (report.type === 'coverage' ? uncovered(report) : []));
}

/** `src/db.ts:12`, or that it is the project as a whole. */
export function placeOf({ file, line }: { readonly file?: string; readonly line?: number }): string {
  return file === undefined ? 'the project' : `${file}${line === undefined ? '' : `:${line}`}`;
}

/** A test by its suite and its name. */
export function titleOf({ suite, name }: Pick<TestCase, 'suite' | 'name'>): string {
  return suite === '' ? name : `${suite} > ${name}`;
}

/** `12, 14-18`. */
export function linesIn(ranges: readonly (readonly [first: number, last: number])[]): string {
  return ranges.map(([first, last]) => (first === last ? `${first}` : `${first}-${last}`)).join(', ');
}

function failed({ file, line, detail = '', ...test }: TestCase): Problem {
  return { sort: 'failed', ...where(file, line), rule: titleOf(test), message: detail };
}

function found({ severity, rule, message, note, why, fix, file, line }: Finding): Problem {
  return { sort: severity, ...where(file, line), rule, message: note === undefined ? message : `${message} (${note})`, ...(why === undefined ? {} : { why }), ...(fix === undefined ? {} : { fix }) };
}

function uncovered({ files }: CoverageReport): readonly Problem[] {
  return files.flatMap(({ file, missedChanged = [] }): readonly Problem[] => {
    const [first] = missedChanged;
    return first ? [{ sort: 'uncovered', file, line: first[0], rule: 'changed-lines', message: `no test reaches the changed lines ${linesIn(missedChanged)}`, fix: 'write a test that runs them' }] : [];
  });
}

function where(file: string | undefined, line: number | undefined): { readonly file?: string; readonly line?: number } {
  return { ...(file === undefined ? {} : { file }), ...(line === undefined ? {} : { line }) };
}
