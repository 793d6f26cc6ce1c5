import type { Instant, Millis } from '../foundation/units.ts';
import { severities, type Severity } from './names.ts';
import type { Covered, Report } from './report.ts';

/** A run of the trunk with all that its actions reported. */
export interface ReportedRun {
  readonly run: string;
  readonly commit: string;
  readonly startedAt: Instant;
  readonly outcome: string;
  readonly durationMs?: Millis;
  readonly stages: readonly { readonly stage: string; readonly durationMs: Millis }[];
  readonly actions: readonly { readonly action: string; readonly row: string; readonly durationMs?: Millis; readonly reports: readonly Report[] }[];
}

/** What one run measured; what none of its actions reported is null. */
export interface TrendPoint {
  readonly run: string;
  readonly commit: string;
  readonly startedAt: Instant;
  readonly outcome: string;
  readonly durationMs: Millis | null;
  readonly stages: { readonly [stage: string]: Millis };
  /** By `stage.action`. */
  readonly actions: { readonly [action: string]: Millis };
  readonly tests: { readonly passed: number; readonly failed: number; readonly skipped: number } | null;
  readonly coverage: { readonly lines: Covered; readonly changed: Covered | null } | null;
  /** Those that count, by severity, and those that do not. */
  readonly findings: { readonly [severity in Severity]: number } & { readonly known: number; readonly suppressed: number } | null;
  readonly components: number | null;
}

/** A number of each run, oldest first; null where a run has none. */
export interface Series {
  readonly name: string;
  readonly unit: 'ms' | 'count' | 'share';
  readonly values: readonly (number | null)[];
}

/** @param row only what serves this row of the specification; else all. */
export function trendPoint({ actions, stages, durationMs, ...run }: ReportedRun, row?: string): TrendPoint {
  const meant = actions.filter((each) => row === undefined || each.row === row);
  const reports = meant.flatMap((each) => each.reports);
  return {
    run: run.run, commit: run.commit, startedAt: run.startedAt, outcome: run.outcome, durationMs: durationMs ?? null,
    stages: Object.fromEntries(row === undefined ? stages.map((each) => [each.stage, each.durationMs]) : []),
    actions: Object.fromEntries(meant.flatMap((each) => (each.durationMs === undefined ? [] : [[each.action, each.durationMs]]))),
    tests: testsIn(reports), coverage: coverageIn(reports), findings: findingsIn(reports), components: componentsIn(reports),
  };
}

/** Every number that at least one of the runs has. */
export function seriesOf(points: readonly TrendPoint[]): readonly Series[] {
  const series = (name: string, unit: Series['unit'], value: (point: TrendPoint) => number | null): Series => ({ name, unit, values: points.map(value) });
  const names = (field: 'stages' | 'actions'): readonly string[] => [...new Set(points.flatMap((point) => Object.keys(point[field])))];
  const all = [
    series('run', 'ms', ({ durationMs }) => durationMs),
    ...names('stages').map((name) => series(name, 'ms', ({ stages }) => stages[name] ?? null)),
    ...names('actions').map((name) => series(name, 'ms', ({ actions }) => actions[name] ?? null)),
    series('tests', 'count', ({ tests }) => (tests ? tests.passed + tests.failed + tests.skipped : null)),
    series('failed tests', 'count', ({ tests }) => tests?.failed ?? null),
    series('coverage', 'share', ({ coverage }) => shareOf(coverage?.lines)),
    series('coverage of changes', 'share', ({ coverage }) => shareOf(coverage?.changed)),
    ...[...severities, 'known' as const, 'suppressed' as const].map((sort) => series(`${sort} findings`, 'count', ({ findings }) => findings?.[sort] ?? null)),
    series('components', 'count', ({ components }) => components),
  ];
  return all.filter(({ values }) => values.some((value) => value !== null));
}

const BARS = '▁▂▃▄▅▆▇█';

/** One sign for each number, between the least and the greatest of them; a dot where there is none. */
export function sparkline(values: readonly (number | null)[]): string {
  const numbers = values.filter((value) => value !== null);
  const [least, most] = [Math.min(...numbers), Math.max(...numbers)];
  return values.map((value) => {
    if (value === null) return '·';
    return most === least ? BARS[3] : BARS[Math.round(((value - least) / (most - least)) * (BARS.length - 1))];
  }).join('');
}

function testsIn(reports: readonly Report[]): TrendPoint['tests'] {
  const all = reports.filter((report) => report.type === 'tests');
  const sum = (field: 'passed' | 'failed' | 'skipped'): number => all.reduce((total, report) => total + report[field], 0);
  return all.length === 0 ? null : { passed: sum('passed'), failed: sum('failed'), skipped: sum('skipped') };
}

/** Two actions may read one file: the report that knows most lines is meant. */
function coverageIn(reports: readonly Report[]): TrendPoint['coverage'] {
  const [widest] = reports.filter((report) => report.type === 'coverage').sort((a, b) => b.lines.total - a.lines.total);
  return widest ? { lines: widest.lines, changed: widest.changed ?? null } : null;
}

function findingsIn(reports: readonly Report[]): TrendPoint['findings'] {
  const all = reports.filter((report) => report.type === 'findings');
  if (all.length === 0) return null;
  const standing = (which: string): number => all.reduce((sum, { findings }) => sum + findings.filter((each) => each.standing === which).length, 0);
  const counts = Object.fromEntries(severities.map((severity) => [severity, all.reduce((sum, { counts: each }) => sum + each[severity], 0)])) as { readonly [severity in Severity]: number };
  return { ...counts, known: standing('known'), suppressed: standing('suppressed') };
}

/** One list may be written in two formats. */
function componentsIn(reports: readonly Report[]): number | null {
  const counts = reports.filter((report) => report.type === 'sbom').map(({ components }) => components);
  return counts.length === 0 ? null : Math.max(...counts);
}

function shareOf(covered: Covered | null | undefined): number | null {
  return covered && covered.total > 0 ? covered.covered / covered.total : null;
}
