import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import type { EventOf } from '../journal/events.ts';
import { parsePlan, type Plan } from '../pipeline/plan.ts';
import { evolve } from './evolve.ts';
import { fixturePlan, kindWorld } from './fixture.testing.ts';
import { Simulation } from './simulation.testing.ts';
import { emptyState } from './state.ts';
import { waitedForApproval } from './budget.ts';

const MINUTE = 60_000;

function warned(simulation: Simulation): readonly EventOf<'budget-warned'>[] {
  return simulation.events.filter((event) => event.type === 'budget-warned');
}

function planWith(budgets: Plan['budgets'], change: Parameters<typeof fixturePlan>[0] = (stage) => stage): Plan {
  return parsePlan({ ...fixturePlan(change), ...(budgets ? { budgets } : {}) });
}

test('a stage that stays well inside its budget is not warned about', () => {
  const simulation = new Simulation(fixturePlan(), kindWorld({ 'unit-tests': 7 * MINUTE }));
  simulation.push('a');
  simulation.advanceTo(100 * MINUTE);
  assert.deepEqual(warned(simulation), []);
});

test('a stage is warned about at four fifths of its budget and again past it, each once, and goes on', () => {
  const simulation = new Simulation(fixturePlan(), kindWorld({ code: MINUTE, 'unit-tests': 11 * MINUTE, package: MINUTE }));
  const run = simulation.push('a');
  simulation.advanceTo(40 * MINUTE);
  const [near, past, ...more] = warned(simulation);
  assert.deepEqual([near?.at, near?.isPast, near?.spentMs, near?.budgetMs], [8 * MINUTE, false, 8 * MINUTE, 10 * MINUTE]);
  assert.deepEqual(near?.path, [{ stage: 'build', action: 'code', ms: MINUTE, cached: false }, { stage: 'build', action: 'unit-tests', ms: 7 * MINUTE, cached: false }]);
  assert.match(near?.advice ?? '', /^build.unit-tests takes 7m: split it.*"inputs".*Beta$/);
  assert.deepEqual([past?.at, past?.isPast, more.length], [10 * MINUTE, true, 0]);
  assert.equal(simulation.state.runs.get(run)?.stages.build?.state, 'passed');
});

test('with budgets enforced, the stage fails when its time is up, and says what took it', () => {
  const simulation = new Simulation(planWith({ enforce: true }), kindWorld({ code: 2 * MINUTE, 'unit-tests': 30 * MINUTE, package: MINUTE }));
  const run = simulation.push('a');
  simulation.advanceTo(40 * MINUTE);
  const finished = simulation.finished(run);
  assert.deepEqual([finished?.outcome, finished?.cause, finished?.at, finished?.error?.code], ['FAILED', 'code', 10 * MINUTE, 'BUDGET_EXCEEDED']);
  assert.match(finished?.error?.hint ?? '', /build.unit-tests takes 8m/);
  assert.ok(simulation.events.some((event) => event.type === 'action-cancelled' && event.action === 'unit-tests'));
});

test('waiting for an approval spends no budget, however long, and is counted apart', () => {
  const simulation = new Simulation(planWith({ totalMs: 20 * MINUTE, enforce: false }, longApproval), kindWorld({ code: MINUTE, tests: 2 * MINUTE, watch: 2 * MINUTE }));
  const run = simulation.push('a');
  simulation.advanceTo(500 * MINUTE);
  assert.deepEqual(warned(simulation), []);
  const waiting = simulation.state.runs.get(run)!;
  assert.equal(waitedForApproval(waiting, simulation.now), 500 * MINUTE - 5 * MINUTE);
  simulation.ask({ type: 'approve', run });
  simulation.advanceTo(501 * MINUTE);
  assert.equal(simulation.finished(run)?.outcome, 'SUCCEEDED');
  assert.equal(waitedForApproval(simulation.state.runs.get(run)!, simulation.now), 495 * MINUTE);
});

test('the whole is counted from the push, over all stages', () => {
  const simulation = new Simulation(planWith({ totalMs: 20 * MINUTE, enforce: false }), kindWorld({ code: 4 * MINUTE, 'unit-tests': 2 * MINUTE, tests: 7 * MINUTE, bake: 2 * MINUTE }));
  simulation.push('a');
  simulation.advanceTo(17 * MINUTE);
  const [near, ...more] = warned(simulation);
  assert.deepEqual([near?.of, near?.at, near?.isPast, more.length], ['run', 16 * MINUTE, false, 0]);
  assert.deepEqual(near?.path.filter(({ ms }) => ms > 0).map(({ stage, action, ms }) => [`${stage}.${action}`, ms / MINUTE]),
    [['build.code', 4], ['build.unit-tests', 2], ['beta.deploy', 2], ['beta.tests', 7], ['gamma.deploy', 1]]);
});

test('enforcing the whole never turns back what customers have met', () => {
  const simulation = new Simulation(planWith({ totalMs: 9 * MINUTE, enforce: true }), kindWorld({ bake: 2 * MINUTE }));
  const run = simulation.push('a');
  simulation.advanceTo(7 * MINUTE);
  simulation.ask({ type: 'approve', run });
  simulation.advanceTo(60 * MINUTE);
  assert.deepEqual(warned(simulation).map(({ stage, isPast, at, error }) => [stage, isPast, at / MINUTE, error]), [['prod', false, 8.2, undefined], ['prod', true, 10, undefined]]);
  assert.equal(simulation.finished(run)?.outcome, 'SUCCEEDED');
});

test('a retry has the whole time again', () => {
  const simulation = new Simulation(planWith({ enforce: true }), kindWorld({ 'unit-tests': 30 * MINUTE }));
  const run = simulation.push('a');
  simulation.advanceTo(15 * MINUTE);
  assert.equal(simulation.finished(run)?.error?.code, 'BUDGET_EXCEEDED');
  simulation.ask({ type: 'retry', run, actions: 'failed' });
  simulation.advanceTo(22 * MINUTE);
  assert.equal(simulation.state.runs.get(run)?.finished, undefined);
  simulation.advanceTo(40 * MINUTE);
  assert.equal(simulation.finished(run)?.at, 25 * MINUTE);
});

test('whatever the times, each warning comes once and at its time, and the journal folds to the same state', () => {
  const minutes = fc.integer({ min: 0, max: 25 }).map((count) => count * MINUTE);
  fc.assert(fc.property(fc.record({ code: minutes, 'unit-tests': minutes, package: minutes, tests: minutes, watch: minutes }), fc.boolean(), (durations, enforce) => {
    const simulation = new Simulation(planWith({ enforce }), kindWorld(durations));
    simulation.push('a');
    simulation.advanceTo(300 * MINUTE);
    const all = warned(simulation);
    const names = all.map(({ of, stage, isPast }) => `${of === 'run' ? 'all' : stage} ${isPast}`);
    assert.equal(new Set(names).size, names.length);
    for (const { spentMs, budgetMs, isPast } of all) assert.equal(spentMs, isPast ? budgetMs : budgetMs * 0.8);
    const build = durations.code + Math.max(durations['unit-tests'], durations.package);
    assert.equal(names.includes('build false'), build > 8 * MINUTE || (build === 8 * MINUTE && names.includes('build false')));
    const again = emptyState();
    for (const event of simulation.events) evolve(again, event);
    assert.deepEqual(again, simulation.state);
  }), { numRuns: 60 });
});

function longApproval(stage: Plan['stages'][number]): Plan['stages'][number] {
  return { ...stage, actions: stage.actions.map((action) => (action.kind === 'approval' ? { ...action, input: { by: ['operators'], atLeast: 1, expiresMs: 10_000 * MINUTE } } : action)) };
}
