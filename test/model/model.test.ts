import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { mutants } from './mutants.ts';
import { counterexamples, told } from './search.ts';
import { sequenceOf } from './steps.ts';
import { trial } from './trial.ts';

test('what an independent model says of admission, rollouts, approvals, ends and the journal holds for random sequences', async () => {
  assert.deepEqual((await counterexamples({ from: 1, count: 300 })).map(told), []);
});

test('a sequence is the same whenever its seed is, and comes to the same', () => {
  assert.deepEqual(sequenceOf(7), sequenceOf(7));
  assert.notDeepEqual(sequenceOf(7), sequenceOf(8));
  assert.equal(trial(sequenceOf(7)), trial(sequenceOf(7)));
});

test('every deliberate mistake still fits the file that it is made in', () => {
  const lost = mutants.filter(({ file, find }) => readFileSync(fileURLToPath(new URL(`../../${file}`, import.meta.url)), 'utf8').split(find).length !== 2);
  assert.deepEqual(lost.map(({ name }) => name), []);
  assert.equal(new Set(mutants.map(({ name }) => name)).size, mutants.length);
});
