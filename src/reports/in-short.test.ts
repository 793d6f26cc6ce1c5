import assert from 'node:assert/strict';
import { test } from 'node:test';
import { coverageReport, findingsReport, testReport } from './fixture.testing.ts';
import { inShort, share } from './in-short.ts';
import { noneFrom } from './names.ts';
import { problemsIn } from './problems.ts';

test('a report is one short line', () => {
  assert.equal(inShort(testReport), 'tests 2 passed, 1 failed, 1 skipped');
  assert.equal(inShort(coverageReport), 'coverage 87.3 % of lines, 50 % of branches, 90.9 % of what changed');
  assert.equal(inShort({ ...coverageReport, changed: { covered: 0, total: 0 } }), 'coverage 87.3 % of lines, 50 % of branches, no changed line to cover');
  assert.equal(inShort(findingsReport), '1 high, 1 known, 2 suppressed until 2027-01-31 or later');
  assert.equal(inShort({ type: 'sbom', format: 'cyclonedx', components: 1_312, document: `sha256:${'0'.repeat(64)}` }), '1,312 components');
});

test('what is over a limit is said to be, where the limit is known', () => {
  assert.match(inShort(findingsReport, noneFrom('high')), /^1 high over the limit, /);
  assert.match(inShort({ ...findingsReport, counts: { ...findingsReport.counts, high: 3 } }, { high: 2 }), /^3 high over the limit of 2, /);
  assert.match(inShort(findingsReport, { high: 1 }), /^1 high, /);
});

test('nothing found is said, and almost everything is not everything', () => {
  assert.equal(inShort({ ...findingsReport, counts: { critical: 0, high: 0, medium: 0, low: 0, info: 0 }, findings: [] }), 'nothing found');
  assert.equal(share({ covered: 99_999, total: 100_000 }), '99.9 %');
  assert.equal(share({ covered: 0, total: 0 }), 'nothing to cover');
});

test('problems are failed tests and findings that count, with place, reason and remedy', () => {
  const problems = problemsIn([coverageReport, testReport, findingsReport]);
  assert.deepEqual(problems.map(({ sort, file, line, rule }) => [sort, file, line, rule]), [
    ['failed', 'src/total.test.ts', 7, 'orders > total > adds the tax'], ['high', 'src/orders & co/db.ts', 12, 'sql-injection'],
  ]);
  assert.equal(problems[1]?.fix, 'give the value as a parameter');
});

test('changed lines without a test are a problem where nothing worse is', () => {
  assert.deepEqual(problemsIn([coverageReport]).map(({ file, line, message }) => [file, line, message]), [['src/total.ts', 5, 'no test reaches the changed lines 5']]);
});
