import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { closeSync, mkdirSync, mkdtempSync, openSync, rmSync, symlinkSync, writeFileSync, writeSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test, type TestContext } from 'node:test';
import fc from 'fast-check';
import type { TrunklineError } from '../foundation/errors.ts';
import { readJUnit, readJUnitReports } from './junit.ts';
import type { TestReport } from './report.ts';

function folder(t: TestContext): string {
  const made = mkdtempSync(join(tmpdir(), 'junit-'));
  t.after(() => rmSync(made, { recursive: true, force: true }));
  return made;
}

async function read(t: TestContext, content: string | Uint8Array): Promise<TestReport> {
  const file = join(folder(t), 'report.xml');
  writeFileSync(file, content);
  return readJUnit(file, 'unit');
}

const counts = ({ passed, failed, skipped }: TestReport): number[] => [passed, failed, skipped];
const refusal = (code: string, message = /./) => (thrown: unknown): true => {
  const { record } = thrown as TrunklineError;
  assert.equal(record?.code, code, String(thrown));
  assert.match(record.message, message);
  return true;
};

test('node:test: nested suites, tests without a suite, skipped ones, and what is still to be done', async (t) => {
  const root = folder(t);
  writeFileSync(join(root, 'a.test.mjs'), `
import { describe, it, test } from 'node:test';
import assert from 'node:assert';
describe('outer', () => { it('ok', () => {}); it.skip('later', () => {}); describe('inner', () => it('bad <&"> name', () => assert.equal(1, 2))); });
test('alone', () => {});
test('planned', { todo: true }, () => { throw new Error('not yet'); });
`);
  const { NODE_TEST_CONTEXT: _inTest, ...env } = process.env;
  spawnSync(process.execPath, ['--test', '--test-reporter=junit', '--test-reporter-destination=r.xml', 'a.test.mjs'], { cwd: root, env });
  const report = await readJUnitReports(root, 'r.xml', 'unit');
  assert.deepEqual(counts(report), [2, 1, 2]);
  const [failed, ...others] = report.cases;
  assert.deepEqual([failed?.suite, failed?.outcome, failed?.file, failed?.line], ['outer.inner', 'failed', 'a.test.mjs', 4]);
  assert.match(failed?.name ?? '', /^bad <&/);
  assert.match(failed?.detail ?? '', /1 == 2/);
  assert.deepEqual(others.map(({ suite, name, outcome }) => [suite, name, outcome]).sort(), [['', 'alone', 'passed'], ['', 'planned', 'skipped'], ['outer', 'later', 'skipped'], ['outer', 'ok', 'passed']]);
});

test('Jest: the failure is text, the place is in the trace', async (t) => {
  const report = await read(t, `<?xml version="1.0" encoding="UTF-8"?>
<testsuites name="jest tests" tests="2" failures="1" errors="0" time="1.5">
  <testsuite name="cart" errors="0" failures="1" skipped="0" timestamp="2026-01-01T00:00:00" time="0.4" tests="2">
    <testcase classname="cart adds" name="cart adds" time="0.003"></testcase>
    <testcase classname="cart removes" name="cart removes" time="0.1"><failure>Error: expect(received).toBe(expected)
    at Object.toBe (/app/node_modules/expect/build/index.js:10:1)
    at Object.&lt;anonymous&gt; (/app/src/cart.test.ts:12:34)</failure></testcase>
  </testsuite>
</testsuites>`);
  assert.deepEqual(counts(report), [1, 1, 0]);
  assert.equal(report.duration, 1_500);
  assert.deepEqual([report.cases[0]?.suite, report.cases[0]?.name, report.cases[0]?.file, report.cases[0]?.line, report.cases[0]?.duration], ['cart', 'cart removes', '/app/src/cart.test.ts', 12, 100]);
});

test('pytest: errors are failures, expected failures are skipped, output is passed over', async (t) => {
  const report = await read(t, `<?xml version="1.0" encoding="utf-8"?><testsuites><testsuite name="pytest" errors="1" failures="1" skipped="2" tests="5" time="0.043">
<testcase classname="tests.test_shop.TestCart" name="test_ok" time="0.001"><system-out>&lt;failure&gt; <![CDATA[<failure>]]></system-out></testcase>
<testcase classname="tests.test_shop" name="test_bad[a-1]" time="0.002"><failure message="assert 1 == 2">def test_bad():
&gt;       assert 1 == 2
E       assert 1 == 2

tests/test_shop.py:7: AssertionError</failure></testcase>
<testcase classname="tests.test_shop" name="test_setup" file="tests/test_shop.py" line="40" time="0.000"><error message="failed on setup">boom</error></testcase>
<testcase classname="tests.test_shop" name="test_x" time="0.000"><skipped type="pytest.xfail" message="" /></testcase>
<testcase classname="tests.test_shop" name="test_y" time="0.000"><skipped type="pytest.skip" message="no">x</skipped></testcase>
</testsuite></testsuites>`);
  assert.deepEqual(counts(report), [1, 2, 2]);
  assert.deepEqual(report.cases.slice(0, 2).map(({ file, line }) => [file, line]), [['tests/test_shop.py', 7], ['tests/test_shop.py', 40]]);
  assert.equal(report.cases[0]?.detail?.startsWith('assert 1 == 2\ndef test_bad'), true);
});

test('Surefire: one suite as the root, times with thousands, a flaky test has passed', async (t) => {
  const report = await read(t, `<testsuite xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance" name="org.shop.CartTest" time="1,234.5" tests="3" errors="0" skipped="0" failures="1">
  <properties><property name="java.version" value="21"/></properties>
  <testcase name="adds" classname="org.shop.CartTest" time="1,200"/>
  <testcase name="flaky" classname="org.shop.CartTest" time="0.5"><flakyFailure message="once" type="x"><stackTrace>t</stackTrace></flakyFailure></testcase>
  <testcase name="removes" classname="org.shop.CartTest" time="0.1"><failure message="expected:&lt;1&gt;" type="AssertionError"><![CDATA[java.lang.AssertionError
	at org.shop.CartTest.removes(CartTest.java:42)]]></failure><rerunFailure message="again"/></testcase>
</testsuite>`);
  assert.deepEqual(counts(report), [2, 1, 0]);
  assert.equal(report.duration, 1_234_500);
  assert.deepEqual([report.cases[0]?.file, report.cases[0]?.line], ['CartTest.java', 42]);
});

test('Cucumber and Playwright: the feature and the file are the suites', async (t) => {
  const cucumber = await read(t, `<testsuite failures="1" skipped="1" name="Cucumber" time="0.2" tests="3">
  <testcase classname="Order a book" name="A customer orders" time="0.1"/>
  <testcase classname="Order a book" name="Sold out" time="0.1"><failure type="AssertionError" message="no"><![CDATA[at steps.ts:3:1]]></failure><system-out><![CDATA[Given ...]]></system-out></testcase>
  <testcase classname="Order a book" name="Undefined" time="0"><skipped/></testcase></testsuite>`);
  assert.deepEqual([counts(cucumber), cucumber.cases[0]?.suite], [[1, 1, 1], 'Order a book']);
  const playwright = await read(t, `<testsuites id="" name="" tests="2" failures="1" skipped="0" errors="0" time="3.1">
<testsuite name="cart.spec.ts" timestamp="2026-01-01T00:00:00.000Z" hostname="chromium" tests="2" failures="1" skipped="0" time="3" errors="0">
<testcase name="cart › opens" classname="cart.spec.ts" time="1"></testcase>
<testcase name="cart › pays" classname="cart.spec.ts" time="2"><failure message="cart.spec.ts:5:1 pays" type="FAILURE"><![CDATA[  [chromium] › cart.spec.ts:5:1 › pays ]]></failure><system-out><![CDATA[[[ATTACHMENT|x.png]]]]></system-out></testcase>
</testsuite></testsuites>`);
  assert.deepEqual([counts(playwright), playwright.cases[0]?.file, playwright.cases[0]?.line], [[1, 1, 0], 'cart.spec.ts', 5]);
});

test('a suite that failed outside of its tests is a failure', async (t) => {
  const report = await read(t, '<testsuites><testsuite name="a"><error message="could not load"/><testcase name="ok"/></testsuite></testsuites>');
  assert.deepEqual([counts(report), report.cases[0]?.suite, report.cases[0]?.detail], [[1, 1, 0], 'a', 'could not load']);
});

test('failures that are only counted and not listed are failures', async (t) => {
  const report = await read(t, '<testsuites failures="2"><testsuite name="a" errors="1"><testcase name="ok"/></testsuite></testsuites>');
  assert.deepEqual(counts(report), [1, 2, 0]);
  assert.equal(report.cases[0]?.outcome, 'failed');
});

test('a report without a test is a report without a test', async (t) => {
  assert.deepEqual(counts(await read(t, '<testsuites/>')), [0, 0, 0]);
});

test('failed tests come first, whatever their place', async (t) => {
  const report = await read(t, `<testsuite>${'<testcase name="p"/>'.repeat(3)}<testcase name="f"><failure/></testcase></testsuite>`);
  assert.deepEqual(report.cases.map(({ name }) => name), ['f', 'p', 'p', 'p']);
});

test('names keep their markup, control characters and directions as they are, and never grow without bound', async (t) => {
  const hostile = '<script>alert(1)</script> \u001b[31m \u202e ]]> =HYPERLINK()';
  const escaped = hostile.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');
  const report = await read(t, `<testsuite name="${escaped}"><testcase name="${escaped}"/><testcase name="&#x1b;"/><testcase name="${'n'.repeat(100_000)}"><failure message="${'m'.repeat(200_000)}">${'d'.repeat(300_000)}</failure></testcase></testsuite>`);
  const [long, first, second] = report.cases;
  assert.deepEqual([first?.suite, first?.name, second?.name], [hostile, hostile, '&#x1b;']);
  assert.equal(long?.name.length, 1_000);
  assert.equal(long?.detail?.length, 4_000);
});

test('for any names what was written is what is read', async (t) => {
  const escape = (text: string): string => text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('"', '&quot;').replaceAll('\n', '&#10;');
  const name = fc.string({ unit: 'grapheme', minLength: 1, maxLength: 40 }).filter((text) => !/[\r\t\ufffe\uffff]/.test(text));
  await fc.assert(fc.asyncProperty(fc.array(name, { minLength: 1, maxLength: 20 }), async (names) => {
    const report = await read(t, `<testsuites>${names.map((each) => `<testcase classname="c" name="${escape(each)}"/>`).join('')}</testsuites>`);
    assert.deepEqual(report.cases.map((each) => each.name), names);
  }), { numRuns: 30 });
});

test('other encodings are read as they say', async (t) => {
  assert.equal((await read(t, Buffer.from('<?xml version="1.0" encoding="ISO-8859-1"?><testsuite><testcase name="Gr\xfc\xdfe"/></testsuite>', 'latin1'))).cases[0]?.name, 'Grüße');
  assert.equal((await read(t, Buffer.from('\ufeff<?xml version="1.0"?><testsuite><testcase name="ü"/></testsuite>', 'utf16le'))).cases[0]?.name, 'ü');
  assert.equal((await read(t, '\ufeff<testsuite><testcase name="ü"/></testsuite>')).cases[0]?.name, 'ü');
  await assert.rejects(read(t, '<?xml version="1.0" encoding="klingon"?><testsuite/>'), refusal('REPORT_INVALID', /klingon/));
});

const LAUGHS = '<!DOCTYPE lolz [<!ENTITY lol "lol"><!ENTITY lol2 "&lol;&lol;&lol;&lol;">]><testsuite><testcase name="&lol2;"/></testsuite>';
const XXE = '<!DOCTYPE x [<!ENTITY secret SYSTEM "file:///etc/passwd">]><testsuite><testcase name="&secret;"/></testsuite>';
const invalid: { readonly [title: string]: readonly [content: string, message: RegExp] } = {
  'entities that multiply': [LAUGHS, /document type/],
  'an entity that names a file': [XXE, /document type/],
  'a document type of elsewhere': ['<!DOCTYPE testsuites SYSTEM "http://127.0.0.1/x.dtd"><testsuites/>', /document type/],
  'an unknown entity': ['<testsuite>\n<testcase name="&nbsp;"/></testsuite>', /line 2/],
  'a file cut short': ['<testsuites>\n<testsuite>\n<testcase name="a"', /line 3/],
  'a file cut short in a character': ['<testsuites>\n<testcase name="&#27', /line 2/],
  'a file without an end': ['<testsuites>\n<testsuite>\n', /line 3/],
  'tags that do not match': ['<testsuites>\n</testsuite>', /line 2/],
  'an empty file': ['', /./],
  'no XML': ['TAP version 13\nok 1', /line 1/],
  'other XML': ['<html><body/></html>', /neither <testsuites> nor <testsuite>/],
  'an attribute without end': [`<testsuite name="${'x'.repeat(3_000_000)}"/>`, /./],
  'too deep a nesting': ['<testsuite>'.repeat(1_000), /deeper/],
  'too many attributes': [`<testsuite ${Array.from({ length: 1_000 }, (_, index) => `a${index}=""`).join(' ')}/>`, /attributes/],
};
for (const [title, [content, message]] of Object.entries(invalid)) {
  test(`${title}: refused with the file and the line`, async (t) => {
    await assert.rejects(read(t, content), refusal('REPORT_INVALID', message));
    await assert.rejects(read(t, content), refusal('REPORT_INVALID', /report\.xml cannot be read, at line \d+/));
  });
}

test('a report that is absent is named, and one that is no plain file is refused', async (t) => {
  const root = folder(t);
  await assert.rejects(readJUnit(join(root, 'none.xml'), 'unit'), refusal('REPORT_MISSING', /none\.xml/));
  await assert.rejects(readJUnitReports(root, 'reports/*.xml', 'unit'), refusal('REPORT_MISSING', /reports\/\*\.xml/));
  symlinkSync('/etc/passwd', join(root, 'link.xml'));
  mkdirSync(join(root, 'folder.xml'));
  await assert.rejects(readJUnit(join(root, 'link.xml'), 'unit'), refusal('REPORT_INVALID', /no plain file/));
  await assert.rejects(readJUnit(join(root, 'folder.xml'), 'unit'), refusal('REPORT_INVALID', /no plain file/));
  await assert.rejects(readJUnitReports(root, 'link.xml', 'unit'), refusal('FILE_OUTSIDE'));
});

test('several files are one report', async (t) => {
  const root = folder(t);
  mkdirSync(join(root, 'r'));
  writeFileSync(join(root, 'r/b.xml'), `<testsuite time="1"><testcase name="p" file="${root}/src/p.ts"/></testsuite>`);
  writeFileSync(join(root, 'r/a.xml'), '<testsuite time="2"><testcase name="f"><failure/></testcase><testcase name="s"><skipped/></testcase></testsuite>');
  const report = await readJUnitReports(root, 'r/*.xml', 'all');
  assert.deepEqual([counts(report), report.duration, report.name], [[1, 1, 1], 3_000, 'all']);
  assert.deepEqual(report.cases.map(({ name }) => name), ['f', 's', 'p']);
  assert.equal(report.cases.at(-1)?.file, 'src/p.ts');
});

test('a report of any size is read in bounded memory, and counted to the end', async (t) => {
  const file = join(folder(t), 'large.xml');
  const out = openSync(file, 'w');
  const piece = `${'<testcase classname="c" name="n" time="0.001"><system-out>'.padEnd(1_000, 'x')}</system-out></testcase>`.repeat(64);
  writeSync(out, '<testsuites><testsuite>');
  for (let index = 0; index < 400; index += 1) writeSync(out, piece);
  writeSync(out, `<testcase name="last"><failure>${'y'.repeat(30_000_000)}</failure></testcase></testsuite></testsuites>`);
  closeSync(out);
  const script = `
    import { readJUnit } from ${JSON.stringify(new URL('./junit.ts', import.meta.url).href)};
    const { passed, failed, cases } = await readJUnit(process.argv[1], 'unit');
    console.log(JSON.stringify([passed, failed, cases.length, cases[0].name]));`;
  const ran = spawnSync(process.execPath, ['--max-old-space-size=40', '--input-type=module', '-e', script, file], { encoding: 'utf8' });
  assert.equal(ran.stdout.trim(), '[25600,1,10000,"last"]', ran.stderr);
});

const suiteOf = (attributes: string, cases: string): string => `<testsuites><testsuite name="s" ${attributes}>${cases}</testsuite></testsuites>`;

test('seconds are read with a comma for decimals too, and with marks for thousands', async (t) => {
  const times = { '0,160': 160, '0.16': 160, '1,5': 1_500, '1,234.5': 1_234_500, '1.234,5': 1_234_500, '1,234,567': 1_234_567_000, '12': 12_000, '1e-3': 1, 'x': 0 };
  for (const [written, milliseconds] of Object.entries(times)) {
    const { cases: [first] } = await read(t, suiteOf('tests="1"', `<testcase name="a" time="${written}"/>`));
    assert.equal(first?.duration, milliseconds, written);
  }
});

test('what a case says of itself in an attribute counts, and a word that nobody knows is no success', async (t) => {
  const standings = {
    'status="run"': [1, 0, 0], 'status="run" result="completed"': [1, 0, 0], 'result="suppressed" status="notrun"': [0, 0, 1], 'status="Passed"': [1, 0, 0],
    'status="failed"': [0, 1, 0], 'status="FAIL"': [0, 1, 0], 'status="run" result="failed"': [0, 1, 0], 'status="skipped" result="error"': [0, 1, 0],
    'status="timedout"': [0, 1, 0], 'status="kaputt"': [0, 1, 0], 'status="constructor"': [0, 1, 0],
  };
  for (const [attributes, expected] of Object.entries(standings)) {
    const report = await read(t, suiteOf('tests="1"', `<testcase name="a" ${attributes}/>`));
    assert.deepEqual(counts(report), expected, attributes);
  }
  const { cases: [first] } = await read(t, suiteOf('tests="1"', '<testcase name="a" status="kaputt"/>'));
  assert.match(first?.detail ?? '', /its status is "kaputt", which is neither/);
});

test('counters and lists that disagree fail, whichever says more', async (t) => {
  const [good, bad] = ['<testcase name="a"/>', '<testcase name="b"><failure/></testcase>'];
  const wrong: readonly (readonly [attributes: string, cases: string, failed: number, detail: RegExp])[] = [
    ['tests="3"', good, 1, /counts 3 tests and lists 1/],
    ['tests="1"', good.repeat(3), 1, /counts 1 tests and lists 3/],
    ['tests="2" failures="2"', good + bad, 2, /counts 2 failures and lists 1/],
    ['tests="1" failures="0" errors="1"', good, 1, /counts 1 failures and lists none/],
  ];
  for (const [attributes, cases, failed, detail] of wrong) {
    const report = await read(t, suiteOf(attributes, cases));
    assert.equal(report.failed, failed, attributes);
    assert.ok(report.cases.some((each) => detail.test(each.detail ?? '')), JSON.stringify(report.cases));
  }
  const outer = await read(t, `<testsuites tests="5" failures="1">${'<testsuite name="s">'}${good}</testsuite></testsuites>`);
  assert.equal(outer.failed, 1);
});

test('the ways in which tools count agree with what they list', async (t) => {
  const [good, bad, skipped] = ['<testcase name="a"/>', '<testcase name="b"><failure/></testcase>', '<testcase name="c"><skipped/></testcase>'];
  const right: readonly (readonly [what: string, document: string, expected: readonly number[]])[] = [
    ['a suite counts those of the suites in it', `<testsuite tests="2"><testsuite tests="2">${good}${good}</testsuite></testsuite>`, [2, 0, 0]],
    ['a suite counts its own alone', `<testsuite tests="1">${good}<testsuite tests="1">${good}</testsuite></testsuite>`, [2, 0, 0]],
    ['those that were skipped are not counted', suiteOf('tests="1"', good + skipped), [1, 0, 1]],
    ['each failure is counted as an error too', suiteOf('tests="2" failures="1" errors="1"', good + bad), [1, 1, 0]],
    ['nothing is counted', suiteOf('', good + bad), [1, 1, 0]],
    ['a failure of the suite itself is not counted as a test', `<testsuite tests="1" errors="1">${good}<error/></testsuite>`, [1, 1, 0]],
  ];
  for (const [what, document, expected] of right) assert.deepEqual(counts(await read(t, document)), expected, what);
});
