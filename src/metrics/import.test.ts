import assert from 'node:assert/strict';
import { test } from 'node:test';
import { TrunklineError } from '../foundation/errors.ts';
import { LARGEST_IMPORT, parseImport } from './import.ts';
import { fourMetrics } from './metrics.ts';

const attempt = { run: 'r1', attempt: 1, kind: 'STANDARD', startedAt: 1_000, endedAt: 5_000, outcome: 'SUCCEEDED', revision: 'c1', commits: [{ id: 'c1', pushedAt: 500 }] };
const file = (...attempts: object[]): string => JSON.stringify({ attempts });

function refusal(text: string): string {
  try {
    parseImport(text);
  } catch (thrown) {
    assert.ok(thrown instanceof TrunklineError);
    assert.deepEqual([thrown.record.code, thrown.record.class], ['METRICS_IMPORT_INVALID', 'usage']);
    assert.match(thrown.record.hint ?? '', /epoch milliseconds/);
    return thrown.message;
  }
  return 'accepted';
}

test('a history from elsewhere gives attempts in the order of the file', () => {
  const running = { run: 'r2', attempt: 1, kind: 'STANDARD', startedAt: 6_000, outcome: 'IN_PROGRESS', revision: 'c2', commits: [] };
  assert.deepEqual(parseImport(file(running, attempt)), [running, attempt]);
});

test('what may be left out may be given', () => {
  const whole = { ...attempt, outcome: 'REJECTED', rejectReason: 'defect', cause: 'code', commits: [{ id: 'c2', pushedAt: 1, reverts: 'c1' }, { id: 'c3', pushedAt: 2, reverts: ['c1', 'c2'], orphaned: true }] };
  assert.deepEqual(parseImport(file(whole))[0]?.commits, [{ id: 'c2', pushedAt: 1, reverts: ['c1'] }, { id: 'c3', pushedAt: 2, reverts: ['c1', 'c2'], orphaned: true }]);
  assert.deepEqual(parseImport(file({ ...attempt, orphaned: true }))[0]?.commits, [{ id: 'c1', pushedAt: 500, orphaned: true }]);
});

test('an imported history is measured like one of its own', () => {
  const { leadTimeMs, deployments } = fourMetrics(parseImport(file(attempt)), { now: 10_000 });
  assert.deepEqual([leadTimeMs, deployments], [4_500, 1]);
});

test('a fault names the path of its field', () => {
  assert.match(refusal(file(attempt, { ...attempt, run: 'r2', startedAt: '1000' })), /^attempts\.1\.startedAt: /);
  assert.match(refusal(file({ ...attempt, startedAt: 1.5 })), /^attempts\.0\.startedAt: write a whole number/);
  assert.match(refusal(file({ ...attempt, outcome: 'OK' })), /^attempts\.0\.outcome: /);
  assert.match(refusal(file({ ...attempt, commits: [{ id: 'c' }] })), /^attempts\.0\.commits\.0\.pushedAt: /);
  assert.match(refusal(file({ ...attempt, startedAt: 1_700_000_000_000_000 })), /^attempts\.0\.startedAt: .*year 9999/);
  assert.match(refusal('[]'), /^the file: /);
});

test('an attempt that can not be so is refused', () => {
  const { endedAt: _, ...endless } = attempt;
  assert.match(refusal(file(endless)), /^attempts\.0\.endedAt: an attempt that SUCCEEDED needs its end/);
  assert.match(refusal(file({ ...attempt, outcome: 'IN_PROGRESS' })), /^attempts\.0\.endedAt: /);
  assert.match(refusal(file({ ...attempt, endedAt: 999 })), /^attempts\.0\.endedAt: it ends before it starts/);
  assert.match(refusal(file({ ...attempt, rejectReason: 'defect' })), /^attempts\.0\.rejectReason: /);
  assert.match(refusal(file(attempt, attempt)), /^attempts\.1: attempt 1 of run "r1" is there twice/);
});

test('a text that would act on a terminal is refused', () => {
  assert.match(refusal(file({ ...attempt, run: 'r\u001b[2J' })), /^attempts\.0\.run: write it without control characters/);
});

test('what is no JSON, or is too much, is refused', () => {
  assert.match(refusal('{"attempts": ['), /^the file is not JSON: /);
  assert.match(refusal(' '.repeat(LARGEST_IMPORT.bytes + 1)), /larger than 64 MiB/);
  assert.match(refusal(`{"attempts":[${'0,'.repeat(LARGEST_IMPORT.attempts)}0]}`), /attempts/);
});
