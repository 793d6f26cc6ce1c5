import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import type { ProbeResult } from '../environment/driver.ts';
import type { SignalPlan } from '../pipeline/plan.ts';
import { joined, probed, published, telemetryOf } from './fixture.testing.ts';
import { quantile } from './quantile.ts';
import { labelMatch, parseSeries } from './series.ts';
import { meterOf } from './signals.ts';

const share: SignalPlan = { type: 'share', of: { metric: 'requests_total', labels: { status: '/^5/' } }, within: { metric: 'requests_total', labels: {} } };
const seconds = (...at: number[]): number[] => at.map((second) => second * 1_000);

test('a share counts what was added within the span, over all instances of the release and no other', () => {
  const telemetry = joined(
    published('new', 'a', seconds(0, 5, 9, 12), { 'requests_total{status="200"}': [1_000, 1_050, 1_080, 2_000], 'requests_total{status="503"}': [7, 9, 12, 500] }),
    published('new', 'b', seconds(0, 9), { 'requests_total{status="200"}': [0, 15] }),
    published('old', 'c', seconds(0, 9), { 'requests_total{status="500"}': [0, 900] }),
  );
  assert.deepEqual(meterOf(share, telemetry, 'new')(1_000, 10_000), { requests: 100, value: 0.05 });
});

test('a span ends before its end: what is read at that moment belongs to the next', () => {
  const telemetry = published('new', 'a', seconds(0, 10, 20), { 'requests_total{status="200"}': [0, 10, 30] });
  const meter = meterOf(share, telemetry, 'new');
  assert.deepEqual([meter(0, 10_000).requests, meter(10_000, 20_000).requests, meter(0, 20_001).requests], [0, 10, 30]);
});

test('an instance that began again counts from zero, and one that joined later from its start', () => {
  const again = published('new', 'a', seconds(0, 5, 9), { 'requests_total{status="200"}': [900, 950, 30] });
  assert.equal(meterOf(share, again, 'new')(0, 10_000).requests, 80);
  const joinedLater = joined(published('old', 'z', seconds(0), {}), published('new', 'b', seconds(8, 9), { 'requests_total{status="500"}': [6, 8] }));
  assert.deepEqual(meterOf(share, joinedLater, 'new')(0, 10_000), { requests: 8, value: 1 });
});

test('a series that appears on an instance already seen counts from zero', () => {
  const telemetry = joined(published('new', 'a', seconds(0), { 'requests_total{status="200"}': [10] }),
    published('new', 'a', seconds(9), { 'requests_total{status="200"}': [18], 'requests_total{status="500"}': [2] }));
  assert.deepEqual(meterOf(share, telemetry, 'new')(0, 10_000), { requests: 10, value: 0.2 });
});

test('no sample, no such metric, no number and a silence at the end are doubts, never health', () => {
  const sound = published('new', 'a', seconds(0, 9), { 'requests_total{status="200"}': [0, 100] });
  const doubt = (signal: SignalPlan, telemetry = sound): string | undefined => meterOf(signal, telemetry, 'new')(0, 10_000).doubt;
  assert.equal(doubt(share), undefined);
  assert.match(doubt(share, probed()) ?? '', /published nothing/);
  assert.match(doubt({ ...share, of: { metric: 'faults_total', labels: {} } }) ?? '', /"faults_total" is not among/);
  for (const value of [Number.NaN, Number.POSITIVE_INFINITY, -1]) {
    assert.match(doubt(share, published('new', 'a', seconds(0, 5, 9), { 'requests_total{status="200"}': [0, 50, 100], 'requests_total{status="500"}': [0, value, 0] })) ?? '', /no counter can have/);
  }
  assert.match(doubt(share, published('new', 'a', seconds(0, 5), { 'requests_total{status="200"}': [0, 100] })) ?? '', /towards the end/);
});

test('a rate is per second and rests on the requests that the router counted', () => {
  const telemetry = joined(telemetryOf({ release: 'new', from: 0, to: 10_000, requests: 7 }), published('new', 'a', seconds(0, 9), { faults_total: [5, 25] }));
  assert.deepEqual(meterOf({ type: 'rate', counter: { metric: 'faults_total', labels: {} } }, telemetry, 'new')(0, 10_000), { requests: 70, value: 2 });
});

test('a probe is the share of its runs that failed', () => {
  const run = (at: number, ok: boolean, release = 'new', probe = 'order'): ProbeResult => ({ at, ok, release, probe, detail: '' });
  const telemetry = probed(run(0, true), run(1, false), run(2, true), run(3, true), run(4, false, 'old'), run(5, false, 'new', 'other'), run(10, false));
  assert.deepEqual(meterOf({ type: 'probe', probe: 'order' }, telemetry, 'new')(0, 10), { requests: 4, value: 0.25 });
  assert.deepEqual(meterOf({ type: 'probe', probe: 'order' }, telemetry, 'gone')(0, 10), { requests: 0 });
});

test('a quantile sums the buckets of all instances and interpolates inside one', () => {
  const bucket = (le: string): string => `latency_seconds_bucket{route="/",le="${le}"}`;
  const instance = (name: string): ReturnType<typeof published> => published('new', name, seconds(0, 9), { [bucket('0.1')]: [5, 25], [bucket('0.2')]: [5, 45], [bucket('+Inf')]: [5, 55] });
  const meter = meterOf({ type: 'quantile', histogram: { metric: 'latency_seconds', labels: { route: '/' } }, q: 0.5 }, joined(instance('a'), instance('b')), 'new');
  const { value, ...rest } = meter(0, 10_000);
  assert.deepEqual(rest, { requests: 100, beyond: false });
  assert.ok(Math.abs((value ?? 0) - 0.125) < 1e-12);
});

test('a quantile beyond the last finite bucket says that it is more, not that it is the bound', () => {
  assert.deepEqual(quantile(0.99, new Map([[0.1, 50], [0.5, 90], [Infinity, 100]])), { value: 0.5, beyond: true });
  assert.equal(quantile(0.99, new Map([[0.1, 0], [Infinity, 0]])), undefined);
  assert.equal(quantile(0.99, new Map([[0.1, 4]])), undefined);
});

test('a quantile lies within the bucket that holds it, and rises with q', () => {
  const counts = fc.array(fc.nat(50), { minLength: 2, maxLength: 8 }).filter((all) => all.some((count) => count > 0));
  fc.assert(fc.property(counts, fc.double({ min: 0.01, max: 0.99, noNaN: true }), fc.double({ min: 0.01, max: 0.99, noNaN: true }), (added, one, other) => {
    let upTo = 0;
    const buckets = new Map(added.map((count, index) => [index === added.length - 1 ? Infinity : index + 1, upTo += count]));
    const [low, high] = [quantile(Math.min(one, other), buckets), quantile(Math.max(one, other), buckets)];
    assert.ok(low && high && low.value <= high.value + 1e-9 && low.value >= 0 && high.value <= added.length - 1);
  }));
});

test('series are read with their escapes, and what is not written so is no series', () => {
  const read = parseSeries('m{a="x\\"y\\\\z\\n",b="{,}"}');
  assert.deepEqual([read?.metric, [...read?.labels ?? []]], ['m', [['a', 'x"y\\z\n'], ['b', '{,}']]]);
  assert.deepEqual(parseSeries('plain')?.labels.size, 0);
  for (const text of ['m{a="1"', 'm{a=1}', 'm{a="1"x}']) assert.equal(parseSeries(text), undefined, text);
});

test('a label is matched as a whole, or by the pattern between slashes', () => {
  const labels = new Map([['status', '503'], ['path', '/a/']]);
  assert.ok(labelMatch({ status: '503' })(labels));
  assert.ok(!labelMatch({ status: '50' })(labels));
  assert.ok(labelMatch({ status: '/^5/' })(labels));
  assert.ok(!labelMatch({ status: '/^5$/' })(labels));
  assert.ok(!labelMatch({ status: '/^5/', method: 'GET' })(labels));
  assert.ok(labelMatch({ method: '' })(labels), 'an absent label is an empty one');
});
