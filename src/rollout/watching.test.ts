import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import type { MetricSample, Telemetry, TrafficSample } from '../environment/driver.ts';
import type { AlarmPlan, BakePlan } from '../pipeline/plan.ts';
import { bakeLookOf, type BakeLook } from './bake.ts';
import { errorsAlarm, SECOND } from './fixture.testing.ts';
import { Watching } from './watching.ts';

const LOOK = 500;
const HOUR = 3_600 * SECOND;

/** A release that is read every `everyMs`, by and large, and answers 100 requests from one reading to the next. */
interface Region { readonly everyMs: number; readonly jitter: readonly number[]; /** From then on, a fifth of the answers are errors. */ readonly badFrom: number }

function* readings({ everyMs, jitter, badFrom }: Region, from: number, to: number): Generator<{ readonly at: number; readonly requests: number; readonly errors: number }> {
  let errors = 0;
  for (let index = 0; ; index++) {
    const at = Math.round(from + index * everyMs + (jitter[index % jitter.length] ?? 0) * everyMs);
    if (at > to) return;
    if (at > badFrom) errors += 20;
    yield { at, requests: index * 100, errors };
  }
}

function telemetryOf(read: readonly { at: number; requests: number; errors: number }[], everyMs: number): Telemetry {
  const samples = read.map(({ at, requests, errors }): MetricSample => ({ at, release: 'new', instance: 'a', values: { 'http_requests_total{status="200"}': requests - errors, 'http_requests_total{status="500"}': errors } }));
  // The router sees no error: the application alone says that its answers are wrong.
  return { samples, probes: [], everyMs, traffic: read.map(({ at, requests }): TrafficSample => ({ at, release: 'new', requests, errors: 0, synthetic: 0 })) };
}

/** The first look that decides, and when it was; looks are taken around the end and at each reading. */
function baked(region: Region, bake: BakePlan, alarms: readonly AlarmPlan[], until: number): { readonly at: number; readonly verdict: BakeLook['verdict'] } | undefined {
  const watching = new Watching({ alarms, release: 'new', since: 0 });
  let last = 0;
  const looks = (to: number): { at: number; verdict: BakeLook['verdict'] } | undefined => {
    const near = last < bake.minTimeMs && to > bake.minTimeMs ? [bake.minTimeMs] : [];
    for (const now of [...near, to]) {
      last = now;
      const { verdict } = bakeLookOf(watching, { ...bake, since: 0 }, now);
      if (verdict !== 'wait') return { at: now, verdict };
    }
    return undefined;
  };
  for (const reading of readings(region, -10 * region.everyMs, until)) {
    const decided = reading.at > last ? looks(reading.at) : undefined;
    if (decided) return decided;
    watching.absorb(telemetryOf([reading], region.everyMs));
  }
  return looks(until);
}

const minutes = fc.double({ min: 0, max: Math.log2(86_400), noNaN: true }).map((exponent) => Math.round(2 ** exponent) * SECOND);
const cases = fc.record({ minTimeMs: minutes, readEvery: fc.double({ min: 0, max: 1, noNaN: true }), jitter: fc.array(fc.double({ min: 0, max: 0.4, noNaN: true }), { minLength: 1, maxLength: 7 }), pointsEvery: fc.double({ min: 0, max: 1, noNaN: true }), hasAlarm: fc.boolean() })
  .map(({ minTimeMs, readEvery, jitter, pointsEvery, hasAlarm }) => {
    const everyMs = Math.round(Math.max(200, minTimeMs / 1_500, 200 * (minTimeMs / 6 / 200) ** readEvery * (minTimeMs / 6 >= 200 ? 1 : 0)));
    // Three points must fit in.
    const point = Math.max(100, everyMs / 10, Math.floor((minTimeMs / 4) * pointsEvery));
    return { region: { everyMs, jitter, badFrom: Infinity }, bake: { minTimeMs, minRequests: 10, maxTimeMs: 3 * minTimeMs, onInsufficientData: 'hold' as const }, alarms: hasAlarm ? [{ ...errorsAlarm, everyMs: point }] : [] };
  });

test('any bake from a second to a day passes within one look after its time, however often it is read', () => {
  fc.assert(fc.property(cases, ({ region, bake, alarms }) => {
    const decided = baked(region, bake, alarms, bake.minTimeMs + LOOK);
    assert.equal(decided?.verdict, 'pass');
    assert.ok(decided.at >= bake.minTimeMs && decided.at <= bake.minTimeMs + LOOK);
  }), { numRuns: 80, examples: [[{ region: { everyMs: SECOND, jitter: [0], badFrom: Infinity }, bake: { minTimeMs: 750 * SECOND, minRequests: 10, maxTimeMs: HOUR, onInsufficientData: 'hold' }, alarms: [] }]] });
});

test('a release that goes bad in time for its points is a breach, however long the bake and however often it is read', () => {
  fc.assert(fc.property(cases, fc.double({ min: 0, max: 1, noNaN: true }), ({ region, bake, alarms }, when) => {
    const point = Math.max(alarms[0]?.everyMs ?? 0, region.everyMs);
    const badFrom = when * (bake.minTimeMs - 4 * point) - point;
    const decided = baked({ ...region, badFrom }, bake, [{ ...errorsAlarm, everyMs: alarms[0]?.everyMs ?? region.everyMs }], bake.minTimeMs + LOOK);
    fc.pre(bake.minTimeMs > 6 * point);
    assert.deepEqual([decided?.verdict, (decided?.at ?? Infinity) <= Math.max(badFrom, 0) + 5 * point + region.everyMs], ['breach', true]);
  }), { numRuns: 80 });
});
