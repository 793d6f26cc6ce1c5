import assert from 'node:assert/strict';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { TrunklineError } from '../../foundation/errors.ts';
import { makeGroup } from '../../sandbox/control-group.ts';
import { DEFAULT_LIMITS } from '../../sandbox/limits.ts';
import { contractPlan, region } from '../contract.testing.ts';
import { fixture } from './fixture.testing.ts';

const never = new AbortController().signal;
const MIB = 1024 ** 2;

/** Which limits this machine lets us count together: `prlimit` alone tells nobody. */
async function heldHere(): Promise<readonly string[]> {
  const group = await makeGroup(`trunkline-trial-${process.pid}`, DEFAULT_LIMITS);
  await group?.remove();
  return group?.held ?? [];
}
const held = await heldHere();

const SERVES = "import { createServer } from 'node:http'; createServer((request, response) => response.end('well')).listen(Number(process.env.PORT), '127.0.0.1');";
const BOMB = "import { spawn } from 'node:child_process'; for (let n = 0; n < 200; n += 1) spawn('sleep', ['60']).on('error', () => {});";
const HOG = 'const all = []; for (;;) all.push(Buffer.alloc(8 * 1024 * 1024, 1));';

for (const [what, limits, program, words] of [
  ['processes', { processes: 80 }, BOMB, /the limit of 80 processes/],
  ['memory', { memory: 128 * MIB }, HOG, /the limit of 128 MiB of memory/],
] as const) {
  test(`a release that uses more ${what} than the operator lets it is held back, fails, and says so`, { skip: !held.includes(what) && 'no control group here' }, async (t) => {
    const made = await fixture(t);
    const driver = made.provider.region(region);
    await mkdir(made.state, { recursive: true });
    await writeFile(join(made.state, 'sandbox.json'), JSON.stringify({ limits }));
    await driver.launch({ ...contractPlan, instances: 1, probes: [] }, never);
    const bad = await made.release('r1', 'good', { 'app.mjs': program });
    await assert.rejects(driver.prepare(bad.release, bad.files, never), (error: unknown) => {
      assert.ok(error instanceof TrunklineError);
      assert.equal(error.record.code, 'INSTANCE_UNHEALTHY');
      assert.match(error.message, words);
      assert.match(error.record.hint ?? '', /"limits" in sandbox\.json/);
      assert.ok(error.record.lastLines?.some((line) => words.test(line)), 'its own log says it');
      return true;
    });
    // What was refused to it is there for the next one.
    const good = await made.release('r2', 'good', { 'app.mjs': SERVES });
    await driver.prepare(good.release, good.files, never);
  });
}

test('an instance that lives on after it was refused a process is told of in its log', { skip: !held.includes('processes') && 'no control group here' }, async (t) => {
  const made = await fixture(t);
  const driver = made.provider.region(region);
  await mkdir(made.state, { recursive: true });
  await writeFile(join(made.state, 'sandbox.json'), JSON.stringify({ limits: { processes: 80 } }));
  await driver.launch({ ...contractPlan, instances: 1, health: '/', metrics: '/', probes: [{ name: 'bomb', file: 'probes/bomb.mjs', everyMs: 200 }] }, never);
  const probe = `${BOMB.replace('for', 'export default async () => { for')} throw new Error('done'); };`;
  const { release, files } = await made.release('r1', 'good', { 'app.mjs': `${SERVES}\n${BOMB}`, 'probes/bomb.mjs': probe });
  await driver.prepare(release, files, never);
  await driver.shift('r1', 10_000, never);
  const log = join(made.root, region.environment, region.region, 'logs', 'r1.log');
  const deadline = performance.now() + 30_000;
  while (!/hit the limit of 80 processes/.test(await readFile(log, 'utf8').catch(() => '')) && performance.now() < deadline) await sleep(100);
  assert.match(await readFile(log, 'utf8'), /hit the limit of 80 processes; an operator sets others/);
  assert.equal((await driver.observe()).candidate?.instances.healthy, 1, 'it lives on');
});

test('limits that nobody set leave an ordinary release alone', async (t) => {
  const made = await fixture(t);
  const driver = made.provider.region(region);
  await driver.launch({ ...contractPlan, instances: 1 }, never);
  const { release, files } = await made.release('r1');
  await driver.prepare(release, files, never);
  assert.doesNotMatch(await readFile(join(made.root, region.environment, region.region, 'logs', 'r1.log'), 'utf8').catch(() => ''), /hit the limit/);
});
