import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { EnvironmentDriver, ProbeResult, Telemetry } from '../environment/driver.ts';
import { VirtualClock } from '../foundation/clock.ts';
import { TrunklineError } from '../foundation/errors.ts';
import type { AlarmPlan, BakePlan } from '../pipeline/plan.ts';
import { Reader } from './reader.ts';
import { watchRegion, type WatchEnd, type Watched } from './watch.ts';

const RELEASE = 'candidate';
const SECOND = 1_000;
const alarm: AlarmPlan = { name: 'greet fails', signal: { type: 'probe', probe: 'greet' }, above: 0.2, points: [2, 3], everyMs: SECOND, minRequests: 1 };
const bake: BakePlan = { minTimeMs: 5 * SECOND, minRequests: 10, maxTimeMs: 15 * SECOND, onInsufficientData: 'hold' };

/** As a region is half way through a canary: customers and the stable release's probes make its requests, and its own probes run when they are asked to. */
function region(clock: VirtualClock): EnvironmentDriver {
  const probes: ProbeResult[] = [];
  const unit: Pick<EnvironmentDriver, 'telemetry' | 'observe' | 'exercise'> = {
    telemetry: async (since): Promise<Telemetry> => {
      const seconds = Array.from({ length: Math.floor(clock.now() / SECOND) + 1 }, (_, second) => second * SECOND).filter((at) => at >= since);
      return { samples: [], probes: probes.filter(({ at }) => at >= since && at <= clock.now()), traffic: seconds.map((at) => ({ at, release: RELEASE, requests: 2 * (at / SECOND), errors: 0, synthetic: 0 })) };
    },
    observe: async () => ({ launched: true, database: 'none' }),
    exercise: async (count) => {
      for (let run = 0; run < count; run++) probes.push({ at: clock.now() + run * 100, probe: 'greet', release: RELEASE, ok: true, detail: '' });
    },
  };
  return unit as EnvironmentDriver;
}

test('an alarm on a probe that few requests reach gets runs in as many points as it needs', async () => {
  const clock = new VirtualClock(100 * SECOND);
  const held: unknown[] = [];
  const ended = new AbortController();
  const watched = watchRegion(
    { clock, region: region(clock), name: 'here', release: RELEASE, alarms: [alarm], since: clock.now(), bake, held: (reason) => held.push(reason), signal: ended.signal },
  );
  for (let tenths = 0; tenths < 140; tenths++) await clock.advance(100);
  ended.abort();
  assert.deepEqual([(await watched)?.type, held], ['passed', []]);
});

const counted = (at: number): Telemetry => ({ samples: [], probes: [], traffic: [{ at, release: RELEASE, requests: 10 * (at / SECOND), errors: 0, synthetic: 0 }] });
const there = { launched: true, database: 'none', candidate: { release: { id: RELEASE }, weight: 500, instances: { healthy: 1, total: 1 } } };

async function watchFor(seconds: number, unit: Partial<Record<keyof EnvironmentDriver, unknown>>, clock: VirtualClock, more: Partial<Watched> = {}): Promise<WatchEnd | undefined> {
  const ended = new AbortController();
  const watched = watchRegion({ clock, region: unit as unknown as EnvironmentDriver, name: 'here', release: RELEASE, alarms: [], since: clock.now(), signal: ended.signal, ...more });
  for (let tenths = 0; tenths < seconds * 10; tenths++) await clock.advance(100);
  ended.abort();
  return watched;
}

test('a region that is gone is a breach, in a bake and outside of one', async () => {
  const silent = new Promise<never>(() => {});
  const gone = {
    'telemetry fails': { telemetry: () => Promise.reject(new TrunklineError('AGENT_FAILED', 'infra', 'it ended')), observe: async () => there },
    'observe fails': { telemetry: async () => counted(0), observe: () => Promise.reject(new TrunklineError('REGION_SILENT', 'infra', 'it is silent')) },
    'nothing answers': { telemetry: () => silent, observe: () => silent },
    'it was taken away': { telemetry: async () => ({ samples: [], traffic: [], probes: [] }), observe: async () => ({ launched: false, database: 'none' }) },
  };
  for (const [what, unit] of Object.entries(gone)) {
    for (const more of [{}, { bake }]) {
      assert.equal(await watchFor(20, unit, new VirtualClock(), more), undefined, `${what}: it may come back`);
      const end = await watchFor(45, unit, new VirtualClock(), more);
      assert.deepEqual([end?.type, end?.type === 'breached' && end.cause], ['breached', 'health'], what);
    }
  }
});

test('a region that could not be read for a while is read on', async () => {
  const clock = new VirtualClock(100 * SECOND);
  const unit = {
    telemetry: async () => {
      if (Math.floor(clock.now() / SECOND) % 3 === 0) throw new TrunklineError('AGENT_FAILED', 'infra', 'it ended');
      return counted(clock.now());
    },
    observe: async () => there,
  };
  assert.equal((await watchFor(15, unit, clock, { bake }))?.type, 'passed');
});

test('what is measured is read once, also from a driver that tells it again', async () => {
  let at = 0;
  const results = (): ProbeResult[] => Array.from({ length: at }, (_, run) => ({ at: Math.floor(run / 2), probe: 'greet', release: RELEASE, ok: true, detail: '' }));
  const reader = new Reader({ telemetry: async (since) => ({ samples: [], traffic: Array.from({ length: at }, (_, n) => counted(n).traffic[0]!), probes: results().filter((one) => one.at >= since) }) }, 0);
  const read = { traffic: 0, probes: 0 };
  for (at = 1; at <= 50; at++) {
    const { traffic, probes } = await reader.next();
    read.traffic += traffic.length;
    read.probes += probes.length;
  }
  assert.deepEqual(read, { traffic: 50, probes: 50 });
});
