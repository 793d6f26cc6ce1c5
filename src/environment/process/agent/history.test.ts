import assert from 'node:assert/strict';
import { test } from 'node:test';
import { History } from './history.ts';

test('metrics are kept by the second for five minutes, then by ten seconds, and half an hour in all', () => {
  const history = new History();
  for (let second = 0; second <= 3_600; second++) {
    history.metrics(second * 1_000, 'r1', 'i1', new Map([['hits', second]]));
    history.age(second * 1_000);
  }
  const { samples } = history.since(0);
  const seconds = samples.map(({ at }) => at / 1_000);
  assert.equal(seconds.filter((second) => second >= 3_300).length, 301);
  assert.equal(seconds.filter((second) => second < 3_300).length, 150);
  assert.ok((seconds[0] as number) >= 1_800);
  assert.deepEqual(samples.at(-1), { at: 3_600_000, release: 'r1', instance: 'i1', values: { hits: 3_600 } });
});

test('series that come and go are told apart', () => {
  const history = new History();
  history.metrics(1, 'r1', 'i1', new Map([['a', 1], ['b', 2]]));
  history.metrics(2, 'r1', 'i1', new Map([['a', 1], ['c', 3]]));
  assert.deepEqual(history.since(0).samples.map(({ values }) => values), [{ a: 1, b: 2 }, { a: 1, c: 3 }]);
});

test('only what was measured since then is told, oldest first', () => {
  const history = new History();
  history.metrics(5, 'r2', 'i2', new Map([['a', 1]]));
  history.metrics(3, 'r1', 'i1', new Map([['a', 1]]));
  history.metrics(4, 'r1', 'i1', new Map([['a', 2]]));
  history.traffic([{ at: 2, release: 'r1', requests: 1, errors: 0, synthetic: 0 }, { at: 4, release: 'r1', requests: 2, errors: 0, synthetic: 0 }]);
  const told = history.since(4);
  assert.deepEqual([told.samples.map(({ at }) => at), told.traffic.map(({ at }) => at)], [[4, 5], [4]]);
});

test('an instance that ended long ago leaves nothing', () => {
  const history = new History();
  history.metrics(0, 'r1', 'i1', new Map([['a', 1]]));
  history.probe({ at: 0, probe: 'p', release: 'r1', ok: true, detail: '' });
  history.age(40 * 60_000);
  assert.deepEqual(history.since(0), { samples: [], traffic: [], probes: [] });
});
