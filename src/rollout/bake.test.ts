import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import type { Telemetry } from '../environment/driver.ts';
import type { AlarmPlan, BakePlan } from '../pipeline/plan.ts';
import { alarmsOf, evaluateAlarm } from './alarm.ts';
import { evaluateBake, evaluateWatch } from './bake.ts';
import { errorsAlarm, joined, probed, published, SECOND, telemetryOf } from './fixture.testing.ts';

const START = 1_000_000;
const bake: BakePlan = { minTimeMs: 30 * SECOND, minRequests: 100, maxTimeMs: 90 * SECOND, onInsufficientData: 'hold' };
const steady = (to: number, requests = 10, errors = 0): Telemetry => telemetryOf({ release: 'new', from: START, to: START + to * SECOND, requests, errors });
const stable = (to: number, requests = 90, errors = 0): Telemetry => telemetryOf({ release: 'old', from: START, to: START + to * SECOND, requests, errors });
const at = (second: number, telemetry: Telemetry, more: Partial<Parameters<typeof evaluateBake>[0]> = {}) =>
  evaluateBake({ bake, alarms: [errorsAlarm], telemetry, release: 'new', since: START, now: START + second * SECOND, ...more });
const alarmAt = (second: number, telemetry: Telemetry, alarm: AlarmPlan = errorsAlarm) => evaluateAlarm(alarm, telemetry, 'new', START, START + second * SECOND);

test('a step passes after its time, with its requests and quiet alarms, and not a moment sooner', () => {
  assert.equal(at(29.9, steady(29)).verdict, 'wait');
  const look = at(30, steady(30));
  assert.deepEqual([look.verdict, look.requests, look.missing, look.validTime], ['pass', 300, 0, 30_000]);
  assert.equal(look.detail, '300 requests in 30.0s; errors: 0 % of 100 requests, limit 1 %');
});

test('an alarm that fires is a breach at once, however few requests there were in all', () => {
  const look = at(20, steady(20, 3, 1));
  assert.equal(look.verdict, 'breach');
  assert.equal(look.detail, 'errors: 33.3 % of 30 requests, above 1 % in 2 of 2 points');
});

test('requests that are missing after the least time are asked for, and a step without them never passes', () => {
  const few = (second: number): ReturnType<typeof at> => at(second, steady(second, 2), { alarms: [] });
  assert.equal(few(20).missing, 0);
  assert.deepEqual([few(30).verdict, few(30).missing], ['wait', 40]);
  assert.deepEqual([at(90, steady(90, 1), { alarms: [] }).verdict, at(90, steady(90, 1), { alarms: [] }).missing], ['insufficient', 10]);
  assert.equal(few(60).verdict, 'pass');
});

test('an alarm whose points lack requests asks for them too', () => {
  const look = at(30, steady(30, 1), { bake: { ...bake, minRequests: 0 } });
  assert.deepEqual([look.verdict, look.missing], ['wait', 40]);
  assert.equal(look.detail, 'errors: no data yet: 10 of 20 requests');
});

test('without any data a step is inconclusive after its longest time, and never passes', () => {
  const nothing: Telemetry = { samples: [], traffic: [], probes: [] };
  for (const alarms of [[], [errorsAlarm]]) {
    assert.equal(at(89, nothing, { alarms }).verdict, 'wait');
    assert.equal(at(90, nothing, { alarms }).verdict, 'insufficient');
    assert.equal(at(9_000, nothing, { alarms, bake: { ...bake, minRequests: 0 } }).verdict, 'insufficient');
  }
});

test('time counts only while what is measured is fresh', () => {
  const gap = joined(steady(10), published('new', 'new-1', [], {}));
  assert.equal(at(25, gap).validTime, 10 * SECOND - 1 + 3_000);
  assert.equal(at(40, steady(10, 100), { alarms: [] }).verdict, 'wait');
  const both = telemetryOf({ release: 'new', from: START, to: START + 10 * SECOND, requests: 20 }, { release: 'new', from: START + 25 * SECOND, to: START + 45 * SECOND, requests: 20 });
  assert.equal(at(45, both, { alarms: [] }).verdict, 'pass');
  assert.equal(at(41, both, { alarms: [] }).verdict, 'wait');
});

test('stale measurements at the very end stop a step from passing', () => {
  assert.equal(at(34, steady(30), { alarms: [] }).verdict, 'wait');
});

test('metrics that go silent while the router still counts are no health', () => {
  const telemetry = { ...steady(30), samples: steady(12).samples };
  assert.equal(at(30, telemetry).verdict, 'wait');
  assert.equal(at(90, { ...steady(90), samples: steady(12).samples }).verdict, 'insufficient');
});

test('a release that answers mostly with errors beside a sound one is broken, without any alarm', () => {
  const look = at(4, joined(steady(4, 5, 3), stable(4)), { alarms: [] });
  assert.deepEqual([look.verdict, look.detail], ['breach', "60 % of its last 20 requests failed, while 100 % of the stable release's succeeded"]);
  assert.equal(at(3, joined(steady(3, 5, 3), stable(3)), { alarms: [] }).verdict, 'wait', 'fifteen requests say nothing');
  assert.equal(at(4, joined(steady(4, 5, 3), stable(4, 90, 30)), { alarms: [] }).verdict, 'wait', 'both are broken: not its fault');
});

test('the guard looks at the newest requests, not at the good old ones', () => {
  const late = telemetryOf({ release: 'new', from: START, to: START + 60 * SECOND, requests: 50 }, { release: 'new', from: START + 60 * SECOND, to: START + 63 * SECOND, requests: 10, errors: 9 });
  assert.equal(at(63, joined(late, stable(63)), { alarms: [] }).verdict, 'breach');
});

test('a release without one healthy instance is a breach', () => {
  assert.deepEqual([at(1, steady(1), { unhealthy: true }).verdict, at(1, steady(1), { unhealthy: true }).detail], ['breach', 'none of its instances is healthy']);
});

test('a bake of nothing passes at once, unless something is broken', () => {
  const nothing: BakePlan = { minTimeMs: 0, minRequests: 0, maxTimeMs: 0, onInsufficientData: 'hold' };
  assert.equal(at(0, probed(), { bake: nothing }).verdict, 'pass');
  assert.equal(at(0, probed(), { bake: nothing, unhealthy: true }).verdict, 'breach');
});

test('what was measured before the release got its traffic, or of another release, does not count', () => {
  const before = telemetryOf({ release: 'new', from: START - 60 * SECOND, to: START, requests: 10, errors: 10 }, { release: 'new', from: START, to: START + 30 * SECOND, requests: 10 });
  const look = at(30, joined(before, stable(30, 90, 90)));
  assert.deepEqual([look.verdict, look.requests], ['pass', 300]);
});

test('a bad point of the step before still counts for an alarm, when it is told since when there was traffic', () => {
  const exposed = START - 10 * SECOND;
  const telemetry = telemetryOf({ release: 'new', from: exposed, to: START + 10 * SECOND, requests: 10, errors: 1 });
  assert.equal(at(10, telemetry).verdict, 'wait');
  assert.equal(at(10, telemetry, { exposedSince: exposed }).verdict, 'breach');
});

test('outside a bake the same breaches are seen', () => {
  const watch = (telemetry: Telemetry): string => evaluateWatch({ alarms: [errorsAlarm], telemetry, release: 'new', since: START, now: START + 30 * SECOND }).verdict;
  assert.deepEqual([watch(steady(30)), watch(steady(30, 10, 1)), watch(probed())], ['wait', 'breach', 'wait']);
});

test('a point with few requests is neither good nor bad', () => {
  const look = alarmAt(30, steady(30, 1, 1));
  assert.deepEqual([look.state, look.points.map(({ state }) => state)], ['no-data', ['insufficient', 'insufficient', 'insufficient']]);
});

test('an alarm is quiet only when it had enough points to fire', () => {
  assert.equal(alarmAt(19, steady(19)).state, 'no-data');
  assert.equal(alarmAt(20, steady(20)).state, 'ok');
});

test('a point that is not complete does not count', () => {
  assert.equal(alarmAt(19, steady(19, 10, 10)).state, 'no-data');
  assert.equal(alarmAt(20, steady(20, 10, 10)).state, 'firing');
});

test('a value at the limit is still good', () => {
  assert.equal(alarmAt(30, steady(30, 100, 1)).state, 'ok');
});

test('a quantile beyond the buckets fires only where the last bucket reaches the limit', () => {
  const slow: AlarmPlan = { ...errorsAlarm, name: 'slow', above: 0.3, points: [1, 1], signal: { type: 'quantile', histogram: { metric: 'seconds', labels: {} }, q: 0.99 } };
  const telemetry = published('new', 'a', [START, START + 9_000], { 'seconds_bucket{le="0.3"}': [0, 10], 'seconds_bucket{le="+Inf"}': [0, 40] });
  assert.deepEqual([alarmAt(10, telemetry, slow).state, alarmAt(10, telemetry, slow).detail], ['firing', 'slow: more than p99 0.3 of 40 requests, above p99 0.3 in 1 of 1 point']);
  assert.deepEqual([alarmAt(10, telemetry, { ...slow, above: 1 }).state, alarmAt(10, telemetry, { ...slow, above: 1 }).detail], ['no-data', 'slow: no data yet: the buckets end at 0.3, below the limit of 1']);
});

test('a probe that fails fires its alarm', () => {
  const alarm: AlarmPlan = { ...errorsAlarm, name: 'order', above: 0.5, minRequests: 1, points: [2, 2], signal: { type: 'probe', probe: 'order a book' } };
  const runs = [1, 6, 11, 16].map((second) => ({ at: START + second * SECOND, probe: 'order a book', release: 'new', ok: second === 6, detail: '' }));
  assert.deepEqual([alarmAt(20, probed(...runs), alarm).state, alarmAt(20, probed(...runs), alarm).detail], ['ok', 'order: 100 % of 2 runs, above 50 % in 1 of 2 points, fires at 2']);
  assert.equal(alarmAt(20, probed(...runs.map((run) => ({ ...run, ok: false }))), alarm).detail, 'order: 100 % of 2 runs, above 50 % in 2 of 2 points');
});

test('an alarm that the new release dropped is kept beside its own', () => {
  const stricter = { ...errorsAlarm, above: 0.001 };
  assert.deepEqual(alarmsOf([errorsAlarm], [stricter]), [stricter, errorsAlarm]);
  assert.deepEqual(alarmsOf([errorsAlarm], [errorsAlarm]), [errorsAlarm]);
});

test('an alarm that flaps is a breach at every look while its points are bad, so one rollback follows', () => {
  const flapping = Array.from({ length: 60 }, (_, second) => ({ release: 'new', from: START + second * SECOND, to: START + (second + 1) * SECOND, requests: 10, errors: second % 2 }));
  const telemetry = telemetryOf(...flapping);
  for (let second = 20; second <= 60; second += 1) assert.equal(at(second, telemetry).verdict, 'breach', `${second}`);
});

test('nothing passes without time, requests, fresh data and quiet alarms, whatever was measured', () => {
  const stretch = fc.record({ seconds: fc.integer({ min: 1, max: 25 }), requests: fc.nat(12), errors: fc.nat(2), silent: fc.boolean() });
  fc.assert(fc.property(fc.array(stretch, { minLength: 1, maxLength: 6 }), fc.integer({ min: 0, max: 120 }), (stretches, second) => {
    let from = START;
    const parts = stretches.map((one) => ({ ...one, release: 'new', errors: Math.min(one.errors, one.requests), from, to: (from += one.seconds * SECOND) }));
    const whole = telemetryOf(...parts.filter(({ silent }) => !silent));
    const now = START + second * SECOND;
    const telemetry = { ...whole, samples: whole.samples.filter((each) => each.at <= now), traffic: whole.traffic.filter((each) => each.at <= now) };
    const look = at(second, telemetry);
    if (look.verdict === 'pass') {
      assert.ok(look.validTime >= bake.minTimeMs && look.requests >= bake.minRequests && look.alarms.every(({ state }) => state === 'ok'));
      assert.ok(telemetry.traffic.some((each) => now - each.at < 3_000));
    }
    assert.equal(look.verdict === 'breach', look.alarms.some(({ state }) => state === 'firing'));
    assert.ok(look.missing >= 0 && (second >= 30 || look.missing === 0));
    assert.ok(look.verdict !== 'insufficient' || second >= 90);
  }), { numRuns: 300 });
});
