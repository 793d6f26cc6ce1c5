import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { test, type TestContext } from 'node:test';
import { fileURLToPath } from 'node:url';
import { memoryStore } from '../../artifact/memory/store.testing.ts';
import type { ErrorRecord } from '../../foundation/errors.ts';
import type { Digest } from '../../foundation/units.ts';
import type { LineRange } from '../../source/history.ts';
import type { ActionResult } from '../action.ts';
import { actionContext, checkContext, type Recorded } from '../fixture.testing.ts';
import { shell, type ShellInput } from './shell.ts';

const recorded = fileURLToPath(new URL('../../../test/recorded/', import.meta.url));

function workdir(t: TestContext, files: { readonly [path: string]: string }): string {
  const folder = mkdtempSync(join(tmpdir(), 'shell-reports-'));
  t.after(() => rmSync(folder, { recursive: true, force: true }));
  for (const [path, content] of Object.entries(files)) {
    mkdirSync(dirname(join(folder, path)), { recursive: true });
    writeFileSync(join(folder, path), content);
  }
  return folder;
}

async function run(folder: string, input: ShellInput, changed: { readonly [file: string]: readonly LineRange[] } = {}): Promise<Recorded & { result: ActionResult; error: ErrorRecord | undefined; output: { readonly [field: string]: unknown } }> {
  const recording = actionContext({ workdir: folder, changed });
  const artifacts = memoryStore();
  const result = await shell.run(input, { ...recording.context, artifacts });
  return { ...recording, context: { ...recording.context, artifacts }, result, error: result.passed ? undefined : result.error, output: result.output as { readonly [field: string]: unknown } };
}

const message = (severity: number, line: number) => ({ ruleId: 'no-eval', severity, message: 'eval can be harmful.', line, column: 1 });
const eslint = (...messages: readonly object[]): string => JSON.stringify([{ filePath: 'src/a.js', messages }]);
const lint = { findings: { eslint: 'lint.json' } } as const;

test('what a linter found decides, not its exit code', async (t) => {
  const folder = workdir(t, { 'warned.json': eslint(message(1, 1)), 'wrong.json': eslint(message(1, 1), message(2, 2)) });
  const below = await run(folder, { command: 'cp warned.json lint.json; exit 1', ...lint });
  assert.equal(below.error, undefined);
  assert.deepEqual(below.output, { exitCode: 1, findings: { critical: 0, high: 0, medium: 0, low: 1, info: 0 }, known: 0, suppressed: 0 });
  for (const code of [0, 1, 2]) {
    const over = await run(folder, { command: `cp wrong.json lint.json; exit ${code}`, ...lint });
    assert.deepEqual([over.error?.code, over.error?.message], ['FINDINGS_OVER_LIMIT', '1 medium: eval can be harmful. at src/a.js:2'], String(code));
  }
});

test('a command that failed and found nothing has failed, and so has one whose exit code means another failure', async (t) => {
  const folder = workdir(t, { 'none.json': '[]', 'warned.json': eslint(message(1, 1)) });
  assert.equal((await run(folder, { command: 'cp none.json lint.json; exit 1', ...lint })).error?.code, 'COMMAND_FAILED');
  assert.equal((await run(folder, { command: 'cp warned.json lint.json; exit 2', ...lint })).error?.code, 'COMMAND_FAILED');
  assert.equal((await run(folder, { command: 'cp none.json lint.json', ...lint })).result.passed, true);
});

test('a report that was promised and is missing, of an earlier run, or not readable is a failure', async (t) => {
  const folder = workdir(t, { 'lint.json': '[]' });
  assert.equal((await run(folder, { command: ':', ...lint })).error?.code, 'REPORT_MISSING');
  const { error } = await run(folder, { command: 'echo "[" > lint.json', ...lint });
  assert.deepEqual([error?.code, /lint\.json cannot be read, at line \d: it ends in the middle/.test(error?.message ?? '')], ['REPORT_INVALID', true]);
  assert.equal((await run(folder, { command: 'echo oh no; exit 1', ...lint })).error?.code, 'COMMAND_FAILED', 'the command says more than what it has not written');
});

test('limits are those that are given; several formats of one command are judged together', async (t) => {
  const folder = workdir(t, { 'a.json': eslint(message(2, 1)), 'b.txt': 'src/b.ts(1,1): error TS1: no\n' });
  const both: ShellInput = { command: 'cp a.json lint.json; cp b.txt tsc.txt', findings: { eslint: 'lint.json', tsc: 'tsc.txt' } };
  const judged = await run(folder, { ...both, limits: { critical: 0, high: 1, medium: 1 } });
  assert.equal(judged.error, undefined);
  const [report, ...others] = judged.reports;
  assert.ok(report?.type === 'findings' && others.length === 0);
  assert.deepEqual([report.tools.map(({ name }) => name), report.findings.length], [['ESLint', 'tsc'], 2]);
  assert.equal((await run(folder, { ...both, limits: { high: 0 } })).error?.code, 'FINDINGS_OVER_LIMIT');
});

test('failed tests are told before findings, and both are kept', async (t) => {
  const folder = workdir(t, { 'a.json': eslint(message(2, 1)) });
  const { error, reports } = await run(folder, { command: 'cp a.json lint.json; echo "<testsuite><testcase name=\'adds\'><failure/></testcase></testsuite>" > unit.xml; exit 1', junit: 'unit.xml', ...lint });
  assert.equal(error?.code, 'TESTS_FAILED');
  assert.deepEqual(reports.map(({ type }) => type), ['tests', 'findings']);
});

test('a command that was ended in the middle is not judged by what it happened to leave', async (t) => {
  const folder = workdir(t, {});
  const { error, reports } = await run(folder, { command: 'echo "[]" > lint.json; kill -9 $$', ...lint });
  assert.deepEqual([error?.code, reports], ['COMMAND_KILLED', []]);
});

test('the folders of reports are made', async (t) => {
  const folder = workdir(t, {});
  assert.equal((await run(folder, { command: 'echo "[]" > deep/in/lint.json', findings: { eslint: 'deep/in/lint.json' } })).error, undefined);
  writeFileSync(join(folder, 'taken'), '');
  await assert.rejects(run(folder, { command: ':', findings: { eslint: 'taken/in/lint.json' } }), (thrown: Error & { record: ErrorRecord }) => thrown.record.code === 'REPORT_STALE');
});

test('preparation comes first, once', async (t) => {
  const folder = workdir(t, {});
  const input: ShellInput = { command: 'test -f ready', prepare: 'echo once >> ready' };
  assert.equal((await run(folder, input)).result.passed, true);
  assert.equal((await run(folder, input)).result.passed, true);
  assert.equal(readFileSync(join(folder, 'ready'), 'utf8'), 'once\n');
});

test('check asks of the preparation what it asks of the command', async (t) => {
  assert.match((await shell.missing({ command: 'npm test', prepare: 'npm ci' }, checkContext(workdir(t, { 'package.json': '{"scripts":{"test":"node --test"}}' })))).join(), /package-lock\.json/);
});

const LCOV = 'SF:a.js\nDA:1,1\nDA:2,0\nDA:3,0\nDA:5,1\nBRDA:1,0,0,1\nBRDA:1,0,1,0\nend_of_record\n';
const cover = (atLeast: NonNullable<ShellInput['atLeast']>): ShellInput => ({ command: 'cp given lcov.info', coverage: 'lcov.info', atLeast });

test('coverage that is enough passes and is kept; too little names the files and lines that lack it', async (t) => {
  const folder = workdir(t, { 'a.js': '', given: LCOV });
  const enough = await run(folder, cover({ lines: 0.5, branches: 0.5 }));
  assert.equal(enough.error, undefined);
  assert.deepEqual(enough.output['coverage'], { lines: { covered: 2, total: 4 }, branches: { covered: 1, total: 2 }, changedLines: { covered: 0, total: 0 } });
  assert.ok(enough.lines.some((line) => line.includes('changes no line that can be covered: nothing is asked')));
  const { error, reports } = await run(folder, cover({ lines: 0.8, branches: 0.9 }));
  assert.equal(error?.code, 'COVERAGE_TOO_LOW');
  assert.equal(error?.message, '50 % (2 of 4) of lines are covered, and 80 % must be; 50 % (1 of 2) of branches are covered, and 90 % must be: a.js:2-3');
  assert.deepEqual(error?.lastLines, ['a.js:2-3: no test reaches these lines (50 % (2 of 4) of the file)']);
  assert.equal(reports[0]?.type, 'coverage');
});

test('of changed lines only those are asked that the commit changed', async (t) => {
  const folder = workdir(t, { 'a.js': '', given: LCOV });
  const { error } = await run(folder, cover({ lines: 0.1, changedLines: 0.9 }), { 'a.js': [[3, 5]] });
  assert.deepEqual([error?.code, error?.message], ['COVERAGE_TOO_LOW', '50 % (1 of 2) of changed lines are covered, and 90 % must be: a.js:3']);
  assert.equal((await run(folder, cover({ changedLines: 1 }), { 'a.js': [[5, 5]] })).error, undefined);
  assert.equal((await run(folder, cover({ changedLines: 1 }), { 'README.md': [[1, 2]] })).error, undefined);
});

test('branches that were asked for and not measured are no branches', async (t) => {
  const { error } = await run(workdir(t, { 'a.js': '', given: 'SF:a.js\nDA:1,1\nend_of_record\n' }), cover({ branches: 0.1 }));
  assert.match(error?.message ?? '', /says nothing of branches/);
});

for (const [file, format, components, unknown] of [['cdxgen/cdxgen.json', 'cyclonedx', 1, false], ['published/syft.cyclonedx.json', 'cyclonedx', 2, true], ['published/syft.spdx.json', 'spdx', 1, false]] as const) {
  test(`a bill of materials of another tool is kept: ${file}`, async (t) => {
    const folder = workdir(t, {});
    writeFileSync(join(folder, 'given'), readFileSync(join(recorded, file), 'utf8').replaceAll('/checkout', folder));
    const { result, output, reports, lines, context } = await run(folder, { command: 'cp given bom.json', sbom: 'bom.json' });
    assert.equal(result.passed, true, JSON.stringify(result));
    const document = output[format] as Digest;
    assert.deepEqual(output, { exitCode: 0, [format]: document, components });
    assert.deepEqual(reports, [{ type: 'sbom', format, components, document }]);
    const text = Buffer.from(await context.artifacts.get(document)).toString();
    assert.match(text, /pkg:npm\/left-pad@1\.3\.0/);
    assert.doesNotMatch(text, new RegExp(`${folder}|serialNumber|2026-`), 'neither when nor where it was made');
    assert.equal(lines.some((line) => line.includes('without a package URL')), unknown);
  });
}

test('what is no bill of materials fails with the place, and so does one that is not written', async (t) => {
  const folder = workdir(t, { 'none.json': '{"version":"2.1.0","runs":[]}', 'nameless.json': '{"bomFormat":"CycloneDX","specVersion":"1.6","components":[{"type":"library","name":""}]}' });
  const fail = async (from: string): Promise<string> => (await run(folder, { command: `cp ${from} bom.json`, sbom: 'bom.json' })).error?.message ?? '';
  assert.match(await fail('none.json'), /bom\.json cannot be read, at bomFormat: it is neither CycloneDX .* nor SPDX/);
  assert.match(await fail('nameless.json'), /at components\[0\]\.name/);
  assert.equal((await run(folder, { command: 'rm -f bom.json', sbom: 'bom.json' })).error?.code, 'REPORT_MISSING');
});
