import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { TrunklineError } from '../foundation/errors.ts';
import type { Attempt, AttemptCommit } from './attempt.ts';
import { fourMetrics } from './metrics.ts';

const MINUTE = 60_000;
const minutes = (value: number | null): number | null => (value === null ? null : Math.round((value / MINUTE) * 1_000) / 1_000);

/** `"60S"`: an attempt that starts at minute 60 and succeeds ten minutes later. */
const WORDS: { readonly [letters: string]: Attempt['outcome'] } = { S: 'SUCCEEDED', F: 'FAILED', superseded: 'SUPERSEDED', stopped: 'STOPPED', running: 'IN_PROGRESS', expired: 'EXPIRED', rejected: 'REJECTED' };
const attempts = (line: string): Attempt[] => line.split(' ').map((word, index) => {
  const [, start, letters] = /^(\d+)([A-Za-z]+)$/.exec(word) ?? [];
  const outcome = WORDS[letters ?? ''];
  if (!outcome) throw new Error(`no attempt: ${word}`);
  const startedAt = Number(start) * MINUTE;
  return { run: `run ${index}`, attempt: 1, kind: 'STANDARD', startedAt, ...(outcome === 'IN_PROGRESS' ? {} : { endedAt: startedAt + 10 * MINUTE }), outcome, revision: `c${index}`, commits: [] };
});
const push = (id: string, at: number, more: Partial<AttemptCommit> = {}): AttemptCommit => ({ id, pushedAt: at * MINUTE, ...more });
const run = (name: string, start: number, end: number, outcome: Attempt['outcome'], commits: AttemptCommit[], more: Partial<Attempt> = {}): Attempt => ({
  run: name, attempt: 1, kind: 'STANDARD', startedAt: start * MINUTE, endedAt: end * MINUTE, outcome, revision: commits.at(-1)?.id ?? name, commits, ...more,
});
const now = 1_000 * MINUTE;
const health = (all: Attempt[]): { mtbf: number | null; mttr: number | null } => {
  const { mtbfMs, mttrMs } = fourMetrics(all, { now });
  return { mtbf: minutes(mtbfMs), mttr: minutes(mttrMs) };
};

// ── The vectors of the specification of these metrics ────────────────────────────────────────────────────────────

test('M1: times between failures and to restore run from the first of a streak to the first of the next', () => {
  assert.deepEqual(health(attempts('0S 60S 150F 180F 240S 300S 540F 560S')), { mtbf: 225, mttr: 55 });
});

test('M2: without an earlier success there is no time between failures', () => {
  assert.deepEqual(health(attempts('0F 30F 75S')), { mtbf: null, mttr: 75 });
});

test('M3: a pipeline that never failed has neither value', () => {
  assert.deepEqual(health(attempts('0S 60S 120S')), { mtbf: null, mttr: null });
});

test('M4: neutral attempts do not count, and one under way makes what closed after its start provisional', () => {
  const running = attempts('0S 20superseded 40F 50stopped 70running 100S');
  assert.deepEqual(health(running), { mtbf: 40, mttr: 60 });
  assert.deepEqual(fourMetrics(running, { now }).provisional, { mtbf: false, mttr: true });
  const failed = attempts('0S 20superseded 40F 50stopped 70F 100S');
  assert.deepEqual(health(failed), { mtbf: 40, mttr: 60 });
  assert.deepEqual(fourMetrics(failed, { now }).provisional, { mtbf: false, mttr: false });
  assert.deepEqual(health(attempts('0S 20superseded 40F 50stopped 70S 100S')), { mtbf: 40, mttr: 30 });
});

test('M5: a retry is an attempt with its own start, and its run deploys once', () => {
  const all = [run('A', 0, 10, 'SUCCEEDED', []), run('B', 40, 50, 'FAILED', []), { ...run('B', 65, 75, 'SUCCEEDED', []), attempt: 2 }];
  assert.deepEqual(health(all), { mtbf: 40, mttr: 25 });
  assert.equal(fourMetrics(all, { now, from: 40 * MINUTE }).deployments, 1);
});

test('L1: the commits of a superseded run are carried by the run that supersedes it', () => {
  const [c1, c2, c3] = [push('c1', 0), push('c2', 20), push('c3', 80)];
  const { leadTimeMs, secondary, deployments } = fourMetrics([run('1', 1, 30, 'SUPERSEDED', [c1]), run('2', 81, 90, 'SUCCEEDED', [c1, c2, c3])], { now });
  assert.equal(minutes(leadTimeMs), 56.667);
  assert.deepEqual([minutes(secondary.leadTimeMedianMs), minutes(secondary.leadTimePerRunMs), deployments], [70, 90, 1]);
});

test('L2: the clock of a commit that was rolled back before its end runs on', () => {
  const [c3, c4, c5] = [push('c3', 100), push('c4', 110), push('c5', 170)];
  const all = [run('3', 111, 150, 'FAILED', [c3, c4], { cause: 'rollback' }), run('4', 171, 230, 'SUCCEEDED', [c3, c4, c5])];
  assert.equal(minutes(fourMetrics(all, { now }).leadTimeMs), 103.333);
  assert.equal(fourMetrics(all, { now }).secondary.changeFailureRate, 0.5);
});

test('L3: a commit that arrives together with its revert is left out, and counted beside', () => {
  const [c6, c7, c8] = [push('c6', 300), push('c7', 320, { reverts: ['c6'] }), push('c8', 330)];
  const all = (commits: AttemptCommit[]): Attempt[] => [run('6', 301, 310, 'FAILED', [c6]), run('8', 331, 380, 'SUCCEEDED', commits)];
  const { leadTimeMs, neutralised, commits } = fourMetrics(all([c6, c7, c8]), { now });
  assert.deepEqual([minutes(leadTimeMs), neutralised, commits], [50, 2, 1]);
  assert.equal(minutes(fourMetrics(all([c8, c7, c6]), { now }).leadTimeMs), 50, 'in whatever order the commits are listed');
});

test('L4: lead time ends with the last bake of the last wave; the first exposure is told apart', () => {
  const { leadTimeMs, secondary } = fourMetrics([run('9', 401, 520, 'SUCCEEDED', [push('c9', 400)], { exposedAt: 470 * MINUTE })], { now });
  assert.deepEqual([minutes(leadTimeMs), minutes(secondary.firstExposureMs)], [120, 70]);
});

// ── What follows from the definitions ────────────────────────────────────────────────────────────────────────────

test('of nothing there are no deployments, which is 0, and no other value', () => {
  const { leadTimeMs, deploysPerDay, mtbfMs, mttrMs, deployments, from, to, open } = fourMetrics([], { now });
  assert.deepEqual({ leadTimeMs, deploysPerDay, mtbfMs, mttrMs, deployments, from, to, open }, { leadTimeMs: null, deploysPerDay: 0, mtbfMs: null, mttrMs: null, deployments: 0, from: now, to: now, open: null });
});

test('the period is by default from the first start to now, and does not contain its end', () => {
  const all = attempts('0S 720S');
  const day = 24 * 60 * MINUTE;
  assert.deepEqual([fourMetrics(all, { now: day }).deploysPerDay, fourMetrics(all, { now: day }).from], [2, 0]);
  assert.equal(fourMetrics(all, { now: day, to: 730 * MINUTE }).deployments, 1);
  assert.equal(fourMetrics(all, { now: day, from: 10 * MINUTE, to: 730 * MINUTE }).deployments, 1);
  assert.equal(fourMetrics(all, { now: day, from: 11 * MINUTE, to: 730 * MINUTE }).deploysPerDay, 0);
  assert.throws(() => fourMetrics(all, { now: day, from: 2 * day }), (thrown) => thrown instanceof TrunklineError && thrown.record.code === 'METRICS_PERIOD_INVALID');
});

test('a time belongs to the period in which it ended, with its whole length', () => {
  const all = attempts('0S 100F 150S');
  const of = (from: number, to: number): (number | null)[] => {
    const { mtbfMs, mttrMs } = fourMetrics(all, { now, from: from * MINUTE, to: to * MINUTE });
    return [minutes(mtbfMs), minutes(mttrMs)];
  };
  assert.deepEqual([of(90, 100), of(100, 101), of(149, 151), of(151, 200)], [[null, null], [100, null], [null, 50], [null, null]]);
});

test('the health that lasts is shown with its age, and is in no mean', () => {
  assert.deepEqual(fourMetrics(attempts('0S 100F 110F'), { now: 130 * MINUTE }).open, { health: 'red', since: 100 * MINUTE, ageMs: 30 * MINUTE });
});

test('a rejection counts as a failure only when it was for a defect', () => {
  const rejected = (rejectReason?: 'defect' | 'not-now'): Attempt[] => attempts('0S 40rejected 90S').map((attempt) => (attempt.outcome === 'REJECTED' && rejectReason ? { ...attempt, rejectReason } : attempt));
  assert.deepEqual(health(rejected('defect')), { mtbf: 40, mttr: 50 });
  for (const reason of ['not-now', undefined] as const) assert.deepEqual(health(rejected(reason)), { mtbf: null, mttr: null });
});

test('a failure of the machinery counts, and can be told from others', () => {
  const all = attempts('0S 40F 90S').map((attempt) => (attempt.outcome === 'FAILED' ? { ...attempt, cause: 'infra' as const } : attempt));
  assert.deepEqual(health(all), { mtbf: 40, mttr: 50 });
  assert.deepEqual(fourMetrics(all, { now }).secondary.failures, { all: 1, infra: 1, code: 0, rollback: 0 });
});

test('a rollback run is neutral for health and no deployment, and what follows it is measured against what it made live', () => {
  const [a, b] = [push('a', 0), push('b', 20)];
  const all = [run('1', 1, 10, 'SUCCEEDED', [a]), run('2', 21, 30, 'SUCCEEDED', [b]), run('r', 40, 45, 'SUCCEEDED', [], { kind: 'ROLLBACK', revision: 'a' })];
  assert.deepEqual([fourMetrics(all, { now }).deployments, health(all)], [2, { mtbf: null, mttr: null }]);
  assert.equal(fourMetrics(all, { now }).secondary.changeFailureRate, 0.5);
  assert.equal(fourMetrics([...all, run('again a', 50, 60, 'SUCCEEDED', [], { revision: 'a' })], { now }).deployments, 2, 'a is live already');
  assert.equal(fourMetrics([...all, run('again b', 50, 60, 'SUCCEEDED', [], { revision: 'b' })], { now }).deployments, 3, 'b was gone');
  assert.equal(minutes(fourMetrics(all, { now }).leadTimeMs), 10, 'the first arrival of b stands');
});

test('a success that changes nothing in production is no deployment, and one that reaches none is in no lead time', () => {
  const all = (production: 'unchanged' | 'none'): Attempt[] => [run('1', 1, 10, 'SUCCEEDED', [push('a', 0)]), run('2', 21, 40, 'SUCCEEDED', [push('b', 20)], { production })];
  assert.deepEqual([fourMetrics(all('unchanged'), { now }).deployments, minutes(fourMetrics(all('unchanged'), { now }).leadTimeMs)], [1, 15]);
  assert.deepEqual([fourMetrics(all('none'), { now }).deployments, minutes(fourMetrics(all('none'), { now }).leadTimeMs)], [1, 10]);
});

test('a commit that left the trunk, or is older than the first one seen, is left out and counted beside', () => {
  const all = [run('1', 31, 40, 'SUCCEEDED', [push('old', 5), push('gone', 20, { orphaned: true }), push('c', 30)])];
  const { leadTimeMs, orphaned, censored } = fourMetrics(all, { now, firstSeen: 10 * MINUTE });
  assert.deepEqual([minutes(leadTimeMs), orphaned, censored], [10, 1, 1]);
});

test('the revert of a revert makes the first commit count, and only it', () => {
  const chain = [push('c1', 0), push('c2', 10, { reverts: ['c1'] }), push('c3', 20, { reverts: ['c2'] })];
  const of = (commits: AttemptCommit[]): (number | null)[] => {
    const { leadTimeMs, neutralised } = fourMetrics([run('1', 25, 50, 'SUCCEEDED', commits)], { now });
    return [minutes(leadTimeMs), neutralised];
  };
  assert.deepEqual(of(chain), [50, 2]);
  assert.deepEqual(of([...chain, push('c4', 24, { reverts: ['c3'] })]), [null, 4]);
  assert.deepEqual(of([push('c2', 10, { reverts: ['earlier'] })]), [40, 0], 'what it reverts is in production already');
  assert.deepEqual(of([push('c1', 0), push('c2', 10, { reverts: ['c1', 'earlier'] })]), [40, 1], 'it still takes something back');
});

test('redeploying a known revision adds no commits', () => {
  const a = push('a', 0);
  assert.equal(fourMetrics([run('1', 1, 10, 'SUCCEEDED', [a]), run('2', 50, 60, 'SUCCEEDED', [a])], { now }).commits, 1);
});

test('attempts that start at the same time count in the order in which they are given', () => {
  assert.deepEqual(health(attempts('0S 50F 50S')), { mtbf: 50, mttr: 0 });
  assert.deepEqual(health(attempts('0S 50S 50F')), { mtbf: 50, mttr: null });
});

// ── For every history ────────────────────────────────────────────────────────────────────────────────────────────

const outcomes = fc.constantFrom<Attempt['outcome']>('SUCCEEDED', 'FAILED', 'SUPERSEDED', 'STOPPED', 'REJECTED', 'EXPIRED', 'IN_PROGRESS');
const history = fc.uniqueArray(fc.record({ start: fc.nat(5_000), length: fc.nat(300), outcome: outcomes, rollback: fc.boolean(), revision: fc.nat(8) }), { maxLength: 25, selector: ({ start }) => start })
  .map((all) => all.map(({ start, length, outcome, rollback, revision }, index): Attempt => ({
    run: `r${index}`, attempt: 1, kind: rollback ? 'ROLLBACK' : 'STANDARD', startedAt: start * 100, outcome, revision: `c${revision}`,
    commits: [{ id: `c${revision}`, pushedAt: start * 100 - 7 }], ...(outcome === 'IN_PROGRESS' ? {} : { endedAt: (start + length) * 100 + index }),
  })));

test('the order in which attempts are given changes nothing where no two times are equal', () => {
  fc.assert(fc.property(history, fc.infiniteStream(fc.nat()), (all, chances) => {
    const shuffled = all.map((attempt) => [chances.next().value as number, attempt] as const).sort(([a], [b]) => a - b).map(([, attempt]) => attempt);
    const sum = (metrics: ReturnType<typeof fourMetrics>): unknown => JSON.parse(JSON.stringify(metrics, (_, value: unknown) => (typeof value === 'number' ? Number(value.toFixed(6)) : value)));
    assert.deepEqual(sum(fourMetrics(shuffled, { now: 600_000 })), sum(fourMetrics(all, { now: 600_000 })));
  }));
});

test('what two adjoining periods count apart is what both count together', () => {
  fc.assert(fc.property(history, fc.nat(600_000), (all, middle) => {
    const of = (from: number, to: number): number[] => {
      const metrics = fourMetrics(all, { now: 600_000, from, to });
      return [metrics.deployments, metrics.commits, metrics.neutralised, metrics.secondary.failures.all];
    };
    const [before, after] = [of(0, middle), of(middle, 600_000)];
    assert.deepEqual(before.map((count, index) => count + (after[index] ?? 0)), of(0, 600_000));
  }));
});

test('times are never negative, each run deploys at most once, and null is told from nought', () => {
  fc.assert(fc.property(history, (all) => {
    const metrics = fourMetrics(all, { now: 600_000 });
    for (const value of [metrics.leadTimeMs, metrics.mtbfMs, metrics.mttrMs]) assert.ok(value === null || value >= 0);
    assert.ok(metrics.deployments <= new Set(all.filter(({ outcome, kind }) => outcome === 'SUCCEEDED' && kind === 'STANDARD').map((attempt) => attempt.run)).size);
    assert.equal(metrics.deployments === 0, metrics.deploysPerDay === 0);
    assert.ok(metrics.secondary.changeFailureRate === null || (metrics.secondary.changeFailureRate >= 0 && metrics.secondary.changeFailureRate <= 1));
  }));
});
