import assert from 'node:assert/strict';
import { test } from 'node:test';
import { evidenceOf } from './evidence.ts';
import { fixturePlan, kindWorld, nameOf } from './fixture.testing.ts';
import type { Fact } from './facts.ts';
import { owed, wakeAt, type Effect } from './owed.ts';
import { Simulation } from './simulation.testing.ts';
import { lastAttempt } from './state.ts';

/** The effect of this name that is owed now. */
function owedNow(it: Simulation, name: string): Effect {
  const effect = owed(it.state).find((each) => nameOf(each) === name);
  assert.ok(effect, `${name} is not owed: ${owed(it.state).map(nameOf).join()}`);
  return effect;
}

test('a stage never passes on what was signed of an earlier entry of it', () => {
  const it = new Simulation(fixturePlan(), kindWorld({ stage: 10, accept: 10, settle: 1_000 }));
  const run = it.push('a');
  it.advanceTo(15);
  const first = owedNow(it, 'stage');
  assert.equal(first.stage, 'beta');
  it.ask({ type: 'cancel', run, reason: 'wait' });
  it.advanceTo(16);
  it.ask({ type: 'retry', run, actions: 'failed' });
  it.advanceTo(17);
  const again = owedNow(it, 'stage');
  assert.notEqual(again.key, first.key, 'one key for two entries');
  const late: Fact = { type: 'attested', run, stage: 'beta', fence: first.fence, attestations: [{ digest: 'sha256:1', predicateType: 'test', name: 'beta passed' }] };
  it.report(late);
  assert.equal(it.state.runs.get(run)?.evidence.filter(({ stage }) => stage === 'beta').length, 0);
  assert.equal(owedNow(it, 'stage').key, again.key, 'it is still to be signed');
});

test('evidence of a stage that did not pass is not what an approver approves, nor is a signature that comes late', () => {
  const it = new Simulation(fixturePlan(), kindWorld({ settle: 10 }));
  const run = it.push('a');
  it.advanceTo(5); // Beta is signed and settles
  it.advanceTo(1_000);
  const approved = it.state.runs.get(run)!;
  const digest = evidenceOf(approved);
  const signedAt = approved.stages.beta!.fence;
  it.report({ type: 'attested', run, stage: 'beta', fence: signedAt, attestations: [{ digest: 'sha256:2', predicateType: 'test', name: 'beta passed' }] });
  assert.equal(evidenceOf(it.state.runs.get(run)!), digest, 'Beta was left long ago');
  assert.equal(approved.approval?.requested.evidence, digest);
});

test('an end that was reported of an earlier attempt of the run ends nothing of this one', () => {
  for (const state of ['failed', 'cancelled', 'passed'] as const) {
    const it = new Simulation(fixturePlan(), kindWorld({ code: 10 }));
    const run = it.push('a');
    it.advanceTo(5);
    const { fence = 0 } = owedNow(it, 'code');
    it.ask({ type: 'cancel', run, reason: 'wait' });
    it.ask({ type: 'retry', run, actions: 'failed' });
    it.advanceTo(6);
    const end = state === 'failed' ? { state, error: { code: 'X', class: 'code', message: 'no' } } as const : state === 'passed' ? { state, output: {} } as const : { state } as const;
    const before = it.state.head;
    it.report({ type: 'attempt-ended', run, stage: 'build', fence, action: 'code', attempt: 1, end });
    assert.equal(it.state.head, before, state);
    assert.equal(it.state.runs.get(run)?.stages.build?.actions['code']?.state, 'running', state);
  }
});

test('every attempt has a name of its own', () => {
  const it = new Simulation(fixturePlan(), kindWorld({ code: 10 }));
  const run = it.push('a');
  it.advanceTo(5);
  const name = () => lastAttempt(it.state.runs.get(run)!, 'build', 'code');
  const first = name();
  it.ask({ type: 'cancel', run, reason: 'wait' });
  it.ask({ type: 'retry', run, actions: 'failed' });
  it.advanceTo(6);
  assert.notDeepEqual(name(), first);
  assert.deepEqual([first?.of, name()?.of, name()?.attempt], [1, 2, 1]);
});

test('what had failed before anybody stopped it counts as a failure', () => {
  const it = new Simulation(fixturePlan(), kindWorld({ restore: 10, bake: 5 }));
  const run = it.push('a');
  it.advanceTo(100);
  it.ask({ type: 'approve', run });
  it.advanceTo(103);
  it.report({ type: 'rollout', run, stage: 'prod', fact: { type: 'breached', cause: { type: 'alarm', region: 'one', detail: 'errors' } } });
  it.ask({ type: 'cancel', run, reason: 'enough' });
  it.advanceTo(200);
  const { outcome, cause, rolledBack } = it.finished(run)!;
  assert.deepEqual([outcome, cause, rolledBack], ['FAILED', 'rollback', true]);
  const stopped = it.push('b');
  it.advanceTo(300);
  it.ask({ type: 'cancel', run: stopped, reason: 'not today' });
  it.advanceTo(400);
  assert.equal(it.finished(stopped)?.outcome, 'STOPPED');
});

test('a stage that closes waits for no time', () => {
  const world = kindWorld({ package: 50, 'unit-tests': 1 });
  const it = new Simulation(fixturePlan(), { ...world, end: (effect, plan) => (nameOf(effect) === 'unit-tests' ? { state: 'failed', error: { code: 'X', class: 'infra', message: 'no' } } : world.end(effect, plan)) });
  const run = it.push('a');
  it.advanceTo(2);
  assert.equal(it.state.runs.get(run)?.stages.build?.actions['unit-tests']?.state, 'retrying');
  it.state.runs.set(run, { ...it.state.runs.get(run)!, cancel: { by: 'ann', reason: 'enough' } }); // as long as the package is not dead
  assert.equal(wakeAt(it.state), undefined);
});

test('a commit has one run at a time: the last is tried again, and none beside or after it', () => {
  const it = new Simulation(fixturePlan(), kindWorld({ code: 100 }));
  const first = it.push('a');
  const { commit } = it.state.runs.get(first)!;
  it.ask({ type: 'cancel', run: first, reason: 'no' });
  it.advanceTo(10);
  const second = it.ask({ type: 'run', commit, again: true });
  const late = { record: { code: 'RETRY_TOO_LATE' } };
  const isLate = (thrown: unknown): boolean => (thrown as typeof late).record.code === late.record.code;
  assert.throws(() => it.ask({ type: 'retry', run: first, actions: 'failed' }), isLate, 'the later one is under way');
  it.ask({ type: 'cancel', run: second, reason: 'no' });
  it.advanceTo(20);
  assert.throws(() => it.ask({ type: 'retry', run: first, actions: 'failed' }), isLate, 'the later one has ended');
  assert.equal(it.ask({ type: 'retry', run: second, actions: 'failed' }), second);
  assert.equal(it.ask({ type: 'run', commit, again: true }), second);
});
