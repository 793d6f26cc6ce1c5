import assert from 'node:assert/strict';
import { existsSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { test, type TestContext } from 'node:test';
import type { ErrorRecord } from '../../foundation/errors.ts';
import type { ActionResult } from '../action.ts';
import { actionContext, checkContext, type Recorded } from '../fixture.testing.ts';
import { shell, type ShellInput } from './shell.ts';

function workdir(t: TestContext, files: { readonly [path: string]: string } = {}): string {
  const folder = mkdtempSync(join(tmpdir(), 'shell-'));
  t.after(() => rmSync(folder, { recursive: true, force: true }));
  for (const [path, content] of Object.entries(files)) {
    mkdirSync(dirname(join(folder, path)), { recursive: true });
    writeFileSync(join(folder, path), content, { mode: path.endsWith('.sh') ? 0o755 : 0o644 });
  }
  return folder;
}

async function run(folder: string, input: ShellInput): Promise<Recorded & { result: ActionResult; error: ErrorRecord | undefined }> {
  const recorded = actionContext({ workdir: folder });
  const result = await shell.run(input, recorded.context);
  return { ...recorded, result, error: result.passed ? undefined : result.error };
}

const GOOD = '<testsuite><testcase name="adds"/></testsuite>';
const BAD = '<testsuite name="cart"><testcase name="adds" file="src/cart.test.ts" line="12"><failure message="1 is not 2"/></testcase><testcase name="ok"/></testsuite>';

test('a command that exits with 0 has passed', async (t) => {
  const { result, lines } = await run(workdir(t), { command: 'echo hello' });
  assert.deepEqual(result, { passed: true, output: { exitCode: 0 } });
  assert.deepEqual(lines, ['hello']);
});

test('any other exit code fails, with the code and the last lines', async (t) => {
  const { error } = await run(workdir(t), { command: 'echo why >&2; exit 3' });
  assert.deepEqual([error?.code, error?.class, error?.lastLines], ['COMMAND_FAILED', 'code', ['why']]);
  assert.match(error?.message ?? '', /exit code 3/);
});

test('a command that is not there says what to install, one that cannot be executed says so', async (t) => {
  const { error } = await run(workdir(t), { command: 'no-such-tool --version' });
  assert.equal(error?.code, 'COMMAND_NOT_FOUND');
  assert.match(`${error?.message} ${error?.hint}`, /needs "no-such-tool".*install no-such-tool/);
  assert.equal((await run(workdir(t, { plain: 'x' }), { command: './plain' })).error?.code, 'COMMAND_NOT_EXECUTABLE');
});

test('a command that somebody else killed is a fault of the machinery', async (t) => {
  for (const command of ['kill -9 $$', 'sh -c "kill -9 \\$\\$"; exit $?']) {
    const { error } = await run(workdir(t), { command });
    assert.deepEqual([error?.code, error?.class], ['COMMAND_KILLED', 'infra'], command);
  }
});

test('a command that took too long, or was cancelled, is told apart', async (t) => {
  const recorded = actionContext({ workdir: workdir(t) });
  const ended = (how: 'timeout' | 'cancelled') => shell.run({ command: 'x' }, { ...recorded.context, exec: async () => ({ code: null, signal: 'SIGKILL', ended: how, duration: 1 }) });
  const timeout = await ended('timeout');
  assert.equal(timeout.passed ? '' : timeout.error.code, 'TIMEOUT');
  await assert.rejects(ended('cancelled'), (thrown: Error & { record: ErrorRecord }) => thrown.record.code === 'CANCELLED');
});

test('a report is read, counted and kept', async (t) => {
  const { result, reports } = await run(workdir(t), { command: `mkdir r; echo '${GOOD}' > r/unit.xml`, junit: 'r/unit.xml' });
  assert.deepEqual(result, { passed: true, output: { exitCode: 0, tests: { passed: 1, failed: 0, skipped: 0 } } });
  assert.equal(reports.length, 1);
});

test('failed tests are named with their place, whatever the exit code says', async (t) => {
  for (const code of [0, 1]) {
    const { result, error, reports } = await run(workdir(t), { command: `echo printed; echo '${BAD}' > unit.xml; exit ${code}`, junit: 'unit.xml' });
    assert.equal(error?.code, 'TESTS_FAILED');
    assert.equal(error?.message, '1 of 2 tests failed: "adds" (src/cart.test.ts:12)');
    assert.deepEqual(error?.lastLines, ['failed: cart > adds (src/cart.test.ts:12)', '    1 is not 2', 'printed']);
    assert.deepEqual(result.output, { exitCode: code, tests: { passed: 1, failed: 1, skipped: 0 } });
    assert.equal(reports.length, 1, 'a report of failures is kept too');
  }
});

test('passing tests do not excuse the command that ran them', async (t) => {
  assert.equal((await run(workdir(t), { command: `echo '${GOOD}' > unit.xml; exit 1`, junit: 'unit.xml' })).error?.code, 'COMMAND_FAILED');
});

test('a report of an earlier run counts for nothing', async (t) => {
  const folder = workdir(t, { 'r/a.xml': GOOD, 'r/b.xml': GOOD });
  const { error } = await run(folder, { command: ':', junit: 'r/*.xml' });
  assert.equal(error?.code, 'REPORT_MISSING');
  assert.equal(existsSync(join(folder, 'r/a.xml')), false);
});

test('no test, or none but skipped ones, is a failure', async (t) => {
  for (const xml of ['<testsuites/>', '<testsuite><testcase name="a"><skipped/></testcase></testsuite>']) {
    assert.equal((await run(workdir(t), { command: `echo '${xml}' > unit.xml`, junit: 'unit.xml' })).error?.code, 'NO_TESTS_RAN');
  }
});

test('a report that cannot be read fails, and says why; a failed command comes first', async (t) => {
  const { error } = await run(workdir(t), { command: 'echo "<testsuite>" > unit.xml', junit: 'unit.xml' });
  assert.equal(error?.code, 'REPORT_INVALID');
  assert.equal((await run(workdir(t), { command: 'echo "<testsuite>" > unit.xml; exit 1', junit: 'unit.xml' })).error?.code, 'COMMAND_FAILED');
});

test('a report that is a link out of the checkout is not read, and deleting it deletes the link alone', async (t) => {
  const outside = workdir(t, { 'unit.xml': GOOD });
  const folder = workdir(t);
  symlinkSync(join(outside, 'unit.xml'), join(folder, 'unit.xml'));
  const { error } = await run(folder, { command: `ln -s '${join(outside, 'unit.xml')}' unit.xml`, junit: 'unit.xml' });
  assert.equal(error?.code, 'FILE_OUTSIDE');
  assert.equal(existsSync(join(outside, 'unit.xml')), true);
});

test('coverage that was promised must be written', async (t) => {
  assert.equal((await run(workdir(t, { 'lcov.info': 'stale' }), { command: ':', coverage: 'lcov.info' })).error?.code, 'COVERAGE_MISSING');
  assert.equal((await run(workdir(t), { command: 'echo TN: > lcov.info', coverage: 'lcov.info' })).error?.code, 'COVERAGE_EMPTY');
});

test('an input that leads out of the repository, or is empty, is refused', () => {
  for (const bad of [{ command: '' }, { command: 'x', junit: '../x' }, { command: 'x', junit: '/etc/x' }, { command: 'x', coverage: 'a/../../b' }, { command: 'x', other: 1 }]) {
    assert.equal(shell.input.safeParse(bad).success, false, JSON.stringify(bad));
  }
});

const manifest = JSON.stringify({ scripts: { test: 'node --test', empty: 'echo "no test specified" && exit 1', lint: 'eslint .', broken: 'no-such-tool', loop: 'npm run loop' }, devDependencies: { eslint: '1' } });
const lock = JSON.stringify({ packages: { 'node_modules/typescript': { bin: { tsc: 'bin/tsc' } }, 'node_modules/a/node_modules/b': { bin: { inner: 'x' } } } });
const findings: { readonly [command: string]: RegExp | undefined } = {
  'npm ci && npm test': undefined, 'npm run lint': undefined, 'npx tsc -p .': undefined, 'npx -y create-x': /registry/, 'node x.js': undefined, './tool.sh': undefined,
  'npm run loop': undefined, 'X=1 $TOOL': undefined, 'cd sub && npm test': undefined, 'for x in a; do y; done': undefined, 'npx eslint@9 .': undefined,
  'true': /does nothing/, ' : ; echo done && exit 0': /does nothing/, '/bin/true': /does nothing/, 'npm run empty': /script "empty": .* does nothing/,
  'npm run nothing': /no script "nothing"/, 'npm run broken': /script "broken": "no-such-tool" is not installed/, 'no-such-tool': /not installed/, 'npx inner': /registry/,
  './missing.sh': /no \.\/missing\.sh/, 'tsc': /write "npx tsc"/, 'node a && no-such-tool | cat': /not installed/,
};
for (const [command, expected] of Object.entries(findings)) {
  test(`check finds ${expected ? `that ${JSON.stringify(command)} is wanting` : `nothing against ${JSON.stringify(command)}`}`, async (t) => {
    const repository = workdir(t, { 'package.json': manifest, 'package-lock.json': lock, 'tool.sh': '#!/bin/sh\n' });
    const found = await shell.missing({ command }, checkContext(repository));
    if (expected) assert.match(found.join('\n'), expected);
    else assert.deepEqual(found, []);
  });
}

test('check finds that npm has no manifest, and npm ci no lock file', async (t) => {
  assert.match((await shell.missing({ command: 'npm test' }, checkContext(workdir(t)))).join(), /package\.json/);
  assert.match((await shell.missing({ command: 'npm ci' }, checkContext(workdir(t, { 'package.json': '{}' })))).join(), /package-lock\.json/);
});
