import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { sbomDocument, terminal, toldRun } from './fixture.testing.ts';
import { plain } from '../../foundation/plain.ts';
import { linesWithin } from './plain.ts';
import { problemLines } from './problem-lines.ts';
import { printWhole } from './whole.ts';

async function printed(named?: (text: string) => string, isTTY = false): Promise<string> {
  const { terminal: screen, out } = terminal({ isTTY });
  for (const action of toldRun(named).actions) await printWhole(screen, action, async () => sbomDocument(named));
  return out();
}

test('the whole report has failed tests with detail, the flow of data, suppressions with reason and day, and components', async () => {
  const text = await printed();
  for (const said of [
    /✘ orders > total > adds the tax  src\/total\.test\.ts:7\n {6}expected 3, got 4\n/, /src\/total\.ts +30 % +5 +4-9, 12\n/,
    /12  high  sql-injection: a query is put together from a request\n/, /1\. src\/http\.ts:3  it comes from the query of a request\n/, /why: a customer can read every order\n {8}fix: give the value as a parameter\n/,
    /src\/page\.ts:9 +low +xss +2027-01-31 +a number +src\/page\.ts:8\n/, /known: 1 in the baseline \(1 weak-crypto\)\n/, /left-pad +1\.0\.0 +MIT\n/,
  ]) assert.match(text, said);
  assert.ok(text.indexOf('adds the tax') < text.indexOf('orders > total  '), 'the failed test comes before the suites');
});

test('colour is for terminals', async () => {
  assert.ok(!(await printed()).includes('\u001b['));
  assert.ok((await printed(undefined, true)).includes('\u001b['));
});

// oxlint-disable-next-line no-control-regex -- what a terminal would act on
const ACTED_ON = /[\u0000-\u0009\u000b-\u001f\u007f-\u009f\u200e\u200f\u2028-\u202e\u2066-\u2069]/;
const hostile = fc.oneof(fc.string({ unit: 'binary' }), fc.constantFrom('\u001b]0;title\u0007', '\u001b[31mred', '\u001b[2J', '\u202egnp.exe', '\r', '\u009b31m', '\u001b]8;;http://evil\u001b\\click'));

test('whatever names and texts hold, nothing that a terminal acts on is printed', async () => {
  await fc.assert(fc.asyncProperty(hostile, async (text) => {
    assert.doesNotMatch(await printed((each) => text + each), ACTED_ON);
  }), { numRuns: 100 });
});

test('a text of others is one line, and a longer one stays in its lines', () => {
  fc.assert(fc.property(hostile, hostile, (a, b) => {
    assert.doesNotMatch(plain(`${a}\n${b}`), /\n/);
    for (const line of linesWithin(`${a}\n${b}`)) assert.doesNotMatch(plain(line), ACTED_ON);
  }));
});

test('a problem is a line that editors can read, with why and how to fix it below', () => {
  const [, sast] = toldRun().actions;
  assert.deepEqual(problemLines(sast!.reports, 5).map(String), [
    'src/orders & co/db.ts:12 high sql-injection: a query is put together from a request (note)', '  why: a customer can read every order', '  fix: give the value as a parameter',
  ]);
});

test('beyond the first, problems are counted', () => {
  const [tests] = toldRun().actions;
  assert.deepEqual(problemLines(tests!.reports, 0).map(String), ['and 1 more']);
});
