import assert from 'node:assert/strict';
import { test } from 'node:test';
import { TrunklineError } from '../foundation/errors.ts';
import { dueCommits } from './due.ts';
import { fixturePlan, kindWorld } from './fixture.testing.ts';
import { Simulation } from './simulation.testing.ts';

const commit = (name: string) => ({ id: name.repeat(40), tree: name, subject: name, author: 'someone', reverts: [] });
const id = (name: string): string => commit(name).id;
const push = (it: Simulation, ...names: string[]): void => it.report({ type: 'trunk-seen', commits: names.map(commit) });
const rewrite = (it: Simulation, from: string, to: string, orphaned: string[], fresh: string[] = []): void =>
  it.report({ type: 'trunk-seen', commits: fresh.map(commit), rewritten: { from: id(from), to: id(to), orphaned: orphaned.map(id) } });
const run = (it: Simulation, name: string): string => it.ask({ type: 'run', commit: id(name), again: false });
const order = (it: Simulation): string => [...it.state.trunk.commits.values()].filter(({ orphaned }) => !orphaned).map(({ subject }) => subject).join('');

test('what left the trunk and came back is of the trunk again, in its order, and is released', () => {
  const it = new Simulation(fixturePlan(), kindWorld({ code: 10 }));
  push(it, '1', '2', '3');
  const before = run(it, '3');
  rewrite(it, '3', '4', ['2', '3'], ['4']);
  it.advanceTo(50);
  assert.equal(it.finished(before)?.outcome, 'STOPPED');
  assert.equal(order(it), '14');
  rewrite(it, '4', '3', ['4'], ['2', '3']);
  assert.equal(order(it), '123');
  assert.equal(it.state.trunk.head, id('3'));
  assert.deepEqual(dueCommits(it.state).map((each) => each[0]), ['2', '3'], 'both came anew');
  const after = run(it, '3');
  assert.notEqual(after, before);
  it.advanceTo(100);
  it.ask({ type: 'approve', run: after }, { user: 'bob' });
  it.advanceTo(200);
  assert.equal(it.finished(after)?.outcome, 'SUCCEEDED');
  const places = [...it.state.trunk.commits.values()].map(({ place }) => place);
  assert.equal(new Set(places).size, places.length, 'two commits have one place');
});

test('what left the trunk supersedes nothing that is on it', () => {
  const it = new Simulation(fixturePlan(), kindWorld({ tests: 1_000 }));
  push(it, '1', '2');
  const gone = run(it, '2');
  it.advanceTo(10);
  assert.ok(it.entered(gone, 'beta') !== undefined);
  rewrite(it, '2', '1', ['2']);
  const left = run(it, '1');
  it.advanceTo(5_000);
  assert.equal(it.finished(gone)?.outcome, 'STOPPED');
  assert.equal(it.state.stages.beta.lastAdmitted, 1);
  assert.ok(it.entered(left, 'beta') !== undefined);
  assert.equal(it.finished(left), undefined, 'it waits for approval');
});

test('the head whose run gave way to a commit that is gone is released after all', () => {
  const it = new Simulation(fixturePlan(), kindWorld({ tests: 100 }));
  push(it, '1', '2');
  const newer = run(it, '2');
  it.advanceTo(10);
  const older = run(it, '1');
  it.advanceTo(20);
  assert.deepEqual([it.finished(older)?.outcome, it.finished(older)?.supersededBy], ['SUPERSEDED', newer]);
  rewrite(it, '2', '1', ['2']);
  it.advanceTo(200);
  assert.deepEqual(dueCommits(it.state), [id('1')]);
  assert.notEqual(run(it, '1'), older);
});

test('every commit of a push is taken up, also where a later one was asked for first', () => {
  const it = new Simulation(fixturePlan(), kindWorld());
  push(it, '0', '1');
  assert.deepEqual(dueCommits(it.state), [id('1')], 'at the first start the head alone');
  run(it, '1');
  push(it, '2', '3', '4');
  run(it, '4');
  assert.deepEqual(dueCommits(it.state), [id('2'), id('3')]);
});

test('a trunk that is reset to before all that ever ran has a run of its head', () => {
  const it = new Simulation(fixturePlan(), kindWorld());
  push(it, '1', '2');
  run(it, '2');
  rewrite(it, '2', '1', ['2']);
  assert.deepEqual(dueCommits(it.state), [id('1')]);
});

/** 3 is live in part when it leaves the trunk; then 2 and it come back. */
function returnedAmidProd(): { it: Simulation; amid: string } {
  const it = new Simulation(fixturePlan(), kindWorld({ bake: 100 }));
  push(it, '1', '2', '3');
  const amid = run(it, '3');
  it.advanceTo(350);
  it.ask({ type: 'approve', run: amid }, { user: 'bob' });
  it.advanceTo(400);
  assert.ok(it.state.runs.get(amid)?.stages.prod?.rollout, 'it is live in part');
  rewrite(it, '3', '4', ['2', '3'], ['4']);
  it.advanceTo(410);
  assert.equal(it.finished(amid), undefined, 'what customers have met goes on');
  rewrite(it, '4', '3', ['4'], ['2', '3']);
  return { it, amid };
}

test('what comes back while production has it in part gets a run of its own place, once the earlier one has ended', () => {
  const { it, amid } = returnedAmidProd();
  assert.deepEqual(dueCommits(it.state).map((each) => each[0]), ['2', '3']);
  assert.equal(run(it, '3'), amid, 'a commit has one run at a time');
  const older = run(it, '2');
  it.advanceTo(1_000);
  assert.equal(it.finished(amid)?.outcome, 'SUCCEEDED');
  assert.deepEqual(dueCommits(it.state).map((each) => each[0]), ['3']);
  const newer = run(it, '3');
  const [low, high] = [older, newer].map((each) => it.state.runs.get(each)!.sequence);
  assert.ok(low! < high!, 'R1: sequences are in the order of the trunk');
  it.advanceTo(1_500);
  for (const each of [older, newer]) {
    it.ask({ type: 'approve', run: each }, { user: 'bob' });
    it.advanceTo(it.now + 500);
    assert.equal(it.finished(each)?.outcome, 'SUCCEEDED');
  }
  assert.deepEqual([...it.state.live].map(([place, { commit: live }]) => `${place} ${live[0]}`).filter((each) => each.startsWith('prod')), ['prod/one 3', 'prod/two 3']);
});

test('a run of before its commit left the trunk is not tried again once that is back', () => {
  const it = new Simulation(fixturePlan(), kindWorld({ code: 100 }));
  push(it, '1', '2');
  const before = run(it, '2');
  rewrite(it, '2', '1', ['2']);
  it.advanceTo(200);
  assert.equal(it.finished(before)?.outcome, 'STOPPED');
  push(it, '2');
  const isNew = (thrown: unknown): boolean => thrown instanceof TrunklineError && thrown.record.code === 'RETRY_TOO_LATE' && thrown.record.hint?.includes('trunkline run') === true;
  assert.throws(() => it.ask({ type: 'retry', run: before, actions: 'failed' }), isNew);
  assert.notEqual(run(it, '2'), before);
});
