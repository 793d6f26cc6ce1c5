import assert from 'node:assert/strict';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import fc from 'fast-check';
import { testReport } from './fixture.testing.ts';
import { junitXml } from './junit-xml.ts';
import { readJUnit } from './junit.ts';
import type { TestCase, TestReport } from './report.ts';

let folder: string;
before(async () => {
  folder = await mkdtemp(join(tmpdir(), 'junit-xml-'));
});
after(() => rm(folder, { recursive: true }));

async function readBack(report: TestReport): Promise<TestReport> {
  const file = join(folder, 'report.xml');
  await writeFile(file, junitXml(report));
  return readJUnit(file, report.name);
}

// oxlint-disable-next-line no-control-regex -- what XML can't say is another test's matter
const CONTROLS = /[\u0000-\u0008\u000b\u000c\u000e-\u001f\ufffe\uffff]/g;
const anything = fc.oneof(fc.string({ unit: 'binary' }), fc.string({ unit: fc.constantFrom('<', '>', '&', '"', "'", ']', '\n', '\r', '\t', ' ', '\u001b', '\u0000', '\ufffe', 'é', '💥', ';', '#') }), fc.constantFrom(']]>', '<!--', '<![CDATA[', '&lt;', '&#0;', '<!DOCTYPE x>', 'test'));
const sayable = anything.map((text) => text.replaceAll(CONTROLS, '?'));
/** Microseconds, as they are read. */
const duration = fc.integer({ min: 0, max: 10_000_000 }).map((micros) => micros / 1_000);

/** Such reports as the reader gives: failed cases first, counted, with a place where one is told in the detail. */
function reports(text: fc.Arbitrary<string>): fc.Arbitrary<TestReport> {
  const place = fc.record({ file: text, line: fc.integer({ min: 1, max: 1e6 }) });
  const failed = fc.record({ suite: text, name: text, duration, detail: text.map((detail) => detail.trim()), place }).map(({ detail, place: at, ...rest }): TestCase => ({ ...rest, ...at, outcome: 'failed', ...(detail === '' ? {} : { detail }) }));
  const other = fc.record({ suite: text, name: text, duration, outcome: fc.constantFrom('passed' as const, 'skipped' as const), place: fc.option(place, { nil: {} }) }).map(({ place: at, ...rest }): TestCase => ({ ...rest, ...at }));
  return fc.tuple(fc.array(failed, { maxLength: 5 }), fc.array(other, { maxLength: 5 }), text, duration).map(([first, rest, name, time]) => ({
    type: 'tests', name, duration: time, passed: rest.filter(({ outcome }) => outcome === 'passed').length, failed: first.length, skipped: rest.filter(({ outcome }) => outcome === 'skipped').length, cases: [...first, ...rest],
  }));
}

test('test results are read back as they were', async () => {
  assert.deepEqual(await readBack(testReport), testReport);
  await fc.assert(fc.asyncProperty(reports(sayable), async (report) => {
    assert.deepEqual(await readBack(report), report);
  }), { numRuns: 60 });
});

test('whatever names and details hold, the document stays one, and what XML can\'t say is shown by a sign', async () => {
  await fc.assert(fc.asyncProperty(reports(anything), async (report) => {
    const once = await readBack(report);
    assert.deepEqual([once.passed, once.failed, once.skipped], [report.passed, report.failed, report.skipped]);
    assert.deepEqual(await readBack(once), once);
  }), { numRuns: 60 });
  assert.match(junitXml({ ...testReport, name: 'a\u001b[31m' }), /name="a␛\[31m"/);
});
