import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { closeSync, mkdirSync, mkdtempSync, openSync, readFileSync, rmSync, writeFileSync, writeSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, dirname, join } from 'node:path';
import { test, type TestContext } from 'node:test';
import { fileURLToPath } from 'node:url';
import type { TrunklineError } from '../foundation/errors.ts';
import { readCoverage, type CoverageChanges } from './coverage.ts';
import { readJUnitReports } from './junit.ts';

const recorded = fileURLToPath(new URL('../../test/recorded/', import.meta.url));

function checkout(t: TestContext, files: { readonly [path: string]: string }): string {
  const root = mkdtempSync(join(tmpdir(), 'coverage-'));
  t.after(() => rmSync(root, { recursive: true, force: true }));
  for (const [path, text] of Object.entries(files)) {
    mkdirSync(dirname(join(root, path)), { recursive: true });
    writeFileSync(join(root, path), text.replaceAll('/checkout', root));
  }
  return root;
}

async function read(t: TestContext, content: string, files: readonly string[] = ['a.js'], changed?: CoverageChanges) {
  return readCoverage(checkout(t, { report: content, ...Object.fromEntries(files.map((file) => [file, ''])) }), 'report', 'unit', changed);
}

const refusal = (code: string, message: RegExp) => (thrown: unknown): true => {
  const { record } = thrown as TrunklineError;
  assert.equal(record?.code, code, String(thrown));
  assert.match(record.message, message);
  return true;
};

const lcov = (file: string, ...marks: readonly string[]): string => `SF:${file}\n${marks.join('\n')}\nend_of_record\n`;

for (const [tool, file, lines, branches, missed] of [
  ['jest', 'jest/lcov.info', [3, 4], [2, 4], [[3, 3]]], ['jest', 'jest/cobertura-coverage.xml', [3, 4], [2, 4], [[3, 3]]],
  ['vitest', 'vitest/lcov.info', [2, 3], [2, 4], [[3, 3]]], ['vitest', 'vitest/cobertura-coverage.xml', [2, 3], [2, 4], [[3, 3]]],
  ['node:test', 'node-test/lcov.info', [4, 6], [2, 4], [[3, 4]]],
] as const) {
  test(`${tool}: ${file} is read as the tool wrote it`, async (t) => {
    const { report, elsewhere } = await readCoverage(checkout(t, { 'src/sign.js': '', [basename(file)]: readFileSync(join(recorded, file), 'utf8') }), basename(file), 'unit');
    assert.deepEqual([[report.lines.covered, report.lines.total], [report.branches?.covered, report.branches?.total]], [lines, branches]);
    assert.deepEqual(report.files.map((each) => [each.file, each.missed]), [['src/sign.js', missed]]);
    assert.deepEqual(elsewhere, []);
  });
}

for (const file of ['pytest/coverage.xml', 'pytest/lcov.info']) {
  test(`coverage.py: ${file} is read as the tool wrote it`, async (t) => {
    const { report } = await readCoverage(checkout(t, { 'src/sign.py': '', 'src/test_sign.py': '', report: readFileSync(join(recorded, file), 'utf8') }), 'report', 'unit');
    assert.deepEqual([report.lines, report.files.map((each) => [each.file, each.missed])], [{ covered: 11, total: 13 }, [['src/sign.py', [[3, 3]]], ['src/test_sign.py', [[15, 15]]]]]);
    assert.ok((report.branches?.covered ?? 0) < (report.branches?.total ?? 0));
  });
}

for (const [file, counts] of [['jest/jest.xml', [1, 1, 1]], ['vitest/vitest.xml', [1, 1, 1]], ['node-test/node.xml', [1, 1, 1]], ['pytest/pytest.xml', [1, 1, 1]], ['published/surefire.xml', [1, 1, 1]]] as const) {
  test(`${file} is read as a report of tests`, async (t) => {
    const report = await readJUnitReports(checkout(t, { 'unit.xml': readFileSync(join(recorded, file), 'utf8') }), 'unit.xml', 'unit');
    assert.deepEqual([report.passed, report.failed, report.skipped], counts);
    assert.match(report.cases[0]?.name ?? '', /of less <&> nothing|test_minus|removes/);
    assert.ok(report.cases[0]?.detail);
  });
}

test('of several reports a line that one of them has hit is hit, and so is a branch', async (t) => {
  const root = checkout(t, { 'a.js': '', 'b.js': '', 'r/1.info': lcov('a.js', 'DA:1,1', 'DA:2,0', 'BRDA:1,0,0,1', 'BRDA:1,0,1,-'), 'r/2.info': lcov('/checkout/a.js', 'DA:2,4', 'DA:3,0', 'BRDA:1,0,1,2') + lcov('b.js', 'DA:1,0') });
  const { report } = await readCoverage(root, 'r/*.info', 'unit');
  assert.deepEqual([report.lines, report.branches], [{ covered: 2, total: 4 }, { covered: 2, total: 2 }]);
  assert.deepEqual(report.files.map(({ file, missed }) => [file, missed]), [['b.js', [[1, 1]]], ['a.js', [[3, 3]]]]);
});

test('of changed lines those count that can be covered; the files and lines that lack it are named', async (t) => {
  const changed = new Map([['a.js', [[2, 5]] as const], ['new.js', [[1, 9]] as const], ['a.test.js', [[1, 9]] as const], ['README.md', [[1, 2]] as const]]);
  const { report, unmeasured } = await read(t, lcov('a.js', 'DA:1,0', 'DA:2,1', 'DA:4,0', 'DA:5,0', 'DA:7,0'), ['a.js', 'new.js', 'a.test.js'], changed);
  assert.deepEqual(report.changed, { covered: 1, total: 3 });
  assert.deepEqual([report.files[0]?.missed, report.files[0]?.missedChanged], [[[1, 1], [4, 7]], [[4, 5]]]);
  assert.deepEqual(unmeasured, ['new.js'], 'a file of the same sort that no test has loaded is named');
});

test('a commit that changes nothing that can be covered is asked for nothing', async (t) => {
  const { report } = await read(t, lcov('a.js', 'DA:1,1'), ['a.js'], new Map([['README.md', [[1, 2]]]]));
  assert.deepEqual(report.changed, { covered: 0, total: 0 });
});

test('Cobertura: files lie below one of its sources, by its name or by the one they are given', async (t) => {
  const one = (filename: string): string => `<class filename="${filename}"><methods><method name="m"><lines><line number="9" hits="0"/></lines></method></methods><lines><line number="1" hits="1"/></lines></class>`;
  const content = `<?xml version="1.0"?><!DOCTYPE coverage SYSTEM "http://127.0.0.1/coverage-04.dtd"><coverage><sources><source>/elsewhere</source><source>/checkout/src</source></sources><packages><package name=""><classes>${one('a.js')}${one('/checkout/b.js')}${one('c.js')}${one('/usr/lib/x.js')}</classes></package></packages></coverage>`;
  const { report, elsewhere } = await readCoverage(checkout(t, { report: content, 'src/a.js': '', 'b.js': '', 'c.js': '' }), 'report', 'unit');
  assert.deepEqual(report.files.map(({ file }) => file), ['b.js', 'c.js', 'src/a.js']);
  assert.deepEqual(report.lines, { covered: 3, total: 3 }, 'the lines of a method are not counted twice');
  assert.deepEqual(elsewhere, ['/usr/lib/x.js']);
});

const faults: { readonly [title: string]: readonly [content: string, code: string, message: RegExp] } = {
  'no line at all': ['TN:\n', 'COVERAGE_EMPTY', /speaks of no line/],
  'an empty file': ['', 'REPORT_INVALID', /empty/],
  'lines of files that are not here': [lcov('/elsewhere/a.js', 'DA:1,1'), 'COVERAGE_EMPTY', /but of \/elsewhere\/a\.js/],
  'lines of files outside': [lcov('../../etc/passwd', 'DA:1,1'), 'COVERAGE_EMPTY', /passwd/],
  'a record cut short': ['SF:a.js\nDA:1,1\n', 'REPORT_INVALID', /line 2: it ends in the middle/],
  'a line that is no number': [lcov('a.js', 'DA:x,1'), 'REPORT_INVALID', /line 2: "x" is no number of a line/],
  'line 0': [lcov('a.js', 'DA:0,1'), 'REPORT_INVALID', /line 2: 0 is no number/],
  'a line out of range': [lcov('a.js', 'DA:999999999,1'), 'REPORT_INVALID', /line 2/],
  'hits that are none': [lcov('a.js', 'DA:1,many'), 'REPORT_INVALID', /no number of hits/],
  'a mark outside of a record': ['DA:1,1\n', 'REPORT_INVALID', /line 1: DA stands outside/],
  'something else': ['{"total":{}}', 'REPORT_INVALID', /no lcov/],
  'other XML': ['<report/>', 'REPORT_INVALID', /no <coverage>/],
  'XML that ends early': ['<coverage><packages>', 'REPORT_INVALID', /line 1/],
  'entities': ['<!DOCTYPE a [<!ENTITY b "c">]><coverage/>', 'REPORT_INVALID', /document type/],
  'a line of a class that is no number': ['<coverage><packages><package><classes><class filename="a.js"><lines><line number="x" hits="1"/></lines></class></classes></package></packages></coverage>', 'REPORT_INVALID', /class a\.js: a <line> has number "x"/],
};
for (const [title, [content, code, message]] of Object.entries(faults)) {
  test(`${title}: refused, with the place`, async (t) => assert.rejects(read(t, content), refusal(code, message)));
}

test('a report that is not there is missing', async (t) => assert.rejects(readCoverage(checkout(t, {}), 'none.info', 'unit'), refusal('COVERAGE_MISSING', /none\.info/)));

test('lcov of any size is read in bounded memory', (t) => {
  const root = checkout(t, { 'a.js': '' });
  const file = openSync(join(root, 'report'), 'w');
  const piece = `SF:a.js\n${Array.from({ length: 20_000 }, (_, index) => `DA:${index + 1},0,${'x'.repeat(100)}`).join('\n')}\nend_of_record\n`;
  for (let index = 0; index < 40; index += 1) writeSync(file, piece);
  closeSync(file);
  const script = `
    import { readCoverage } from ${JSON.stringify(new URL('./coverage.ts', import.meta.url).href)};
    const { report } = await readCoverage(process.argv[1], 'report', 'unit');
    console.log(JSON.stringify(report.files));`;
  const ran = spawnSync(process.execPath, ['--max-old-space-size=40', '--input-type=module', '-e', script, root], { encoding: 'utf8' });
  assert.equal(ran.stdout.trim(), '[{"file":"a.js","lines":{"covered":0,"total":20000},"missed":[[1,20000]]}]', ran.stderr);
});

test('Cobertura: where lines lie in methods alone, they are those of the class', async (t) => {
  const method = '<method name="f"><lines><line number="3" hits="0"/><line number="4" hits="2" branch="true" condition-coverage="50%"/></lines></method>';
  const { report } = await read(t, `<coverage><packages><package><classes><class filename="a.js"><methods>${method}</methods></class></classes></package></packages></coverage>`);
  assert.deepEqual([report.lines, report.branches], [{ covered: 1, total: 2 }, { covered: 1, total: 2 }]);
});

test('lcov: the name of a branch may be an expression with commas', async (t) => {
  const { report } = await read(t, lcov('a.js', 'DA:1,1', 'BRDA:1,0,f(a, b),1', 'BRDA:1,0,!f(a, b),0', 'BRDA:1,e0,(x,y),-'));
  assert.deepEqual(report.branches, { covered: 1, total: 3 });
});
