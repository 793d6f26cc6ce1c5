import assert from 'node:assert/strict';
import { test } from 'node:test';
import { History, type Packed } from './history.ts';

const packed = (series: readonly (readonly [string, number])[]): Packed => ({ names: series.map(([name]) => name), values: Float64Array.from(series, ([, value]) => value) });

const HOUR = 3_600;

function counting(seconds: number, without: (second: number) => boolean = () => false): History {
  const history = new History();
  for (let second = 0; second <= seconds; second++) {
    if (!without(second)) history.metrics(second * 1_000, 'r1', 'i1', packed([['hits', second]]));
    history.age(second * 1_000);
  }
  return history;
}

test('metrics are kept by the second for five minutes, then by ten seconds, after half an hour by the minute', () => {
  const { samples } = counting(2 * HOUR).since(0);
  const seconds = samples.map(({ at }) => at / 1_000);
  const between = (from: number, to: number): number => seconds.filter((second) => second >= 2 * HOUR - to && second < 2 * HOUR - from).length;
  assert.deepEqual([between(-1, 300), between(300, 1_800), between(1_800, 2 * HOUR)], [301, 150, 90]);
  assert.deepEqual(samples.at(-1), { at: 7_200_000, release: 'r1', instance: 'i1', values: { hits: 7_200 } });
});

test('what was thinned says since when it was measured without a gap, and gaps stay', () => {
  const { samples } = counting(HOUR, (second) => second > 1_000 && second < 1_100).since(0);
  const gaps = samples.filter((sample, index) => index > 0 && (sample.from ?? sample.at) > (samples[index - 1]?.at ?? 0) + 1_000);
  assert.deepEqual(gaps.map(({ from, at }) => [from ?? at]), [[1_100_000]]);
  assert.equal(samples[0]?.from ?? samples[0]?.at, 0);
  assert.ok(samples.some(({ at }) => at === 1_000_000), 'the last one before a gap is kept');
});

test('series that come and go are told apart', () => {
  const history = new History();
  history.metrics(1, 'r1', 'i1', packed([['a', 1], ['b', 2]]));
  history.metrics(2, 'r1', 'i1', packed([['a', 1], ['c', 3]]));
  assert.deepEqual(history.since(0).samples.map(({ values }) => values), [{ a: 1, b: 2 }, { a: 1, c: 3 }]);
});

test('only what was measured since then is told, oldest first, and after a cursor only what is new', () => {
  const history = new History();
  history.metrics(5, 'r2', 'i2', packed([['a', 1]]));
  history.metrics(3, 'r1', 'i1', packed([['a', 1]]));
  history.metrics(4, 'r1', 'i1', packed([['a', 2]]));
  history.traffic([{ at: 2, release: 'r1', requests: 1, errors: 0, synthetic: 0 }, { at: 4, release: 'r1', requests: 2, errors: 0, synthetic: 0 }]);
  const told = history.since(4);
  assert.deepEqual([told.samples.map(({ at }) => at), told.traffic.map(({ at }) => at)], [[4, 5], [4]]);
  history.metrics(4, 'r3', 'i3', packed([['late', 1]]));
  const next = history.since(4, told.cursor);
  assert.deepEqual([next.samples.map(({ instance }) => instance), next.traffic], [['i3'], []]);
  assert.equal(new History('another agent').since(4, told.cursor).samples.length, 0);
  assert.equal(history.since(4, 'another agent/1000').samples.length, 3, 'a cursor of another agent says nothing');
});

test('an instance that ended long ago leaves nothing', () => {
  const history = new History();
  history.metrics(0, 'r1', 'i1', packed([['a', 1]]));
  history.probe({ at: 0, probe: 'p', release: 'r1', ok: true, detail: '' });
  for (let minute = 0; minute < 26 * 60; minute += 4) history.age(minute * 60_000);
  const { samples, traffic, probes } = history.since(0);
  assert.deepEqual([samples, traffic, probes], [[], [], []]);
});
