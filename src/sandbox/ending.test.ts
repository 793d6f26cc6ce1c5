import assert from 'node:assert/strict';
import { test } from 'node:test';
import { nameOf, toTell } from './ending.ts';
import type { Member } from './members.ts';

const member = (pid: number, parent: number, deaf = false): Member => ({ pid, parent, started: 's', deaf });
const told = (living: readonly Member[], before: readonly Member[] = [], everybody = false): readonly number[] =>
  toTell(living, new Set(before.map(nameOf)), everybody).map(({ pid }) => pid);

test('the program is told to end, and what it started is left to it', () => {
  assert.deepEqual(told([member(10, 1), member(11, 10), member(12, 11)]), [10]);
});

test('what a wrapper leaves behind is told when the wrapper has ended', () => {
  const [wrapper, application] = [member(10, 1), member(11, 10)];
  assert.deepEqual(told([wrapper, application]), [10]);
  assert.deepEqual(told([{ ...application, parent: 1 }], [wrapper]), [11]);
});

test('nobody is told twice', () => {
  const [wrapper, application] = [member(10, 1), member(11, 1)];
  assert.deepEqual(told([wrapper, application], [wrapper, application]), []);
  assert.deepEqual(told([wrapper, application], [wrapper, application], true), []);
});

test('a wrapper that ignores the signal does not keep it from the application', () => {
  assert.deepEqual(told([member(10, 1, true), member(11, 10, true), member(12, 11), member(13, 12)]), [10, 11, 12]);
});

test('everybody is told where the application goes on as before', () => {
  const wrapper = member(10, 1);
  assert.deepEqual(told([wrapper, member(11, 10), member(12, 11)], [wrapper], true), [11, 12]);
});

test('a number that has come to another process is not taken for that of the first', () => {
  assert.deepEqual(told([{ ...member(10, 1), started: 'later' }], [member(10, 1)]), [10]);
});
