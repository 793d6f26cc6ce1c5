import assert from 'node:assert/strict';
import { test } from 'node:test';
import { VirtualClock } from '../foundation/clock.ts';
import { TrunklineError } from '../foundation/errors.ts';
import { contractPlan, region } from './contract.testing.ts';
import { withDeadlines } from './deadlines.ts';
import type { EnvironmentDriver, Release } from './driver.ts';
import { MemoryWorld, memoryEnvironments } from './memory/world.testing.ts';

const never = new AbortController().signal;
const release: Release = { id: 'r1', artifact: `sha256:${'a'.repeat(64)}`, commit: 'c', sequence: 1 };

/** A driver that hears everything, and answers nothing, whatever its signal says. */
function deaf(heard: string[]): EnvironmentDriver {
  return new Proxy({} as EnvironmentDriver, { get: (_target, name) => () => {
    heard.push(String(name));
    return new Promise(() => {});
  } });
}

const calls: { readonly [method: string]: (driver: EnvironmentDriver, signal: AbortSignal) => Promise<unknown> } = {
  observe: (driver) => driver.observe(), telemetry: (driver) => driver.telemetry(0), database: (driver) => driver.database(),
  exercise: (driver, signal) => driver.exercise(1, signal), launch: (driver, signal) => driver.launch(contractPlan, signal),
  prepare: (driver, signal) => driver.prepare(release, { folder: '', content: release.artifact }, signal), shift: (driver, signal) => driver.shift('r1', 1, signal),
  settle: (driver, signal) => driver.settle('r1', signal), restore: (driver, signal) => driver.restore(signal), remove: (driver, signal) => driver.remove(signal),
};

for (const [method, call] of Object.entries(calls)) {
  test(`a region that never answers to ${method} is said to be silent, and its caller goes on`, async () => {
    const clock = new VirtualClock();
    const heard: string[] = [];
    const driver = withDeadlines({ region: () => deaf(heard), regions: async () => [] }, clock).region(region, { run: 'r1', fence: 1, plan: contractPlan });
    const refused = assert.rejects(call(driver, never), (error) => error instanceof TrunklineError && error.record.code === 'REGION_SILENT' && error.record.class === 'infra');
    await clock.advance(10 * 60_000);
    await refused;
    assert.deepEqual(heard, [method]);
  });
}

test('a call whose signal aborts is over a second later, whatever the region does', async () => {
  const clock = new VirtualClock();
  const stop = new AbortController();
  const driver = withDeadlines({ region: () => deaf([]), regions: async () => [] }, clock).region(region);
  const refused = assert.rejects(driver.restore(stop.signal), /enough/);
  stop.abort(new Error('enough'));
  await new Promise(setImmediate);
  await clock.advance(1_000);
  await refused;
  await assert.rejects(driver.restore(stop.signal), /enough/);
});

test('a region that answers in time answers as it did', async () => {
  const clock = new VirtualClock();
  const provider = withDeadlines(memoryEnvironments(new MemoryWorld({ clock })), clock);
  await provider.region(region).launch(contractPlan, never);
  assert.equal((await provider.region(region).observe()).launched, true);
  assert.deepEqual(await provider.regions(), [region]);
  await assert.rejects(provider.region(region).shift('r1', 1, never), (error) => error instanceof TrunklineError && error.record.code === 'RELEASE_UNKNOWN');
});
