import { aside, moduleBeside } from '../foundation/aside.ts';
import type { CoverageChanges, CoverageRead } from '../reports/coverage.ts';
import type { FindingsRead } from '../reports/formats.ts';
import type { FindingsFormatName } from '../reports/names.ts';
import type { TestReport } from '../reports/report.ts';
import type { ActionContext } from './action.ts';
import type { WrittenBill } from './sbom/bill.ts';

/** What commands of a commit wrote is read in a thread apart: it may be made so that reading it never ends. */
type Reading = Pick<ActionContext, 'workdir' | 'action' | 'signal'>;

const beside = (path: string): URL => moduleBeside(import.meta.url, path);

/** @throws like `readJUnitReports`; `READING_TOO_COSTLY`. */
export async function testsIn(pattern: string, name: string, { workdir, signal }: Reading): Promise<TestReport> {
  return await aside({ module: beside('../reports/junit'), name: 'readJUnitReports', given: [workdir, pattern, name], what: `reading the test report ${pattern}`, signal }) as TestReport;
}

/** @throws like `readFindings`; `READING_TOO_COSTLY`. */
export async function findingsIn(format: FindingsFormatName, pattern: string, { workdir, signal }: Reading): Promise<FindingsRead> {
  return await aside({ module: beside('../reports/formats'), name: 'readFindings', given: [workdir, format, pattern], what: `reading the "${format}" report ${pattern}`, signal }) as FindingsRead;
}

/** @throws like `readCoverage`; `READING_TOO_COSTLY`. */
export async function coverageIn(pattern: string, changed: CoverageChanges, { workdir, action, signal }: Reading): Promise<CoverageRead> {
  return await aside({ module: beside('../reports/coverage'), name: 'readCoverage', given: [workdir, pattern, action, changed], what: `reading the coverage ${pattern}`, signal }) as CoverageRead;
}

/** @throws like `readBills`; `READING_TOO_COSTLY`. */
export async function billsIn(pattern: string, { workdir, signal }: Reading): Promise<readonly WrittenBill[]> {
  return await aside({ module: beside('./sbom/bill'), name: 'readBills', given: [workdir, pattern], what: `reading the bill of materials ${pattern}`, signal }) as readonly WrittenBill[];
}
