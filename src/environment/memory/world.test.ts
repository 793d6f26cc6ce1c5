import assert from 'node:assert/strict';
import { test } from 'node:test';
import { VirtualClock } from '../../foundation/clock.ts';
import { digestOf } from '../../foundation/digest.ts';
import { contractPlan, environmentContract, region } from '../contract.testing.ts';
import type { Release } from '../driver.ts';
import { MemoryWorld, memoryEnvironments } from './world.testing.ts';

const nothing = { folder: '', content: `sha256:${'0'.repeat(64)}` } as const;
const never = new AbortController().signal;
const conducts = { good: {}, failing: { errors: 1 }, broken: { healthy: false }, slow: { startMs: 3_600_000 } } as const;
const releaseOf = (id: string, conduct = 'good'): Release => ({ id, artifact: digestOf(`${id} ${conduct}`), commit: `${id} ${conduct}`, sequence: Number(id.slice(1)) });

environmentContract('memory', async () => {
  const clock = new VirtualClock(1_000_000);
  const world = new MemoryWorld({ clock });
  return {
    provider: memoryEnvironments(world),
    reopen: () => memoryEnvironments(world),
    release: async (id, conduct = 'good') => {
      world.behave(`${id} ${conduct}`, conducts[conduct]);
      return { release: releaseOf(id, conduct), files: nothing };
    },
    visit: async (id, count) => Array.from({ length: count }, () => world.region(id).visit()),
    until: async (holds) => {
      for (let second = 0; !await holds(); second++) {
        assert.ok(second < 600, `not within ten minutes: ${holds.toString()}`);
        await clock.advance(1_000);
      }
    },
    during: async (work) => {
      let settled = false;
      const watched = work.finally(() => {
        settled = true;
      });
      watched.catch(() => {});
      for (await new Promise(setImmediate); !settled; await new Promise(setImmediate)) await clock.advance(500);
      return watched;
    },
  };
});

async function canary(weight: number, requestsPerSecond: number): Promise<{ readonly clock: VirtualClock; readonly world: MemoryWorld; readonly driver: ReturnType<MemoryWorld['region']> }> {
  const clock = new VirtualClock();
  const world = new MemoryWorld({ clock, requestsPerSecond });
  const driver = world.region(region);
  await driver.launch({ ...contractPlan, probes: [] }, never);
  for (const id of ['r1', 'r2']) {
    await driver.prepare(releaseOf(id), nothing, never);
    if (id === 'r1') await driver.settle('r1', never);
  }
  await driver.shift('r2', weight, never);
  return { clock, world, driver };
}

test('customers come at their pace, and the candidate gets its share to the request', async () => {
  const { clock, driver } = await canary(500, 100);
  await clock.advance(60_000);
  const { traffic } = await driver.telemetry(60_000);
  assert.deepEqual(traffic.map(({ release, requests }) => [release, requests]), [['r1', 5_700], ['r2', 300]]);
});

test('a release may change its ways while it runs, to the exact fraction', async () => {
  const { clock, world, driver } = await canary(5_000, 100);
  await clock.advance(10_000);
  await driver.observe();
  world.behave('r2 good', { errors: 0.02, seconds: 0.5 });
  await clock.advance(10_000);
  const { traffic, samples } = await driver.telemetry(20_000);
  assert.deepEqual(traffic.map(({ errors }) => errors), [0, 10]);
  const failed = samples.filter(({ release }) => release === 'r2').reduce((sum, { values }) => sum + (values['http_requests_total{status="500"}'] ?? 0), 0);
  assert.equal(failed, 10);
});

test('a candidate that falls ill loses its traffic to the stable release, and shows no instance', async () => {
  const { clock, world, driver } = await canary(10_000, 10);
  await clock.advance(5_000);
  await driver.observe();
  world.behave('r2 good', { healthy: false });
  await clock.advance(5_000);
  const { traffic, samples } = await driver.telemetry(10_000);
  assert.deepEqual(traffic.map(({ requests, errors }) => [requests, errors]), [[50, 0], [50, 0]]);
  assert.ok(samples.every(({ release }) => release === 'r1'));
  assert.equal((await driver.observe()).candidate?.instances.healthy, 0);
});
