import assert from 'node:assert/strict';
import { test } from 'node:test';
import { TrunklineError } from '../foundation/errors.ts';
import type { Event, EventOf, Outcome, Recorded } from '../journal/events.ts';
import type { Plan } from '../pipeline/plan.ts';
import { verdictOf } from './attempt.ts';
import { attemptsOf } from './fold.ts';
import { fourMetrics } from './metrics.ts';
import { deploymentsOf } from './production.ts';

const recorded = (...events: Event[]): Recorded[] => events.map((event, index) => ({ ...event, seq: index + 1 }));
const digest = (letter: string): `sha256:${string}` => `sha256:${letter.repeat(64)}`;
const planned = (...stages: string[]): Plan => ({ stages: stages.map((name) => ({ name })) }) as unknown as Plan;

const pushed = (at: number, id: string, reverts: string[] = []): Event => ({ type: 'commit-pushed', at, commit: { id, tree: id, subject: id, author: 'ada', reverts } });
const started = (at: number, run: string, commit: string, more: Partial<EventOf<'run-started'>> = {}): Event => ({ type: 'run-started', at, run, commit, sequence: at, kind: 'STANDARD', by: 'ada', ...more });
const retried = (at: number, run: string, attempt: number): Event => ({ type: 'run-retried', at, run, attempt, by: 'ada', actions: 'failed' });
const finished = (at: number, run: string, outcome: Outcome, more: Partial<EventOf<'run-finished'>> = {}): Event => ({ type: 'run-finished', at, run, attempt: 1, outcome, rolledBack: false, reason: '', ...more });
const adopted = (at: number, run: string, ...stages: string[]): Event => ({ type: 'plan-adopted', at, run, digest: digest('0'), plan: planned(...stages) });
const rollout = (at: number, run: string, artifact: string, stage: 'beta' | 'prod' = 'prod'): Event[] => [
  { type: 'rollout-started', at, run, stage, environment: stage, release: run, artifact: digest(artifact) },
  { type: 'rollout', at: at + 1, run, stage, fact: { type: 'shifted', region: 'eu', step: 0, weight: 500 } },
  { type: 'rollout', at: at + 2, run, stage, fact: { type: 'shifted', region: 'eu', step: 1, weight: 10_000 } },
];
/** A run that takes ten units: its rollout after five, a new artifact for each letter. */
const released = (at: number, run: string, commit: string, artifact: string): Event[] => [started(at, run, commit), adopted(at, run, 'build', 'prod'), ...rollout(at + 5, run, artifact), finished(at + 10, run, 'SUCCEEDED')];

const ranges = (events: Event[]): string[][] => attemptsOf(recorded(...events)).map(({ commits }) => commits.map(({ id }) => id));

test('a run is an attempt, from its start to its end', () => {
  assert.deepEqual(attemptsOf(recorded(pushed(1, 'c1'), ...released(2, 'r1', 'c1', 'a'))), [{
    run: 'r1', attempt: 1, kind: 'STANDARD', startedAt: 2, endedAt: 12, outcome: 'SUCCEEDED', revision: 'c1',
    commits: [{ id: 'c1', pushedAt: 1 }], production: 'changed', exposedAt: 8,
  }]);
});

test('one that is under way has no end', () => {
  assert.deepEqual(attemptsOf(recorded(pushed(1, 'c1'), started(2, 'r1', 'c1'))).map(({ outcome, endedAt }) => [outcome, endedAt]), [['IN_PROGRESS', undefined]]);
});

test('the range of a run is every commit since the last success that changed production', () => {
  const events = [pushed(1, 'c1'), pushed(2, 'c2'), started(3, 'r1', 'c1'), finished(4, 'r1', 'SUPERSEDED'), ...released(5, 'r2', 'c2', 'a'),
    pushed(20, 'c3'), started(21, 'r3', 'c3'), finished(22, 'r3', 'FAILED'), pushed(23, 'c4'), pushed(24, 'c5'), ...released(25, 'r4', 'c4', 'b'), started(40, 'r5', 'c5')];
  assert.deepEqual(ranges(events), [['c1'], ['c1', 'c2'], ['c3'], ['c3', 'c4'], ['c5']]);
});

test('a success that changed nothing in production leaves its commits to the next', () => {
  const events = [pushed(1, 'c1'), ...released(2, 'r1', 'c1', 'a'), pushed(20, 'c2'), ...released(21, 'r2', 'c2', 'a'), pushed(40, 'c3'), ...released(41, 'r3', 'c3', 'b')];
  assert.deepEqual(ranges(events), [['c1'], ['c2'], ['c2', 'c3']]);
  assert.deepEqual(attemptsOf(recorded(...events)).map(({ production }) => production), ['changed', 'unchanged', 'changed']);
  assert.equal(fourMetrics(attemptsOf(recorded(...events)), { now: 100 }).deployments, 2);
});

test('a pipeline without Prod reaches no production, whatever it deploys elsewhere', () => {
  const [attempt] = attemptsOf(recorded(pushed(1, 'c1'), started(2, 'r1', 'c1'), adopted(2, 'r1', 'build', 'beta'), ...rollout(3, 'r1', 'a', 'beta'), finished(9, 'r1', 'SUCCEEDED')));
  assert.deepEqual([attempt?.production, attempt?.exposedAt], ['none', undefined]);
});

test('a commit that was live before Trunkline saw the trunk has no push time, and is in no range', () => {
  assert.deepEqual(ranges([pushed(5, 'c2'), started(6, 'r0', 'c1'), started(7, 'r1', 'c2')]), [[], ['c2']]);
});

test('an older commit run again brings nothing', () => {
  assert.deepEqual(ranges([pushed(1, 'c1'), pushed(2, 'c2'), ...released(3, 'r2', 'c2', 'a'), started(20, 'r1', 'c1')]), [['c1', 'c2'], []]);
});

test('a retry is a new attempt of the same run', () => {
  const events = recorded(pushed(1, 'c1'), started(2, 'r1', 'c1'), adopted(2, 'r1', 'prod'), finished(5, 'r1', 'FAILED', { cause: 'infra' }), retried(8, 'r1', 2), ...rollout(9, 'r1', 'a'), finished(20, 'r1', 'SUCCEEDED', { attempt: 2 }));
  assert.deepEqual(attemptsOf(events).map(({ run, attempt, startedAt, outcome, cause }) => [run, attempt, startedAt, outcome, cause]), [['r1', 1, 2, 'FAILED', 'infra'], ['r1', 2, 8, 'SUCCEEDED', undefined]]);
  assert.equal(fourMetrics(attemptsOf(events), { now: 100 }).deployments, 1);
});

test('a rollback makes the commit of the restored run live', () => {
  const events = recorded(pushed(1, 'c1'), ...released(2, 'r1', 'c1', 'a'), pushed(20, 'c2'), ...released(21, 'r2', 'c2', 'b'),
    started(40, 'r3', 'c1', { kind: 'ROLLBACK', restores: 'r1' }), adopted(40, 'r3', 'prod'), ...rollout(41, 'r3', 'a'), finished(50, 'r3', 'SUCCEEDED'), pushed(60, 'c3'), started(61, 'r4', 'c3'));
  const [, , back, next] = attemptsOf(events);
  assert.deepEqual([back?.kind, back?.revision, back?.commits, next?.commits.map(({ id }) => id)], ['ROLLBACK', 'c1', [], ['c2', 'c3']]);
  assert.equal(fourMetrics(attemptsOf(events), { now: 100 }).deployments, 2);
});

test('a release that was rolled back by itself says so', () => {
  const [attempt] = attemptsOf(recorded(pushed(1, 'c1'), started(2, 'r1', 'c1'), ...rollout(3, 'r1', 'a'), finished(9, 'r1', 'FAILED', { rolledBack: true })));
  assert.equal(attempt?.cause, 'rollback');
});

test('a rewritten trunk marks what left it, for runs under way and to come, not for what is over', () => {
  const events = [pushed(1, 'c1'), ...released(2, 'r1', 'c1', 'a'), pushed(20, 'c2'), started(21, 'r2', 'c2'),
    { type: 'trunk-rewritten', at: 22, from: 'c2', to: 'c3', orphaned: ['c1', 'c2'] } satisfies Event, pushed(23, 'c3'), finished(24, 'r2', 'STOPPED'), ...released(25, 'r3', 'c3', 'b')];
  const all = attemptsOf(recorded(...events));
  assert.deepEqual(all.map(({ commits }) => commits.map(({ id, orphaned }) => `${id}${orphaned ? ' orphaned' : ''}`)), [['c1'], ['c2 orphaned'], ['c2 orphaned', 'c3']]);
  const { orphaned, commits } = fourMetrics(all, { now: 100 });
  assert.deepEqual([orphaned, commits], [1, 2]);
});

test('a commit that comes back to the trunk keeps its first push time', () => {
  const events = [pushed(1, 'c1'), pushed(2, 'c2'), { type: 'trunk-rewritten', at: 3, from: 'c2', to: 'c1', orphaned: ['c2'] } satisfies Event, pushed(4, 'c3'), pushed(5, 'c2'), started(6, 'r1', 'c2')];
  assert.deepEqual(attemptsOf(recorded(...events))[0]?.commits, [{ id: 'c1', pushedAt: 1 }, { id: 'c3', pushedAt: 4 }, { id: 'c2', pushedAt: 2 }]);
});

test('after production was taken down, the same artifact is a deployment again', () => {
  const removed: Event = { type: 'environment-removed', at: 20, environment: 'prod', region: 'eu', by: 'ada' };
  const events = recorded(pushed(1, 'c1'), ...released(2, 'r1', 'c1', 'a'), removed, ...released(30, 'r2', 'c1', 'a'));
  assert.equal(fourMetrics(attemptsOf(events), { now: 100 }).deployments, 2);
});

test('reverts are known from the commits', () => {
  const events = recorded(pushed(1, 'c1'), pushed(2, 'c2', ['c1']), pushed(3, 'c3'), ...released(4, 'r1', 'c3', 'a'));
  const { neutralised, leadTimeMs } = fourMetrics(attemptsOf(events), { now: 100 });
  assert.deepEqual([neutralised, leadTimeMs], [2, 11]);
});

test('a journal that can not be is not measured', () => {
  const wrong: Event[][] = [[finished(1, 'r1', 'FAILED')], [started(1, 'r1', 'c1'), started(2, 'r1', 'c1')], [started(1, 'r1', 'c1'), retried(2, 'r1', 2)],
    [started(1, 'r1', 'c1'), finished(2, 'r1', 'FAILED'), finished(3, 'r1', 'FAILED')]];
  for (const events of wrong) assert.throws(() => attemptsOf(recorded(...events)), (thrown) => thrown instanceof TrunklineError && thrown.record.code === 'JOURNAL_INCONSISTENT');
});

test('a run that was stopped once production had met it, and was put back, counts as a failure; one that was stopped before does not', () => {
  const verdicts = (...events: Event[]) => attemptsOf(recorded(pushed(1, 'c1'), ...events)).map((attempt) => verdictOf(attempt));
  assert.deepEqual(verdicts(started(2, 'r1', 'c1'), ...rollout(3, 'r1', 'a'), finished(9, 'r1', 'STOPPED', { rolledBack: true })), ['bad']);
  assert.deepEqual(verdicts(started(2, 'r1', 'c1'), ...rollout(3, 'r1', 'a', 'beta'), finished(9, 'r1', 'STOPPED', { rolledBack: true })), ['neutral']);
  assert.deepEqual(verdicts(started(2, 'r1', 'c1'), finished(9, 'r1', 'STOPPED')), ['neutral']);
});

test('a rollback by several runs takes one deployment back, and one that failed in part has taken it back too', () => {
  const back = (at: number, run: string, outcome: Outcome): Event[] => [
    ...rollout(at, run, 'a'), { type: 'rollout', at: at + 3, run, stage: 'prod', fact: { type: 'settled', region: 'eu' } }, finished(at + 5, run, outcome)];
  const deployed = [pushed(1, 'c1'), pushed(2, 'c2'), pushed(3, 'c3'), ...released(10, 'r1', 'c1', 'a'), ...released(30, 'r2', 'c2', 'b'), ...released(50, 'r3', 'c3', 'c')];
  const undone = (...events: Event[]) => deploymentsOf(attemptsOf(recorded(...deployed, ...events))).map((deployment) => deployment.undone);
  const asked = (run: string): Event => started(70, run, 'c1', { kind: 'ROLLBACK', restores: 'r1' });
  assert.deepEqual(undone(asked('r4'), asked('r5'), ...back(71, 'r4', 'SUCCEEDED'), ...back(80, 'r5', 'SUCCEEDED')), [false, false, true]);
  assert.deepEqual(undone(asked('r4'), ...back(71, 'r4', 'FAILED')), [false, false, true]);
  assert.deepEqual(undone(asked('r4'), finished(72, 'r4', 'FAILED')), [false, false, false]);
});
