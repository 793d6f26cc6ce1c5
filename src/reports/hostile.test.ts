import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { closeSync, ftruncateSync, mkdtempSync, openSync, rmSync, symlinkSync, writeFileSync, writeSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test, type TestContext } from 'node:test';
import fc from 'fast-check';
import type { TrunklineError } from '../foundation/errors.ts';
import { readFindings } from './formats.ts';
import { MOST_FOUND } from './found.ts';
import { parseJson, ReportFault } from './json.ts';
import { findingsFormats, type FindingsFormatName } from './names.ts';

function folder(t: TestContext): string {
  const made = mkdtempSync(join(tmpdir(), 'hostile-'));
  t.after(() => rmSync(made, { recursive: true, force: true }));
  return made;
}

async function read(t: TestContext, format: FindingsFormatName, content: string | Uint8Array) {
  const root = folder(t);
  writeFileSync(join(root, 'report'), content);
  return readFindings(root, format, 'report');
}

const refusal = (message: RegExp, code = 'REPORT_INVALID') => (thrown: unknown): true => {
  const { record } = thrown as TrunklineError;
  assert.equal(record?.code, code, String(thrown));
  assert.match(record.message, message);
  return true;
};

const json = findingsFormats.filter((format) => !['tsc', 'black', 'checkstyle'].includes(format));
const sarif = (...results: readonly object[]): string => JSON.stringify({ version: '2.1.0', runs: [{ tool: { driver: { name: 'x' } }, results }] });
const result = (rest: object): object => ({ ruleId: 'r', message: { text: 'm' }, ...rest });
const at = (uri: string, startLine: unknown = 1): object => ({ locations: [{ physicalLocation: { artifactLocation: { uri }, region: { startLine } } }] });

for (const format of json) {
  test(`${format}: what is not its form is refused, with the file and the place`, async (t) => {
    for (const bad of ['', ' ', 'null', '1', '"x"', '{', '{"a":1', '[{]', 'npm ERR! code 1', '{"version":1,"runs":{},"issues":{},"results":1,"diagnostics":2,"error":"x","vulnerabilities":3}', '[1]', '[null]', '[[]]']) {
      await assert.rejects(read(t, format, bad), refusal(/^the ".*" report report cannot be read, at \S.*: ./), bad);
    }
  });
}

const faults: { readonly [title: string]: readonly [format: FindingsFormatName, content: string, message: RegExp] } = {
  'a line out of range': ['sarif', sarif(result(at('a.js', 1e12))), /runs\[0\]\.results\[0\]\.locations\[0\]\.physicalLocation\.region\.startLine/],
  'a negative line': ['sarif', sarif(result(at('a.js', -1))), /startLine/],
  'a line that is no number': ['sarif', sarif(result(at('a.js', '1'))), /expected number/],
  'a number that no machine holds': ['eslint', '[{"filePath":"a","messages":[{"severity":2,"message":"m","line":1e999}]}]', /\[0\]\.messages\[0\]\.line/],
  'the same field twice': ['sarif', '{"version":"2.1.0","runs":[],\n"runs":[{}]}', /line 2: the field "runs" is there twice/],
  'the same field twice, once escaped': ['sarif', '{"version":"2.1.0","runs":[],"\\u0072uns":[{}]}', /the field "runs" is there twice/],
  'deep nesting': ['sarif', '['.repeat(500_000), /nested deeper than 100/],
  'deep nesting of objects': ['sarif', '{"a":'.repeat(500_000), /nested deeper than 100/],
  'a file cut short': ['sarif', sarif(result({})).slice(0, -20), /it ends in the middle/],
  'something else in the middle': ['eslint', '[\n{},\noops]', /line 3: it is no JSON/],
  'no run of any tool': ['sarif', '{"version":"2.1.0","runs":[]}', /runs: it holds no run/],
  'an old SARIF': ['sarif', '{"version":"1.0.0","runs":[]}', /SARIF 1\.0\.0/],
  'a run that failed': ['sarif', '{"version":"2.1.0","runs":[{"tool":{"driver":{"name":"x"}},"invocations":[{"executionSuccessful":false}],"results":[]}]}', /invocations\[0\]: the tool says that it failed/],
  'results that are null': ['sarif', '{"version":"2.1.0","runs":[{"tool":{"driver":{"name":"x"}},"results":null}]}', /could not run/],
  'a page of several': ['sonarqube', '{"paging":{"total":400},"issues":[],"components":[]}', /0 of 400 issues/],
  'a report that is not whole': ['biome', '{"summary":{"changed":0,"unchanged":1,"diagnosticsNotPrinted":7},"diagnostics":[]}', /7 diagnostics are left out/],
  'what a registry answers that has no advisories': ['npm-audit', '{"message":"405 Method Not Allowed","error":{"summary":"x"}}', /npm says that it failed: 405/],
  'vulnerable packages that are counted and not listed': ['npm-audit', '{"auditReportVersion":2,"vulnerabilities":{},"metadata":{"vulnerabilities":{"critical":3,"total":3}}}', /counts 3 vulnerable packages and lists 0/],
  'messages that are counted and not listed': ['eslint', '[{"filePath":"src/a.js","messages":[],"errorCount":3,"warningCount":0}]', /counts 3 and lists 0/],
  'errors that are summed and not listed': ['tsc', 'a form of tomorrow: TS2322\n\nFound 2 errors in 2 files.\n', /0 of them are listed/],
  'results that stand beside the runs': ['sarif', '{"version":"2.1.0","runs":[{"tool":{"driver":{"name":"x"}}}],"inlineExternalProperties":[{"results":[{"message":{"text":"bad"}}]}]}', /inlineExternalProperties\[0\]\.results/],
  'a tool that could not log in': ['snyk', '{"ok":false,"error":"Authentication error","path":"/x"}', /Snyk says that it failed: Authentication/],
  'entities that multiply': ['checkstyle', '<!DOCTYPE a [<!ENTITY b "bb"><!ENTITY c "&b;&b;">]><checkstyle><file name="&c;"/></checkstyle>', /document type/],
  'an entity that names a file': ['checkstyle', '<!DOCTYPE a [<!ENTITY b SYSTEM "file:///etc/passwd">]><checkstyle>&b;</checkstyle>', /document type/],
  'a document type by address': ['checkstyle', '<!DOCTYPE checkstyle SYSTEM "http://127.0.0.1/x.dtd"><checkstyle/>', /document type/],
  'other XML': ['checkstyle', '<testsuites/>', /no <checkstyle>/],
  'a line that is no number in XML': ['checkstyle', '<checkstyle><file name="a"><error line="x" message="m"/></file></checkstyle>', /"x" is no number/],
};
for (const [title, [format, content, message]] of Object.entries(faults)) {
  test(`${title}: refused, with the place`, async (t) => assert.rejects(read(t, format, content), refusal(message)));
}

test('other encodings are read as they say, and what is none of them is refused', async (t) => {
  const text = JSON.stringify([{ filePath: 'grün.js', messages: [{ ruleId: 'r', severity: 2, message: 'ü', line: 1 }] }]);
  const utf16 = Buffer.from(text, 'utf16le');
  for (const bytes of [Buffer.from(`\ufeff${text}`), Buffer.from(`\ufeff${text}`, 'utf16le'), utf16, Buffer.from(utf16).swap16()]) {
    assert.deepEqual((await read(t, 'eslint', bytes)).found.map(({ file, message }) => [file, message]), [['grün.js', 'ü']]);
  }
  await assert.rejects(read(t, 'eslint', Buffer.from([0x5b, 0x22, 0xff, 0xfe, 0x22, 0x5d])), refusal(/not the UTF-8/));
  assert.equal((await read(t, 'tsc', Buffer.from('\ufeffa.ts(1,2): error TS1: no\r\n', 'utf16le'))).found[0]?.file, 'a.ts');
});

test('what a tool writes in another of its forms is found there too', async (t) => {
  const short = async (format: FindingsFormatName, content: string): Promise<readonly string[]> =>
    (await read(t, format, content)).found.map(({ severity, rule, file, line }) => `${file ?? '-'}:${line ?? '-'} ${severity} ${rule}`);
  const pretty = '\u001b[96msrc/a.ts\u001b[0m:\u001b[93m1\u001b[0m:\u001b[93m7\u001b[0m - \u001b[91merror\u001b[0m\u001b[90m TS2322: \u001b[0mno.\n\nFound 1 error in src/a.ts\u001b[90m:1\u001b[0m\n';
  assert.deepEqual(await short('tsc', pretty), ['src/a.ts:1 high TS2322']);
  const image = { ok: true, vulnerabilities: [], applications: [{ vulnerabilities: [{ id: 'SNYK-1', title: 'RCE', severity: 'critical', packageName: 'z', version: '1' }] }] };
  assert.deepEqual(await short('snyk', JSON.stringify(image)), ['-:- critical SNYK-1']);
});

test('markup stays text, and nothing moves the cursor of whoever reads it', async (t) => {
  const hostile = '<script>alert(1)</script>\u001b[2J\u009b1m\r\nPASSED \u0000 =HYPERLINK("x")';
  const { found: [first] } = await read(t, 'sarif', sarif({ ...result(at('src/\u001b[31m<b>.js')), ruleId: hostile, message: { text: hostile } }));
  assert.equal(first?.message, '<script>alert(1)</script> [2J 1m PASSED =HYPERLINK("x")');
  assert.equal(first?.file, 'src/?[31m<b>.js');
  // oxlint-disable-next-line no-control-regex
  assert.doesNotMatch(JSON.stringify(first), /[\u0000-\u001f\u007f-\u009f]|\\u00[019]|\\[rn]/);
});

test('names are as long as a person reads, and pages are pages of the web', async (t) => {
  const { found: [first] } = await read(t, 'eslint', JSON.stringify([{ filePath: 'a'.repeat(100_000), messages: [{ ruleId: 'r'.repeat(100_000), severity: 1, message: 'm'.repeat(100_000) }] }]));
  assert.deepEqual([first?.rule.length, first?.message.length, first?.file], [200, 2_000, undefined]);
  const rules = [{ id: 'r', helpUri: 'javascript:alert(1)' }];
  const { found: [second] } = await read(t, 'sarif', JSON.stringify({ version: '2.1.0', runs: [{ tool: { driver: { name: 'x', rules } }, results: [result({ ruleIndex: 0 })] }] }));
  assert.equal(second?.help, undefined);
});

test('a place outside of the checkout is told, and never opened or taken for one inside', async (t) => {
  for (const uri of ['/etc/passwd', '../../etc/passwd', 'file:///etc/passwd', 'src/../../x', 'file://elsewhere/x', 'http://127.0.0.1/x', '%2e%2e/%2e%2e/etc/passwd', '..']) {
    const { found: [first] } = await read(t, 'sarif', sarif(result(at(uri, 3))));
    if (uri.startsWith('http')) assert.ok(first?.file === undefined || !first.file.startsWith('/'), uri);
    else assert.deepEqual([first?.file, first?.line], [undefined, undefined], uri);
  }
});

test('fields that are named like parts of the language are fields', async (t) => {
  const content = '{"version":"2.1.0","__proto__":{"runs":[]},"constructor":1,"runs":[{"tool":{"driver":{"name":"x"}},"originalUriBaseIds":{"__proto__":{"uri":"file:///x/"}},"results":[{"ruleId":"__proto__","message":{"id":"constructor"},"locations":[{"physicalLocation":{"artifactLocation":{"uri":"a.js","uriBaseId":"toString"}}}]}]}]}';
  const { found } = await read(t, 'sarif', content);
  assert.deepEqual(found.map(({ rule, file }) => [rule, file]), [['__proto__', 'a.js']]);
  assert.equal(({} as { runs?: unknown }).runs, undefined);
});

test('bases that stand on each other in a ring end', async (t) => {
  const content = JSON.stringify({ version: '2.1.0', runs: [{ tool: { driver: { name: 'x' } }, originalUriBaseIds: { A: { uri: 'a/', uriBaseId: 'B' }, B: { uri: 'b/', uriBaseId: 'A' } }, results: [result({ locations: [{ physicalLocation: { artifactLocation: { uri: 'c.js', uriBaseId: 'A' } } }] })] }] });
  assert.match((await read(t, 'sarif', content)).found[0]?.file ?? '', /b\/a\/c\.js$/);
});

test('a report that is a link out of the checkout, or is not there, is not read', async (t) => {
  const root = folder(t);
  symlinkSync('/etc/passwd', join(root, 'link'));
  await assert.rejects(readFindings(root, 'tsc', 'link'), refusal(/./, 'FILE_OUTSIDE'));
  await assert.rejects(readFindings(root, 'tsc', 'none.txt'), refusal(/no "tsc" report at none\.txt/, 'REPORT_MISSING'));
});

test('the worst ten thousand are kept, and the others counted', async (t) => {
  const messages = Array.from({ length: 12_000 }, (_, index) => ({ ruleId: 'r', severity: index < 11_990 ? 1 : 2, message: 'm', line: 1 }));
  const { found, unlisted, scope } = await read(t, 'eslint', JSON.stringify([{ filePath: 'a.js', messages }]));
  assert.deepEqual([found.length, found.filter(({ severity }) => severity === 'medium').length], [MOST_FOUND, 10]);
  assert.equal(unlisted.low, 2_000);
  assert.equal(scope.at(-1), 'beside those listed: 2000 low');
});

test('for any value that JSON can write, what is read is what was written', () => {
  fc.assert(fc.property(fc.jsonValue({ maxDepth: 8 }), (value) => {
    const text = JSON.stringify(value);
    assert.deepEqual(parseJson(text), JSON.parse(text));
  }));
  fc.assert(fc.property(fc.string(), (text) => {
    try {
      parseJson(text);
    } catch (thrown) {
      assert.ok(thrown instanceof ReportFault, String(thrown));
    }
  }));
});

test('three million values and no more', () => {
  assert.throws(() => parseJson(`[${'0,'.repeat(3_100_000)}0]`), /more than 3000000 values/);
});

/** What a child with so little memory says of a report. */
function inLittleMemory(root: string, format: FindingsFormatName, megabytes: number): string {
  const script = `
    import { readFindings } from ${JSON.stringify(new URL('./formats.ts', import.meta.url).href)};
    try {
      const { found, unlisted } = await readFindings(process.argv[1], process.argv[2], 'report');
      console.log(found.length, Object.values(unlisted).reduce((a, b) => a + b, 0));
    } catch (error) { console.log(error.message); }`;
  const ran = spawnSync(process.execPath, [`--max-old-space-size=${megabytes}`, '--input-type=module', '-e', script, root, format], { encoding: 'utf8' });
  return ran.stdout.trim() || ran.stderr.slice(-2_000);
}

test('a report of 500 MB is refused before it is read', (t) => {
  const root = folder(t);
  const file = openSync(join(root, 'report'), 'w');
  // All of it a hole: it takes no room on the disk.
  ftruncateSync(file, 500 * 1024 * 1024);
  closeSync(file);
  assert.match(inLittleMemory(root, 'sarif', 40), /report cannot be read, at its end: it has 524288000 bytes, and at most 67108864 are read/);
});

test('XML of any size is read in bounded memory, and counted to the end', (t) => {
  const root = folder(t);
  const file = openSync(join(root, 'report'), 'w');
  const piece = '<error line="1" column="1" severity="warning" message="Empty statement." source="a.b.EmptyStatementCheck"/>\n'.repeat(1_000);
  writeSync(file, '<checkstyle version="1"><file name="a.java">');
  for (let index = 0; index < 120; index += 1) writeSync(file, piece);
  writeSync(file, '</file></checkstyle>');
  closeSync(file);
  assert.equal(inLittleMemory(root, 'checkstyle', 60), '10000 110000');
});

test('objects of nothing, as many as fit into 64 MB, are refused in bounded memory', (t) => {
  const root = folder(t);
  writeFileSync(join(root, 'report'), `[${'{},'.repeat(20 * 1024 * 1024)}{}]`);
  assert.match(inLittleMemory(root, 'eslint', 256), /more than 3000000 values/);
});

test('a report that is as large and as wrong as may be is refused in bounded memory', (t) => {
  const root = folder(t);
  writeFileSync(join(root, 'report'), `[${'{"filePath":1},'.repeat(740_000)}{}]`);
  assert.match(inLittleMemory(root, 'eslint', 400), /at \[0\]\.filePath: /);
});
