import assert from 'node:assert/strict';
import { test } from 'node:test';
import { TrunklineError } from '../foundation/errors.ts';
import type { Plan } from '../pipeline/plan.ts';
import { fixturePlan, kindWorld, nameOf } from './fixture.testing.ts';
import { Simulation } from './simulation.testing.ts';

/** The fixture's plan with these regions in Prod. */
function across(...regions: readonly string[]): Plan {
  const bake = { minTimeMs: 0, minRequests: 0, maxTimeMs: 0, onInsufficientData: 'hold' as const };
  return fixturePlan((stage) => (stage.name !== 'prod' || !stage.environment ? stage : {
    ...stage, environment: { ...stage.environment, regions: [...regions] }, waves: regions.map((region) => ({ name: region, regions: [region], steps: [{ weight: 10_000, bake }] })),
  }));
}

/** A pipeline whose commits may each have a plan of their own. */
class Scene {
  readonly runs = new Map<string, string>();
  readonly it: Simulation;
  /** Runs whose Build takes long. */
  readonly slow = new Set<string>();
  #plan = across('one', 'two');

  constructor(durations: Parameters<typeof kindWorld>[0] = {}) {
    const kind = kindWorld(durations);
    this.it = new Simulation(this.#plan, {
      duration: (effect) => (this.slow.has(effect.run) && nameOf(effect) === 'code' ? 500 : kind.duration(effect)), end: (effect) => kind.end(effect, this.#plan),
    });
  }

  push(name: string, plan = this.#plan): string {
    this.#plan = plan;
    const run = this.it.push(name);
    this.runs.set(name, run);
    this.it.advanceTo(this.it.now + 1_000);
    return run;
  }

  approve(run: string): void {
    this.it.ask({ type: 'approve', run }, { user: 'bob' });
  }

  release(name: string, plan = this.#plan): string {
    const run = this.push(name, plan);
    this.approve(run);
    this.it.advanceTo(this.it.now + 100);
    assert.equal(this.it.finished(run)?.outcome, 'SUCCEEDED');
    return run;
  }

  rollback(to?: string): string {
    const run = this.it.ask({ type: 'rollback', reason: 'customers complain', ...(to === undefined ? {} : { to: this.runs.get(to)! }) });
    this.it.advanceTo(this.it.now + 100);
    return run;
  }

  /** What is live, by the name of its commit. */
  live(): { [region: string]: string } {
    const byArtifact = new Map([...this.runs].map(([name, run]) => [this.it.state.runs.get(run)?.artifact, name]));
    return Object.fromEntries([...this.it.state.live].filter(([place]) => place.startsWith('prod/')).map(([place, { artifact }]) => [place.slice(5), byArtifact.get(artifact) ?? '?']));
  }

  refused(act: () => unknown, code: string, hint = /./): void {
    assert.throws(act, (error) => error instanceof TrunklineError && error.record.code === code && hint.test(error.record.hint ?? ''), code);
  }
}

test('what was rolled back as bad is never put back again', () => {
  const scene = new Scene();
  for (const name of ['a', 'b', 'c']) scene.release(name);
  scene.rollback();
  assert.deepEqual(scene.live(), { one: 'b', two: 'b' });
  assert.deepEqual([...scene.it.state.bad.keys()], [scene.runs.get('c')]);
  scene.release('d');
  scene.rollback();
  assert.deepEqual(scene.live(), { one: 'b', two: 'b' }, 'not c');
  scene.rollback();
  assert.deepEqual(scene.live(), { one: 'a', two: 'a' });
  scene.refused(() => scene.rollback(), 'NO_ROLLBACK_TARGET');
  scene.refused(() => scene.rollback('c'), 'RELEASE_BAD', /run --again/);
});

test('while only a canary is bad the live release stays, and cancel is named', () => {
  const scene = new Scene({ bake: 200 });
  const it = scene.it;
  const first = scene.push('a');
  scene.approve(first);
  it.advanceTo(it.now + 10);
  scene.refused(() => scene.rollback(), 'ROLLOUT_UNDER_WAY', new RegExp(`trunkline cancel ${first}`));
  it.advanceTo(it.now + 2_000);
  assert.equal(it.finished(first)?.outcome, 'SUCCEEDED');
  const second = scene.push('b');
  it.advanceTo(it.now + 2_000);
  scene.approve(second);
  it.advanceTo(it.now + 10);
  scene.refused(() => scene.rollback(), 'ROLLOUT_UNDER_WAY', new RegExp(`trunkline cancel ${second}`));
  it.ask({ type: 'cancel', run: second, reason: 'bad' });
  it.advanceTo(it.now + 50);
  assert.deepEqual(scene.live(), { one: 'a', two: 'a' });
});

test('a region that was added since keeps what it has: it is named, and the rollback fails', () => {
  const scene = new Scene();
  scene.release('a');
  scene.release('b', across('one', 'two', 'three'));
  const run = scene.rollback();
  assert.deepEqual(scene.live(), { one: 'a', two: 'a', three: 'b' });
  assert.deepEqual([scene.it.finished(run)?.outcome, scene.it.finished(run)?.error?.code], ['FAILED', 'NOT_RESTORED']);
  assert.match(scene.it.finished(run)?.reason ?? '', /three/);
});

test('a region that was removed since does not keep the others from going back', () => {
  const scene = new Scene();
  scene.release('a');
  scene.release('b');
  scene.release('c', across('one'));
  const run = scene.rollback();
  assert.equal(scene.it.finished(run)?.outcome, 'SUCCEEDED');
  assert.deepEqual(scene.live(), { one: 'b', two: 'b' });
});

test('each region goes back to the release that was verified good there, by a run for each release', () => {
  const scene = new Scene();
  scene.release('a');
  scene.release('b', across('one'));
  scene.release('c', across('one', 'two'));
  scene.rollback();
  assert.deepEqual(scene.live(), { one: 'b', two: 'a' });
  assert.match(scene.it.answered?.message ?? '', /one back from .* of run .*; run .* puts two back from/);
  assert.deepEqual([...scene.it.state.runs.values()].filter(({ kind }) => kind === 'ROLLBACK').map(({ finished }) => finished?.outcome), ['SUCCEEDED', 'SUCCEEDED']);
});

test('the target is the one before on the trunk, in whatever order the runs began', () => {
  const scene = new Scene();
  const { it } = scene;
  const commits = ['a', 'b'].map((name) => ({ id: name.repeat(40), tree: name, subject: name, author: 'someone', reverts: [] }));
  it.report({ type: 'trunk-seen', commits });
  it.now += 1; // two runs of one instant would have one order
  const second = it.ask({ type: 'run', commit: commits[1]!.id, again: false });
  const first = it.ask({ type: 'run', commit: commits[0]!.id, again: false });
  scene.runs.set('a', first).set('b', second);
  scene.slow.add(second);
  it.advanceTo(it.now + 50);
  scene.approve(first);
  it.advanceTo(it.now + 1_000);
  scene.approve(second);
  it.advanceTo(it.now + 50);
  assert.deepEqual([...it.state.runs.keys()].map((run) => it.finished(run)?.outcome), ['SUCCEEDED', 'SUCCEEDED']);
  assert.deepEqual([...it.state.runs.keys()], [second, first]);
  scene.release('c');
  scene.rollback();
  assert.deepEqual(scene.live(), { one: 'b', two: 'b' });
  scene.refused(() => scene.rollback('b'), 'NO_ROLLBACK_TARGET');
});

test('a rollback that failed is tried again, until a newer release has entered', () => {
  const scene = new Scene({ prepare: 10 });
  for (const name of ['a', 'b']) scene.release(name);
  const run = scene.it.ask({ type: 'rollback', reason: 'bad' });
  scene.it.report({ type: 'rollout', run, stage: 'prod', fact: { type: 'breached', cause: { type: 'health', detail: 'it does not start' } } });
  scene.it.ask({ type: 'cancel', run, reason: 'not now' });
  scene.it.advanceTo(scene.it.now + 100);
  assert.ok(scene.it.finished(run));
  assert.equal(scene.it.state.bad.size, 0, 'nothing was replaced, so nothing was found bad');
  scene.it.ask({ type: 'retry', run, actions: 'failed' });
  scene.it.advanceTo(scene.it.now + 100);
  assert.deepEqual([scene.it.finished(run)?.outcome, scene.live()], ['SUCCEEDED', { one: 'a', two: 'a' }]);
  assert.throws(() => scene.it.ask({ type: 'retry', run, actions: 'failed' }), /SUCCEEDED/);
  const late = new Scene({ prepare: 10 });
  for (const name of ['a', 'b']) late.release(name);
  const stopped = late.it.ask({ type: 'rollback', reason: 'bad' });
  late.it.ask({ type: 'cancel', run: stopped, reason: 'not now' });
  late.it.advanceTo(late.it.now + 100);
  late.release('c');
  late.refused(() => late.it.ask({ type: 'retry', run: stopped, actions: 'failed' }), 'RETRY_TOO_LATE', /trunkline rollback/);
});

test('what a rollback has not reached goes back with the next one, and what it has reached stays', () => {
  const scene = new Scene();
  for (const name of ['a', 'b', 'c']) scene.release(name);
  const { it } = scene;
  const c = it.state.live.get('prod/two')!;
  scene.rollback();
  it.state.live.set('prod/two', c); // as if that region had not been reached
  scene.rollback();
  assert.deepEqual(scene.live(), { one: 'b', two: 'b' });
});

test('a release that breached is bad until it is tried again', () => {
  const scene = new Scene({ bake: 20 });
  const run = scene.push('a');
  scene.approve(run);
  scene.it.advanceTo(scene.it.now + 5);
  scene.it.report({ type: 'rollout', run, stage: 'prod', fact: { type: 'breached', cause: { type: 'alarm', region: 'one', detail: 'errors' } } });
  scene.it.advanceTo(scene.it.now + 50);
  assert.equal(scene.it.state.bad.get(run)?.reason, 'errors');
  scene.it.ask({ type: 'retry', run, actions: 'failed' });
  assert.equal(scene.it.state.bad.size, 0);
});

test('whoever asks twice for a rollback means one', () => {
  const scene = new Scene({ prepare: 10 });
  for (const name of ['a', 'b', 'c']) scene.release(name);
  const first = scene.it.ask({ type: 'rollback', reason: 'bad' });
  assert.equal(scene.it.ask({ type: 'rollback', reason: 'bad' }), first);
  scene.it.advanceTo(scene.it.now + 100);
  assert.deepEqual(scene.live(), { one: 'b', two: 'b' });
});
