import { stagesOf, type PipelineState, type Run } from '../../core/state.ts';
import { TrunklineError } from '../../foundation/errors.ts';
import { formatDuration } from '../../foundation/units.ts';
import { rowIds } from '../../catalogue/rows.ts';
import { share } from '../../reports/in-short.ts';
import { severities } from '../../reports/names.ts';
import { seriesOf, sparkline, trendPoint, type ReportedRun, type Series, type TrendPoint } from '../../reports/trend.ts';
import type { Session } from '../command.ts';
import type { Product } from '../product.ts';
import { reportedIn } from '../report/reported.ts';
import type { Terminal } from '../terminal.ts';
import { paint } from '../text.ts';

/** `trunkline trends [ROW]` */
export async function trends({ terminal, json, product: open }: Session, { limit }: { readonly limit: string }, row?: string): Promise<void> {
  if (row !== undefined && !rowIds.some((id) => id === row)) throw new TrunklineError('ROW_UNKNOWN', 'usage', `the specification has no row ${JSON.stringify(row)}`, '"trunkline check" lists them; write one such as build.unit-tests');
  const product = await open();
  const state = product.state();
  const runs = [...state.runs.values()].filter(({ kind }) => kind === 'STANDARD').slice(-Math.max(1, Math.floor(Number(limit)) || 20));
  const points = (await Promise.all(runs.map((run) => reportedRun(product, state, run)))).map((run) => trendPoint(run, row));
  if (json) return terminal.json(points);
  if (points.length === 0) return terminal.print('nothing has run yet; "trunkline run" runs the head of the trunk');
  terminal.table(['run', 'commit', 'outcome', 'took', 'tests', 'failed', 'coverage', 'of changes', 'findings', 'known', 'components'], points.toReversed().map(cellsOf));
  if (terminal.isLive && points.length > 1) printSeries(terminal, seriesOf(points));
}

async function reportedRun(product: Product, state: PipelineState, run: Run): Promise<ReportedRun> {
  const last = run.finished?.at ?? state.latest;
  return {
    run: run.id, commit: run.commit, startedAt: run.startedAt, outcome: run.finished?.outcome ?? 'IN_PROGRESS', ...(run.finished ? { durationMs: last - run.startedAt } : {}),
    stages: stagesOf(run).flatMap(({ name }) => {
      const { enteredAt, endedAt } = run.stages[name] ?? {};
      return enteredAt === undefined || endedAt === undefined ? [] : [{ stage: name, durationMs: endedAt - enteredAt }];
    }),
    actions: (await reportedIn(product, run)).map(({ stage, action, row, durationMs, reports }) => ({ action: `${stage}.${action}`, row, reports, ...(durationMs === undefined ? {} : { durationMs }) })),
  };
}

function cellsOf({ run, commit, outcome, durationMs, tests, coverage, findings, components }: TrendPoint): readonly string[] {
  const counted = severities.flatMap((severity) => ((findings?.[severity] ?? 0) > 0 ? [`${findings?.[severity]} ${severity}`] : [])).join(', ');
  return [
    run, commit.slice(0, 12), outcome, durationMs === null ? '' : formatDuration(durationMs), tests ? String(tests.passed + tests.failed + tests.skipped) : '', tests ? String(tests.failed) : '',
    coverage ? share(coverage.lines) : '', coverage?.changed ? share(coverage.changed) : '', findings ? counted || 'none' : '', findings ? String(findings.known) : '', components === null ? '' : String(components),
  ];
}

function printSeries(terminal: Terminal, series: readonly Series[]): void {
  terminal.print();
  const telling = series.filter(({ values }) => values.some((value) => value !== null && value !== 0));
  terminal.table(['what', 'oldest to newest', 'least', 'most', 'last'], telling.map(({ name, unit, values }) => {
    const numbers = values.filter((value) => value !== null);
    return [name, paint('cyan', sparkline(values)), said(Math.min(...numbers), unit), said(Math.max(...numbers), unit), said(values.at(-1) ?? null, unit)];
  }));
}

function said(value: number | null, unit: Series['unit']): string {
  if (value === null) return '·';
  if (unit === 'ms') return formatDuration(value);
  return unit === 'share' ? `${Math.floor(value * 1_000) / 10} %` : String(value);
}
