import assert from 'node:assert/strict';
import { test } from 'node:test';
import { digestOf } from '../foundation/digest.ts';
import { planDigest } from '../pipeline/plan.ts';
import { evolve } from './evolve.ts';
import { fixturePlan, kindWorld, nameOf } from './fixture.testing.ts';
import { Simulation } from './simulation.testing.ts';

const plan = fixturePlan();
const other = { ...plan, application: 'another' };

/** A run that waits for its approval in Prod. */
function waiting(): { it: Simulation; run: string } {
  const it = new Simulation(plan, kindWorld());
  const run = it.push('a');
  it.advanceTo(10);
  return { it, run };
}

test('an attempt that brings a plan or an artifact after Build fails the run, and changes neither', () => {
  for (const [end, code] of [[{ plan: other }, 'PLAN_FIXED'], [{ artifact: digestOf('other') }, 'ARTIFACT_FIXED']] as const) {
    const kind = kindWorld();
    const it = new Simulation(plan, { ...kind, end: (effect, own) => ({ ...kind.end(effect, own), ...(nameOf(effect) === 'watch' ? end : {}) }) });
    const run = it.push('a');
    it.advanceTo(10);
    assert.deepEqual([it.finished(run)?.outcome, it.finished(run)?.error?.code], ['FAILED', code]);
    assert.deepEqual([it.state.runs.get(run)?.plan?.plan, it.state.runs.get(run)?.artifact], [plan, digestOf(run)]);
    assert.equal(it.events.filter(({ type }) => type === 'plan-adopted').length, 1);
  }
});

test('an event of a second plan or artifact, or of one from elsewhere, never changes the run and fails it', () => {
  for (const [type, code] of [['plan-adopted', 'PLAN_FIXED'], ['artifact-packaged', 'ARTIFACT_FIXED']] as const) {
    const { it, run } = waiting();
    if (type === 'plan-adopted') evolve(it.state, { type, at: it.now, run, digest: planDigest(other), plan: other });
    else evolve(it.state, { type, at: it.now, run, artifact: digestOf('other'), sequence: 1 });
    assert.deepEqual([it.state.runs.get(run)?.plan?.plan, it.state.runs.get(run)?.artifact], [plan, digestOf(run)]);
    it.report({ type: 'woken' });
    assert.deepEqual([it.finished(run)?.outcome, it.finished(run)?.error?.code], ['FAILED', code]);
    assert.equal(it.state.stages.prod.holder, undefined);
  }
});

test('while production changes, a second artifact puts the release before back', () => {
  const it = new Simulation(plan, kindWorld({ bake: 10 }));
  const run = it.push('a');
  it.advanceTo(30);
  it.ask({ type: 'approve', run });
  it.advanceTo(35);
  evolve(it.state, { type: 'artifact-packaged', at: it.now, run, artifact: digestOf('other'), sequence: 1 });
  it.report({ type: 'woken' });
  it.advanceTo(60);
  assert.deepEqual([it.finished(run)?.outcome, it.finished(run)?.rolledBack, it.finished(run)?.error?.code], ['FAILED', true, 'ARTIFACT_FIXED']);
});

test('a run whose Source failed is tried again with the pipeline as it is evaluated then', () => {
  let fail = true;
  const kind = kindWorld();
  const it = new Simulation(plan, { ...kind, end: (effect, own) => (fail && nameOf(effect) === 'rows' ? { state: 'failed', error: { code: 'ROWS', class: 'code', message: 'no' } } : kind.end(effect, own)) });
  const run = it.push('a');
  it.advanceTo(10);
  assert.equal(it.finished(run)?.error?.code, 'ROWS');
  fail = false;
  it.ask({ type: 'retry', run, actions: 'failed' });
  it.advanceTo(20);
  it.ask({ type: 'approve', run }, { user: 'bob' });
  it.advanceTo(30);
  assert.equal(it.finished(run)?.outcome, 'SUCCEEDED');
});

test('what an approval or a rollout can not be made of fails the run with what to do', () => {
  const bare = { ...plan, stages: plan.stages.map((stage) => ({ ...stage, actions: stage.actions.map((action) => (action.kind === 'approval' ? { ...action, input: {} } : action)) })) };
  const unpackaged = { ...plan, stages: plan.stages.map((stage) => ({ ...stage, actions: stage.actions.filter(({ kind }) => kind !== 'archive') })) };
  const waveless = { ...plan, stages: plan.stages.map((stage) => ({ ...stage, waves: [] })) };
  for (const [given, code] of [[bare, 'INPUT_INVALID'], [unpackaged, 'NOTHING_PACKAGED'], [waveless, 'ROLLOUT_INVALID']] as const) {
    const it = new Simulation(given, kindWorld());
    const run = it.push('a');
    it.advanceTo(10);
    assert.deepEqual([it.finished(run)?.outcome, it.finished(run)?.error?.code], ['FAILED', code]);
  }
});
