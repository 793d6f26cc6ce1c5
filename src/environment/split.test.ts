import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { Split } from './split.ts';

test('after any number of requests the candidate has its share, rounded down, and never one more', () => {
  fc.assert(fc.property(fc.integer({ min: 0, max: 10_000 }), fc.integer({ min: 1, max: 500 }), (weight, requests) => {
    const split = new Split();
    split.weight = weight;
    let candidate = 0;
    for (let n = 1; n <= requests; n++) {
      if (split.next() === 'candidate') candidate++;
      assert.equal(candidate, Math.floor((n * weight) / 10_000));
    }
  }));
});

test('a new weight starts a new count, the same weight again does not', () => {
  const split = new Split();
  split.weight = 5_000;
  assert.equal(split.next(), 'stable');
  split.weight = 5_000;
  assert.equal(split.next(), 'candidate');
  split.weight = 9_000;
  assert.equal(split.next(), 'stable');
});
