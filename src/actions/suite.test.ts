import assert from 'node:assert/strict';
import { mkdir, mkdtemp, readFile, rm, stat, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, it, type TestContext } from 'node:test';
import type { TrunklineError } from '../foundation/errors.ts';
import { actionContext, type Recorded } from './fixture.testing.ts';
import { prepareWorkdir } from './preparation.ts';
import { runSuite, type Suite, type Verdict } from './suite.ts';

const PASSED = '<testsuite name="orders" tests="1"><testcase name="are taken" classname="orders" time="0.01"/></testsuite>';
const FAILED = `<testsuite name="orders" tests="2" failures="1"><testcase name="are taken" classname="orders"/>
  <testcase name="are paid" classname="orders" file="test/pay.ts" line="12"><failure message="402 is not 200">at pay</failure></testcase></testsuite>`;
const SKIPPED = '<testsuite name="orders" tests="1" skipped="1"><testcase name="are taken" classname="orders"><skipped/></testcase></testsuite>';

async function workdir(t: TestContext): Promise<string> {
  const path = await mkdtemp(join(tmpdir(), 'trunkline-suite-'));
  t.after(() => rm(path, { recursive: true, force: true }));
  return path;
}

/** A command that writes this report and ends so. */
function writing(xml: string, code = 0): string {
  return `mkdir -p out && cat > out/report.xml <<'END'\n${xml}\nEND\necho "the last line"; exit ${code}`;
}

async function run(t: TestContext, command: string, also: Partial<Suite> = {}, inside?: string): Promise<Recorded & { readonly verdict: Verdict }> {
  const recorded = actionContext({ workdir: inside ?? await workdir(t) });
  return { ...recorded, verdict: await runSuite({ command, junit: 'out/report.xml', ...also }, 'integration tests', { BASE_URL: 'http://127.0.0.1:1' }, recorded.context) };
}

describe('a suite of tests', () => {
  it('passes when a test was executed and none failed, and publishes its report', async (t) => {
    const { verdict, reports } = await run(t, `test "$BASE_URL$MORE" = "http://127.0.0.1:1yes" || exit 9; ${writing(PASSED)}`, { env: { MORE: 'yes', BASE_URL: 'overruled' } });
    assert.equal(verdict.error, undefined);
    assert.equal(reports.length, 1);
    assert.deepEqual([reports[0]?.type === 'tests' && reports[0].name, reports[0]?.type === 'tests' && reports[0].passed], ['integration tests', 1]);
  });

  it('fails with the names, places and messages of the tests that failed', async (t) => {
    const { verdict, reports } = await run(t, writing(FAILED, 1));
    assert.equal(verdict.error?.code, 'TESTS_FAILED');
    assert.equal(verdict.error?.message, '1 of 2 integration tests failed: "are paid"');
    const lines = verdict.error?.lastLines?.join('\n') ?? '';
    assert.match(lines, /^test\/pay\.ts:12 .*are paid\n.*402 is not 200/);
    assert.match(lines, /the last line$/);
    assert.equal(reports.length, 1);
  });

  it('fails when tests failed, although the command says that all is well', async (t) => {
    assert.equal((await run(t, writing(FAILED, 0))).verdict.error?.code, 'TESTS_FAILED');
  });

  it('fails when no test was executed', async (t) => {
    assert.equal((await run(t, writing('<testsuites/>'))).verdict.error?.code, 'NO_TESTS_RAN');
    assert.equal((await run(t, writing(SKIPPED))).verdict.error?.code, 'NO_TESTS_RAN');
  });

  it('fails when the command failed, although every test in the report passed', async (t) => {
    assert.equal((await run(t, writing(PASSED, 3))).verdict.error?.code, 'TESTS_COMMAND_FAILED');
  });

  it('takes no report that was there before', async (t) => {
    const folder = await workdir(t);
    await mkdir(join(folder, 'out'));
    await writeFile(join(folder, 'out', 'report.xml'), PASSED);
    const { verdict, reports } = await run(t, 'exit 0', {}, folder);
    assert.equal(verdict.error?.code, 'TESTS_DID_NOT_REPORT');
    assert.deepEqual(reports, []);
  });

  it('reads every report that a pattern means, and none of an earlier run', async (t) => {
    const folder = await workdir(t);
    await mkdir(join(folder, 'out'));
    await writeFile(join(folder, 'out', 'stale.xml'), FAILED);
    const { verdict } = await run(t, `${writing(PASSED).replace(/; exit 0$/, '')}; cp out/report.xml out/second.xml`, { junit: 'out/*.xml' }, folder);
    assert.deepEqual([verdict.error, verdict.report?.passed], [undefined, 2]);
  });

  it('refuses a report that is a link out of the checkout', async (t) => {
    const elsewhere = join(await workdir(t), 'report.xml');
    await writeFile(elsewhere, PASSED);
    await assert.rejects(run(t, `mkdir -p out && ln -s '${elsewhere}' out/report.xml`), (error: TrunklineError) => error.record.code === 'FILE_OUTSIDE');
  });

  it('deletes nothing outside of the checkout', async (t) => {
    const elsewhere = await workdir(t);
    await writeFile(join(elsewhere, 'report.xml'), PASSED);
    const folder = await workdir(t);
    await symlink(elsewhere, join(folder, 'out'));
    assert.equal((await run(t, 'exit 0', {}, folder)).verdict.error?.code, 'TESTS_DID_NOT_REPORT');
    assert.ok((await stat(join(elsewhere, 'report.xml'))).isFile());
  });
});

describe('the preparation of a checkout', () => {
  it('is made once for all suites that ask for it at once, and not again later', async (t) => {
    const folder = await workdir(t);
    const suites = [0, 1, 2].map((index) => run(t, writing(PASSED).replaceAll('out', `out${index}`), { prepare: 'echo once >> prepared', junit: `out${index}/report.xml` }, folder));
    for (const { verdict } of await Promise.all(suites)) assert.equal(verdict.error, undefined);
    await run(t, writing(PASSED), { prepare: 'echo once >> prepared' }, folder);
    assert.equal(await readFile(join(folder, 'prepared'), 'utf8'), 'once\n');
  });

  it('is made again when it failed', async (t) => {
    const folder = await workdir(t);
    const { context, lines } = actionContext({ workdir: folder });
    const once = 'echo half; mkdir half';
    await mkdir(join(folder, 'half'));
    await assert.rejects(prepareWorkdir(once, context), (error: TrunklineError) => error.record.code === 'PREPARE_FAILED' && (error.record.lastLines ?? []).includes('half'));
    await rm(join(folder, 'half'), { recursive: true });
    await prepareWorkdir(once, context);
    assert.ok((await stat(join(folder, 'half'))).isDirectory());
    assert.equal(lines.filter((line) => line === 'half').length, 2);
  });

  it('writes through no link that the commit put in its way', async (t) => {
    const folder = await workdir(t);
    const victim = join(await workdir(t), 'victim');
    await writeFile(victim, 'as it was');
    await symlink(victim, join(folder, '.trunkline-prepared'));
    await prepareWorkdir('true', actionContext({ workdir: folder }).context);
    assert.equal(await readFile(victim, 'utf8'), 'as it was');
  });
});
