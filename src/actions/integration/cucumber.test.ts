import assert from 'node:assert/strict';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, it, type TestContext } from 'node:test';
import type { LiveRelease, RegionState } from '../../environment/driver.ts';
import type { TrunklineError } from '../../foundation/errors.ts';
import { actionContext, checkContext, type Recorded } from '../fixture.testing.ts';
import type { ActionResult } from '../action.ts';
import { cucumber } from './cucumber.ts';

const release = { id: 'run-1', artifact: `sha256:${'0'.repeat(64)}`, sequence: 1 } as const;

function serving(url: string, weight = 10_000): RegionState {
  const candidate: LiveRelease = { release: { ...release, commit: 'f' }, weight, instances: { healthy: 1, total: 1 } };
  return { launched: true, url, candidate, database: 'none' };
}

/** Passes where the application answers at `good`, and says which region and release it was told of. */
const COMMAND = `echo "asked $BASE_URL in $TRUNKLINE_REGION for $TRUNKLINE_RELEASE"
case $BASE_URL in *good*) failure= ;; *) failure='<failure message="no answer"/>' ;; esac
echo "<testsuite name='s' tests='1'><testcase name='an order is taken' classname='orders'>$failure</testcase></testsuite>" > report.xml`;

async function run(t: TestContext, regions: { readonly [region: string]: RegionState }): Promise<Recorded & { readonly result: ActionResult }> {
  const workdir = await mkdtemp(join(tmpdir(), 'trunkline-cucumber-'));
  t.after(() => rm(workdir, { recursive: true }));
  const recorded = actionContext({ workdir, release, regions: Object.fromEntries(Object.entries(regions).map(([name, state]) => [name, { state }])) });
  return { ...recorded, result: await cucumber.run({ command: COMMAND, junit: 'report.xml' }, recorded.context) };
}

describe('the cucumber action', () => {
  it('tests every region at its own address and publishes a report of each', async (t) => {
    const { result, lines, reports } = await run(t, { eu: serving('http://good/eu'), us: serving('http://good/us') });
    assert.equal(result.passed, true);
    assert.deepEqual(result.output, { regions: { eu: { passed: 1, failed: 0, skipped: 0 }, us: { passed: 1, failed: 0, skipped: 0 } } });
    assert.deepEqual(reports.map((report) => report.type === 'tests' && report.name), ['integration tests in eu', 'integration tests in us']);
    assert.deepEqual(lines.filter((line) => line.startsWith('asked')), ['asked http://good/eu in eu for run-1', 'asked http://good/us in us for run-1']);
  });

  it('tests the other regions, too, when one has failed', async (t) => {
    const { result, reports } = await run(t, { eu: serving('http://bad'), us: serving('http://good'), asia: serving('http://bad') });
    assert.equal(reports.length, 3);
    assert.match(result.passed ? '' : result.error.message, /^eu: 1 of 1 .* failed: "an order is taken"; asia: /);
  });

  it('never tests another release than the one under way', async (t) => {
    await assert.rejects(run(t, { eu: serving('http://good', 500) }), (error: TrunklineError) => error.record.code === 'RELEASE_NOT_SERVED' && /only 5 % /.test(error.message));
    await assert.rejects(run(t, { eu: { launched: true, url: 'http://good', database: 'none' } }), (error: TrunklineError) => error.record.code === 'RELEASE_NOT_SERVED');
    await assert.rejects(run(t, { eu: { launched: false, database: 'none' } }), (error: TrunklineError) => error.record.code === 'REGION_NOT_LAUNCHED');
  });

  it('names a lock file that its preparation needs and the repository lacks', async (t) => {
    const repository = await mkdtemp(join(tmpdir(), 'trunkline-cucumber-'));
    t.after(() => rm(repository, { recursive: true }));
    const suite = { command: 'node features.mjs', junit: 'report.xml', prepare: 'npm ci' };
    await writeFile(join(repository, 'package.json'), '{}');
    assert.deepEqual(await cucumber.missing(suite, checkContext(repository)), ['"npm ci" needs a package-lock.json in the repository']);
    await writeFile(join(repository, 'package-lock.json'), '{}');
    assert.deepEqual(await cucumber.missing(suite, checkContext(repository)), []);
    assert.equal(cucumber.input.safeParse({ ...suite, junit: '../report.xml' }).success, false);
  });
});
