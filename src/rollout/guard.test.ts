import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { InstanceSample, Telemetry, TrafficSample } from '../environment/driver.ts';
import type { AlarmPlan } from '../pipeline/plan.ts';
import { evaluateAlarm } from './alarm.ts';
import { evaluateWatch } from './bake.ts';
import { published, SECOND } from './fixture.testing.ts';

/** What the router counts of a release in each second. */
type Rate = Partial<Omit<TrafficSample, 'at' | 'release'>> & { readonly requests: number };

const WITHIN = 60;

function counted(release: string, rate: Rate, seconds = WITHIN): readonly TrafficSample[] {
  return Array.from({ length: seconds + 1 }, (_, second): TrafficSample => {
    const numbers = Object.fromEntries(Object.entries(rate).filter(([, value]) => typeof value === 'number').map(([key, value]) => [key, key === 'waiting' ? value : Math.floor(Number(value) * second)]));
    return { at: second * SECOND, release, requests: 0, errors: 0, synthetic: 0, ...numbers };
  });
}

const ofInstance = (instance: string, requests: number, errors: number): readonly InstanceSample[] =>
  counted('new', { requests, errors }).map(({ at, requests: all, errors: bad }) => ({ at, release: 'new', instance, requests: all, errors: bad }));

const seen = (traffic: readonly TrafficSample[], instances: readonly InstanceSample[] = []): Telemetry => ({ samples: [], probes: [], traffic, instances });
const fault = (telemetry: Telemetry): string => evaluateWatch({ alarms: [], telemetry, release: 'new', since: 0, now: WITHIN * SECOND }).detail;
const sound = counted('old', { requests: 90 });

test('one instance that answers only errors beside sound siblings is a fault, though it publishes nothing', () => {
  const whole = counted('new', { requests: 2, errors: 1 });
  assert.match(fault(seen(whole, [...ofInstance('i1', 1, 0), ...ofInstance('i2', 1, 1)])), /instance i2 failed 100 % of its last 10 requests, while 100 % of its siblings' succeeded/);
  assert.equal(fault(seen(counted('new', { requests: 2, errors: 2 }), [...ofInstance('i1', 1, 1), ...ofInstance('i2', 1, 1)])), '', 'what is common to all is not the fault of one');
});

test('requests that end without an answer are a fault: broken off, or given up by the router', () => {
  assert.match(fault(seen([...counted('new', { requests: 5, errors: 2, unanswered: 2, late: 2 }), ...sound])), /40 % of its last \d+ requests got no answer/);
  assert.match(fault(seen(counted('new', { requests: 5, errors: 2, unanswered: 2, late: 2 }))), /got no answer/, 'also where there is no other release');
  assert.equal(fault(seen([...counted('new', { requests: 5, errors: 1, unanswered: 1 }), ...counted('old', { requests: 90, errors: 18, unanswered: 18 })])), '', 'the other release does so too');
});

test('instances that end again and again are a fault', () => {
  assert.match(fault(seen([...counted('new', { requests: 1, crashes: 0.1 }), ...sound])), /its instances ended 6 times by themselves/);
  assert.equal(fault(seen([...counted('new', { requests: 1, crashes: 0.04 }), ...sound])), '', 'twice may be bad luck');
  assert.equal(fault(seen([...counted('new', { requests: 1, crashes: 0.1 }), ...counted('old', { requests: 90, crashes: 0.1 })])), '', 'and those of the other release do so too');
});

test('a share of errors that the other release does not have in the same time is a fault', () => {
  assert.match(fault(seen([...counted('new', { requests: 5, errors: 1.5 }), ...sound])), /of its last \d+ requests failed, while 0 % of the stable release's did/);
  assert.equal(fault(seen([...counted('new', { requests: 5, errors: 1.5 }), ...counted('old', { requests: 90, errors: 27 })])), '');
});

test('a sound release with little traffic, or with probes that are meant to fail, is none', () => {
  assert.equal(fault(seen([...counted('new', { requests: 0.05 }), ...sound])), '');
  assert.equal(fault(seen([...counted('new', { requests: 0.2, errors: 0.02 }), ...sound])), '', 'one failed request');
  assert.equal(fault(seen([...counted('new', { requests: 6, errors: 2, synthetic: 5, syntheticErrors: 2 }), ...sound])), '');
  assert.equal(fault(seen(counted('new', { requests: 10, errors: 3 }))), '', 'tests may ask for errors where nothing is there to compare with');
});

test('an alarm can name what the router counts, and no application can publish under such a name', () => {
  const alarm: AlarmPlan = {
    name: 'no answers', above: 0.05, points: [2, 3], everyMs: 10 * SECOND, minRequests: 20,
    signal: { type: 'share', of: { metric: 'trunkline_requests_total', labels: { result: '/no-answer|timeout/' } }, within: { metric: 'trunkline_requests_total', labels: {} } },
  };
  const forged = published('new', 'i1', [0, 30_000, 59_000], { 'trunkline_requests_total{result="ok"}': [0, 1e6, 2e6] });
  const look = evaluateAlarm(alarm, { ...seen(counted('new', { requests: 10, errors: 1, unanswered: 1 })), samples: forged.samples }, 'new', 0, WITHIN * SECOND);
  assert.deepEqual([look.state, look.detail], ['firing', 'no answers: 10 % of 100 requests, above 5 % in 3 of 3 points']);
});

test('an instance that publishes nothing is missing, and not the average of the others', () => {
  const alarm: AlarmPlan = {
    name: 'errors', above: 0.05, points: [1, 1], everyMs: 10 * SECOND, minRequests: 10,
    signal: { type: 'share', of: { metric: 'http_requests_total', labels: { status: '/^5/' } }, within: { metric: 'http_requests_total', labels: {} } },
  };
  const moments = Array.from({ length: WITHIN }, (_, second) => second * SECOND);
  const { samples } = published('new', 'i1', moments, { 'http_requests_total{status="200"}': moments.map((at) => at / 100) });
  const both = [...ofInstance('i1', 10, 0), ...ofInstance('i2', 10, 0)];
  const look = (instances: readonly InstanceSample[]): string => evaluateAlarm(alarm, { ...seen(counted('new', { requests: 20 }), instances), samples }, 'new', 0, 50 * SECOND).detail;
  assert.match(look(both), /no data yet: instance i2 published nothing/);
  assert.match(look(ofInstance('i1', 10, 0)), /0 % of 100 requests/);
});
