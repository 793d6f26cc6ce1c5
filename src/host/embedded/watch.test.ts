import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { EnvironmentDriver, ProbeResult, Telemetry } from '../../environment/driver.ts';
import { VirtualClock } from '../../foundation/clock.ts';
import type { AlarmPlan, BakePlan } from '../../pipeline/plan.ts';
import { watchRegion } from './watch.ts';

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
    { clock, region: region(clock), name: 'here', release: RELEASE, alarms: [alarm], exposedSince: clock.now(), signal: ended.signal },
    { step: 1, plan: bake, since: clock.now(), report: (fact) => held.push(fact) },
  );
  for (let tenths = 0; tenths < 140; tenths++) await clock.advance(100);
  ended.abort();
  assert.deepEqual([(await watched)?.type, held], ['baked', []]);
});
