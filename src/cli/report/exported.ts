import { plainDocument, plainJson } from '../../foundation/plain.ts';
import { TrunklineError } from '../../foundation/errors.ts';
import type { Instant, Json, Millis } from '../../foundation/units.ts';
import { junitXml } from '../../reports/junit-xml.ts';
import type { Report } from '../../reports/report.ts';
import { sarifLog } from '../../reports/sarif-log.ts';
import { pageOf } from '../page/page.ts';
import type { Reported } from './reported.ts';
import type { Documents } from './whole.ts';

export const formats = ['sarif', 'junit', 'html', 'json'] as const;
export type ExportFormat = (typeof formats)[number];

/** A run, or a local build, with those of its actions that are to be told. */
export interface Told {
  readonly title: string;
  readonly outcome: string;
  readonly startedAt?: Instant;
  readonly endedAt?: Instant;
  readonly actions: readonly Reported[];
  /** The chain of actions that the time was made of, each as `stage.action`. */
  readonly critical?: readonly { readonly action: string; readonly ms: Millis }[];
}

/** Rows whose findings viewers are to sort as security. */
const SECURITY: ReadonlySet<string> = new Set(['build.secrets', 'build.sast', 'build.sca', 'gamma.dast']);

/** The reports in a format that others read; in a file, too, nothing in them acts on a terminal. @throws {TrunklineError} `REPORT_UNSUITABLE` where the format can't hold any of them. */
export async function exported(format: ExportFormat, told: Told, documents: Documents): Promise<string> {
  const { actions } = told;
  switch (format) {
    case 'json': return text(actions.flatMap(({ stage, action, row, state, reports }) => (reports.length === 0 ? [] : [{ stage, action, row, state, reports }])));
    case 'sarif': return text(sarifLog(some(actions.flatMap(({ row, reports }) => only(reports, 'findings').map((report) => [report, { security: SECURITY.has(row) }] as const)), 'findings', 'SARIF')));
    case 'junit': {
      const reports = some(actions.flatMap(({ reports: all }) => only(all, 'tests')), 'test results', 'JUnit XML');
      const [first] = reports;
      if (reports.length === 1 && first) return plainDocument(junitXml(first));
      // What reads XML is loaded by nothing else of the command line.
      const { mergeTests } = await import('../../reports/junit.ts');
      return plainDocument(junitXml(mergeTests(reports, told.title)));
    }
    case 'html': return pageOf(told, await componentsBy(actions, documents));
  }
}

/** The documents that SBOM reports name, by digest, as far as they are still there. */
async function componentsBy(actions: readonly Reported[], documents: Documents): Promise<ReadonlyMap<string, Json>> {
  const found = await Promise.all(actions.flatMap(({ reports }) => only(reports, 'sbom')).map(async (report) => [report.document, await documents(report)] as const));
  return new Map(found.flatMap(([digest, document]) => (document === undefined ? [] : [[digest, document]])));
}

function only<Type extends Report['type']>(reports: readonly Report[], type: Type): readonly Extract<Report, { type: Type }>[] {
  return reports.filter((report): report is Extract<Report, { type: Type }> => report.type === type);
}

function some<Item>(items: readonly Item[], what: string, format: string): readonly Item[] {
  if (items.length > 0) return items;
  throw new TrunklineError('REPORT_UNSUITABLE', 'usage', `there are no ${what} to write as ${format}`, 'name an action that reports them, or take --format html or json, which hold every sort of report');
}

function text(value: unknown): string {
  return `${plainJson(value)}\n`;
}
