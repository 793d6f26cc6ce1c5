import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { ErrorRecord } from '../foundation/errors.ts';
import { TrunklineError } from '../foundation/errors.ts';
import type { Event, EventOf } from '../journal/events.ts';
import { approvalInput } from '../pipeline/plan.ts';
import { fixturePlan, kindWorld } from './fixture.testing.ts';
import { owed, type Effect } from './owed.ts';
import { backoff } from './retries.ts';
import { Simulation, type World } from './simulation.testing.ts';
import { retriesOf } from './state.ts';

const silent: ErrorRecord = { code: 'REGION_SILENT', class: 'infra', message: 'the agent does not answer' };
const isStep = (effect: Effect, type: string, region: string): boolean => effect.type === 'rollout' && effect.stage === 'prod' && effect.step.type === type && effect.step.region === region;

/** A world in which some effects fail. @param bake how long each bake in Prod takes. */
function trouble(fault: (effect: Effect) => ErrorRecord | undefined, bake = 0): World {
  return { ...kindWorld(), fault, duration: (effect) => (effect.type === 'rollout' && effect.stage === 'prod' && effect.step.type === 'bake' ? bake : 0) };
}

function released(it: Simulation, name: string): string {
  const run = it.push(name);
  it.advanceTo(it.now + 1_000);
  it.ask({ type: 'approve', run });
  return run;
}

function retried(it: Simulation): EventOf<'effect-retried'>[] {
  return it.events.filter((event): event is EventOf<'effect-retried'> => event.type === 'effect-retried');
}

const step = (event: Event): string => (event.type === 'rollout' ? `${event.fact.type}${'region' in event.fact ? ` ${event.fact.region}` : ''}` : event.type);

test('a restore that fails stays owed, is tried again ever less often, and ends once the region answers', () => {
  let dead = true;
  const it = new Simulation(fixturePlan(), trouble((effect) => (dead && isStep(effect, 'restore', 'one') ? silent : undefined), 5_000));
  const run = released(it, 'a');
  it.advanceTo(it.now + 2_000);
  it.report({ type: 'rollout', run, stage: 'prod', fact: { type: 'breached', cause: { type: 'alarm', region: 'one', detail: 'errors' } } });
  it.advanceTo(it.now + 3_600_000);
  assert.equal(it.finished(run), undefined, 'it was not given up');
  const tries = retried(it);
  assert.ok(tries.length > 60 && tries.length < 75, String(tries.length));
  assert.deepEqual(tries.map(({ attempt }) => attempt), tries.map((_, index) => index + 1));
  assert.deepEqual(tries.slice(0, 9).map(({ at, retryAt }) => retryAt - at), [500, 1_000, 2_000, 4_000, 8_000, 16_000, 32_000, 60_000, 60_000]);
  const [retry] = retriesOf(it.state.runs.get(run)!);
  assert.deepEqual([retry?.effect, retry?.region, retry?.attempts, retry?.error, retry?.since], ['restore', 'one', tries.length, silent, tries[0]?.at]);
  dead = false;
  it.advanceTo(it.now + 120_000);
  assert.deepEqual([it.finished(run)?.outcome, it.finished(run)?.rolledBack], ['FAILED', true]);
  assert.deepEqual(retriesOf(it.state.runs.get(run)!), []);
});

test('a region that fails to go back holds no other back, and nobody else enters meanwhile', () => {
  let dead = true;
  const it = new Simulation(fixturePlan(), trouble((effect) => (dead && isStep(effect, 'restore', 'one') ? silent : undefined), 5_000));
  const run = released(it, 'a');
  it.advanceTo(it.now + 8_000);
  const from = it.events.length;
  it.report({ type: 'rollout', run, stage: 'prod', fact: { type: 'breached', cause: { type: 'alarm', region: 'one', detail: 'errors' } } });
  it.advanceTo(it.now + 100);
  assert.deepEqual(it.events.slice(from).map(step).slice(0, 4), ['breached', 'effect-retried', 'restore-late one', 'restored two']);
  const second = it.push('b');
  it.advanceTo(it.now + 10_000);
  assert.equal(it.entered(second, 'prod'), undefined);
  dead = false;
  it.advanceTo(it.now + 60_000);
  assert.ok(it.entered(second, 'prod'));
});

test('a person may hasten what waits for its next try, and a second failure waits as before', () => {
  let dead = true;
  const it = new Simulation(fixturePlan(), trouble((effect) => (dead && isStep(effect, 'restore', 'one') ? silent : undefined), 5_000));
  const run = released(it, 'a');
  it.advanceTo(it.now + 2_000);
  it.report({ type: 'rollout', run, stage: 'prod', fact: { type: 'breached', cause: { type: 'alarm', region: 'one', detail: 'errors' } } });
  it.advanceTo(it.now + 100_000);
  const before = retried(it).length;
  it.ask({ type: 'retry', run, actions: 'failed' });
  it.advanceTo(it.now + 1);
  assert.equal(retried(it).length, before + 1, 'it was tried at once');
  it.advanceTo(it.now + 50_000);
  assert.equal(retried(it).length, before + 1);
  dead = false;
  it.ask({ type: 'retry', run, actions: 'failed' });
  it.advanceTo(it.now + 1);
  assert.equal(it.finished(run)?.outcome, 'FAILED');
});

test('settling is tried until it is done, says so, and can not be cancelled', () => {
  let dead = true;
  const it = new Simulation(fixturePlan(), trouble((effect) => (dead && isStep(effect, 'settle', 'two') ? silent : undefined)));
  const run = released(it, 'a');
  it.advanceTo(it.now + 5_000);
  assert.deepEqual(retried(it).map(({ effect, region }) => [effect, region]), Array.from({ length: retried(it).length }, () => ['settle', 'two']));
  assert.ok(retried(it).length >= 3);
  assert.throws(() => it.ask({ type: 'cancel', run, reason: 'enough' }), (thrown) => thrown instanceof TrunklineError && thrown.record.code === 'ACCEPTED_ALREADY');
  dead = false;
  it.advanceTo(it.now + 60_000);
  assert.equal(it.finished(run)?.outcome, 'SUCCEEDED');
});

test('a region that was taken down owes nothing any more', () => {
  for (const type of ['restore', 'settle']) {
    const it = new Simulation(fixturePlan(), trouble((effect) => (isStep(effect, type, 'two') ? silent : undefined), type === 'restore' ? 5_000 : 0));
    const run = released(it, 'a');
    it.advanceTo(it.now + 8_000);
    if (type === 'restore') it.report({ type: 'rollout', run, stage: 'prod', fact: { type: 'breached', cause: { type: 'alarm', region: 'two', detail: 'errors' } } });
    it.advanceTo(it.now + 20_000);
    assert.equal(it.finished(run), undefined);
    it.removed('prod', 'two');
    assert.equal(it.finished(run)?.outcome, type === 'restore' ? 'FAILED' : 'SUCCEEDED');
    assert.deepEqual(owed(it.state), []);
  }
});

test('a step forward is tried four times where the machinery fails, and not again where the release does', () => {
  for (const [kind, tries] of [['infra', 3], ['code', 0]] as const) {
    const error: ErrorRecord = { ...silent, class: kind, lastLines: ['the last word'] };
    const it = new Simulation(fixturePlan(), trouble((effect) => (isStep(effect, 'prepare', 'one') ? error : undefined)));
    const run = released(it, 'a');
    it.advanceTo(it.now + 30_000);
    assert.equal(retried(it).length, tries);
    assert.deepEqual([it.finished(run)?.outcome, it.finished(run)?.error?.code, it.finished(run)?.error?.lastLines], ['FAILED', 'UNHEALTHY', ['the last word']]);
  }
});

test('a signature that the machinery fails is tried again, and a bug ends the stage', () => {
  let full = true;
  const it = new Simulation(fixturePlan(), trouble((effect) => (full && effect.type === 'attest' && effect.stage === 'build' ? { code: 'DISK_FULL', class: 'infra', message: 'full' } : undefined)));
  const run = it.push('a');
  it.advanceTo(100_000);
  assert.ok(retried(it).every(({ effect, stage }) => effect === 'attest' && stage === 'build') && retried(it).length > 5);
  full = false;
  it.advanceTo(it.now + 60_000);
  assert.equal(it.state.runs.get(run)?.stages.build?.state, 'passed');

  const bug = new Simulation(fixturePlan(), trouble((effect) => (effect.type === 'attest' ? { code: 'BUG', class: 'bug', message: 'x is not a function' } : undefined)));
  const other = bug.push('a');
  bug.advanceTo(100_000);
  assert.deepEqual([bug.finished(other)?.outcome, retried(bug).length], ['FAILED', 3]);
});

test('two rollbacks that wait enter one after the other', () => {
  const it = new Simulation(fixturePlan(), kindWorld({ settle: 10, watch: 5 }));
  for (const name of ['a', 'b', 'c']) {
    released(it, name);
    it.advanceTo(it.now + 1_000);
  }
  const [oldest = ''] = it.state.runs.keys();
  const busy = it.push('d');
  it.advanceTo(it.now + 1_000);
  assert.ok(it.entered(busy, 'prod'));
  const [first, second] = [it.ask({ type: 'rollback', reason: 'bad' }), it.ask({ type: 'rollback', to: oldest, reason: 'worse' })];
  it.advanceTo(it.now + 10_000);
  assert.deepEqual([it.finished(busy)?.outcome, it.finished(first)?.outcome, it.finished(second)?.outcome], ['STOPPED', 'SUCCEEDED', 'SUCCEEDED']);
  assert.ok(it.entered(first, 'prod')! < it.entered(second, 'prod')!);
});

test('a rollout that is not through in its time goes back', () => {
  const it = new Simulation(fixturePlan((stage) => ({ ...stage, actions: stage.actions.map((action) => (action.kind === 'rollout' ? { ...action, timeoutMs: 4_000 } : action)) })), kindWorld({ bake: 3_000 }));
  const run = it.push('a');
  it.advanceTo(60_000);
  const { outcome, error, rolledBack } = it.finished(run)!;
  assert.deepEqual([outcome, error?.code, rolledBack], ['FAILED', 'TIMEOUT', true]);
  assert.match(error?.message ?? '', /4 s/);
});

test('a run that can not be judged fails, and keeps no other from going on', () => {
  const poisoned = fixturePlan((stage) => ({ ...stage, actions: stage.actions.map((action) => (action.kind === 'approval' ? { ...action, input: {} } : action)) }));
  assert.equal(approvalInput.safeParse({}).success, false);
  const world = kindWorld();
  let ill = true;
  const it = new Simulation(fixturePlan(), { ...world, end: (effect, plan) => world.end(effect, ill ? poisoned : plan) });
  const run = it.push('a');
  it.advanceTo(5_000);
  assert.equal(it.finished(run)?.outcome, 'FAILED');
  ill = false;
  assert.equal(it.finished(released(it, 'b'))?.outcome, undefined);
  it.advanceTo(it.now + 5_000);
  assert.equal(it.state.stages.prod.holder, undefined);
  assert.equal(it.state.live.size, 5);
});

test('the pause before a try doubles, up to a minute', () => {
  assert.deepEqual([1, 2, 3, 8, 9, 1_000_000].map(backoff), [500, 1_000, 2_000, 60_000, 60_000, 60_000]);
});
