import assert from 'node:assert/strict';
import { test } from 'node:test';
import { coverageReport, findingsReport, testReport } from './fixture.testing.ts';
import { seriesOf, sparkline, trendPoint, type ReportedRun } from './trend.ts';

const run: ReportedRun = {
  run: 'r-1', commit: 'abc', startedAt: 1_000, outcome: 'SUCCEEDED', durationMs: 9_000, stages: [{ stage: 'build', durationMs: 5_000 }],
  actions: [
    { action: 'build.unit-tests', row: 'build.unit-tests', durationMs: 2_000, reports: [testReport, coverageReport] },
    { action: 'build.sast', row: 'build.sast', durationMs: 400, reports: [findingsReport] },
    { action: 'build.sbom', row: 'build.sbom', reports: [{ type: 'sbom', format: 'cyclonedx', components: 312, document: `sha256:${'0'.repeat(64)}` }, { type: 'sbom', format: 'spdx', components: 312, document: `sha256:${'1'.repeat(64)}` }] },
  ],
};

test('a run is one point with all that its actions reported', () => {
  const point = trendPoint(run);
  assert.deepEqual(point.tests, { passed: 2, failed: 1, skipped: 1 });
  assert.deepEqual(point.coverage, { lines: { covered: 873, total: 999 }, changed: { covered: 10, total: 11 } });
  assert.deepEqual(point.findings, { critical: 0, high: 1, medium: 0, low: 0, info: 0, known: 1, suppressed: 2 });
  assert.equal(point.components, 312);
  assert.deepEqual([point.stages, point.actions], [{ build: 5_000 }, { 'build.unit-tests': 2_000, 'build.sast': 400 }]);
});

test('one row alone leaves the others out', () => {
  const point = trendPoint(run, 'build.sast');
  assert.deepEqual([point.tests, point.components, point.stages, point.actions], [null, null, {}, { 'build.sast': 400 }]);
});

test('a series has a place for every run, and only what some run measured has a series', () => {
  const series = seriesOf([trendPoint({ ...run, actions: [] }), trendPoint(run)]);
  assert.deepEqual(series.find(({ name }) => name === 'failed tests')?.values, [null, 1]);
  assert.deepEqual(seriesOf([trendPoint({ ...run, actions: [], stages: [] })]).map(({ name }) => name), ['run']);
});

test('a sparkline shows the least lowest, the greatest highest, and what is missing as a dot', () => {
  assert.equal(sparkline([0, null, 7]), '▁·█');
  assert.equal(sparkline([5, 5]), '▄▄');
  assert.equal(sparkline([null]), '·');
});
