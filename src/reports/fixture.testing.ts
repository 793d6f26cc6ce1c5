import type { CoverageReport, Finding, FindingsReport, TestReport } from './report.ts';

/** One of every sort of finding, for tests of what shows them. */
export const findings: readonly Finding[] = [
  {
    rule: 'sql-injection', severity: 'high', message: 'a query is put together from a request', why: 'a customer can read every order', fix: 'give the value as a parameter',
    help: 'https://cwe.mitre.org/data/definitions/89.html', file: 'src/orders & co/db.ts', line: 12, column: 5, endLine: 14, fingerprint: 'a'.repeat(32), standing: 'counts',
    steps: [{ file: 'src/http.ts', line: 3, message: 'it comes from the query of a request' }, { file: 'src/orders & co/db.ts', line: 12, message: 'it is run' }],
  },
  { rule: 'weak-crypto', severity: 'medium', message: 'MD5 is broken', file: 'src/hash.ts', line: 2, fingerprint: 'b'.repeat(32), standing: 'known' },
  { rule: 'xss', severity: 'low', message: 'text is written as markup', file: 'src/page.ts', line: 9, fingerprint: 'c'.repeat(32), standing: 'suppressed', suppression: { reason: 'a number', until: '2027-01-31', where: 'src/page.ts:8' } },
  { rule: 'CVE-2026-0001', severity: 'info', message: 'left-pad@1.0.0 pads', fingerprint: 'd'.repeat(32), standing: 'suppressed', suppression: { reason: 'never called', until: '2027-03-31', where: 'ignore[0]' } },
];

export const findingsReport: FindingsReport = {
  type: 'findings', name: 'sast', tools: [{ name: 'analyser', version: '1.2.3' }, { name: 'plug-in' }], scope: ['212 files'],
  counts: { critical: 0, high: 1, medium: 0, low: 0, info: 0 }, findings,
};

export const testReport: TestReport = {
  type: 'tests', name: 'unit-tests', passed: 2, failed: 1, skipped: 1, duration: 1_500.25,
  cases: [
    { suite: 'orders > total', name: 'adds the tax', outcome: 'failed', duration: 12.5, detail: 'expected 3, got 4\n    at total', file: 'src/total.test.ts', line: 7 },
    { suite: '', name: 'counts', outcome: 'passed', duration: 1 },
    { suite: 'test', name: 'twice', outcome: 'passed', duration: 0 },
    { suite: 'later', name: 'later', outcome: 'skipped', duration: 0 },
  ],
};

export const coverageReport: CoverageReport = {
  type: 'coverage', name: 'unit-tests', lines: { covered: 873, total: 999 }, branches: { covered: 1, total: 2 }, changed: { covered: 10, total: 11 },
  files: [{ file: 'src/total.ts', lines: { covered: 3, total: 10 }, missed: [[4, 9], [12, 12]], missedChanged: [[5, 5]] }, { file: 'src/db.ts', lines: { covered: 870, total: 989 }, missed: [[1, 119]] }],
};
