import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Operators } from '../core/operators.ts';
import { emptyState, type PipelineState, type Run } from '../core/state.ts';
import { digestOf } from '../foundation/digest.ts';
import type { Json } from '../foundation/units.ts';
import { fixturePlan } from '../core/fixture.testing.ts';
import { planDigest, type Plan } from '../pipeline/plan.ts';
import { approvalTold, describeApproval } from './approval.ts';

const digest = digestOf('');
const operators: Operators = { people: { ann: { groups: ['operators'] }, bob: { groups: ['operators'] } } };

function run(id: string, output: Json, plan: Plan = fixturePlan()): Run {
  const approval = { requested: { type: 'approval-requested', at: 0, run: id, artifact: digest, plan: digest, evidence: digest, by: ['operators'], atLeast: 1, expiresAt: 0 }, given: [] } as const;
  return {
    id, sequence: 1, kind: 'STANDARD', commit: `commit of ${id}`, by: 'trunk', startedAt: 0, attempt: 1, attemptStartedAt: 0, since: 0, evidence: [], approval, artifact: digest,
    plan: { digest: planDigest(plan), plan },
    stages: { build: { name: 'build', state: 'passed', fence: 1, actions: { sast: { state: 'passed', attempt: 1, fence: 1, of: 1, startedAt: 0, output } } }, prod: { name: 'prod', state: 'running', fence: 1, actions: {} } },
  };
}

function state(now: Run, live?: Run): PipelineState {
  const all = emptyState();
  all.runs.set(now.id, now);
  if (live) {
    all.runs.set(live.id, live);
    all.live.set('prod/one', { run: live.id, artifact: digest, commit: live.commit, sequence: 1, since: 0 });
  }
  return all;
}

function lines(live: Run | undefined, now: Run, people = operators): readonly string[] {
  const told = approvalTold(state(now, live), now, () => people);
  assert.ok(told);
  return describeApproval(now.id, told).map((line) => line.trim());
}

const forgiven = (live: Run | undefined, now: Run): readonly string[] => lines(live, now).filter((line) => /forgiven/.test(line));

test('whoever approves sees by how many the forgiven findings have grown since the live release', () => {
  const live = run('r-1', { known: 9, suppressed: 1 });
  assert.deepEqual(forgiven(live, run('r-2', { known: 12, suppressed: 1 })), [
    'NEW forgiven  build.sast: 12 findings known by the baseline, 3 more than what is live', 'forgiven  build.sast: 1 finding suppressed in the code',
  ]);
});

test('nothing forgiven is nothing to say, wherever in the output it stands', () => {
  assert.deepEqual(forgiven(undefined, run('r-1', { exitCode: 0, findings: { known: 0, suppressed: 0 } })), []);
  assert.deepEqual(forgiven(undefined, run('r-1', { exitCode: 0, findings: { known: 2, suppressed: 0 } })), ['forgiven  build.sast: 2 findings known by the baseline']);
});

const planned = (by: string[], atLeast: number, bakeMs: number): Plan => fixturePlan((stage) => stage.name !== 'prod' ? stage : {
  ...stage,
  waves: stage.waves.map((wave) => ({ ...wave, steps: wave.steps.map((step) => ({ ...step, bake: { ...step.bake, minTimeMs: bakeMs, maxTimeMs: bakeMs } })) })),
  actions: stage.actions.map((action) => (action.kind === 'approval' ? { ...action, input: { by, atLeast, expiresMs: 1_000_000 } } : action)),
});

test('every change of what guards a release is shown with its numbers, and a plan that widens who approves is said not to be followed', () => {
  const pinned: Operators = { ...operators, approvals: { prod: { groups: ['operators'], atLeast: 2 } } };
  const shown = lines(run('r-1', {}, planned(['operators'], 2, 600_000)), run('r-2', {}, planned(['interns'], 1, 60_000)), pinned);
  assert.equal(shown[0], 'run r-2 waits for approval by 2 of operators');
  assert.ok(shown.includes("PLAN WIDENS who approves: it asks for 1 of interns; the operator's rule holds: 2 of operators"), shown.join('\n'));
  assert.ok(shown.includes('APPROVAL  prod, action "approval", by: operators -> interns'), shown.join('\n'));
  assert.ok(shown.includes('APPROVAL  prod, action "approval", atLeast: 2 -> 1'), shown.join('\n'));
  assert.ok(shown.includes('WAVES     prod, wave "one", step 1, bake, minTime: 10 min -> 1 min'), shown.join('\n'));
});

test('where nothing of the plan changed, that is said, too', () => {
  assert.ok(lines(run('r-1', {}), run('r-2', {})).includes('changed   nothing in the plan since the live release'));
});

test('one person alone may approve what is their own, and it is said that no other looks at it', () => {
  const own = { ...run('r-1', {}), by: 'ann' };
  assert.ok(lines(undefined, own, { people: { ann: { groups: ['operators'] } } }).includes('may       ann: the only person who may, so no other looks at it'));
  const two = lines(undefined, own);
  assert.ok(two.includes('may       bob') && two.includes('may not   ann, who asked for this run'), two.join('\n'));
});

test('no crowd of harmless changes hides another: each subject has lines of its own', () => {
  const alarm = (name: string, above: number) => ({ name, signal: { type: 'rate' as const, counter: { metric: 'c', labels: {} } }, above, points: [1, 1] as [number, number], everyMs: 1_000, minRequests: 1 });
  const crowd = (above: number, bakeMs: number): Plan => fixturePlan((stage) => (stage.environment ? {
    ...stage, budgetMs: above * 1_000, waves: stage.waves.map((wave) => ({ ...wave, steps: wave.steps.map((step) => ({ ...step, bake: { ...step.bake, minTimeMs: bakeMs, maxTimeMs: bakeMs } })) })),
    environment: { ...stage.environment, alarms: Array.from({ length: 60 }, (_, index) => alarm(`a${index}`, above)), settings: Object.fromEntries(Array.from({ length: 500 }, (_, index) => [`NAME_${index}`, String(above)])) },
  } : stage));
  const shown = lines(run('r-1', {}, crowd(1, 600_000)), run('r-2', {}, crowd(2, 60_000)));
  assert.ok(shown.includes('WAVES     prod, wave "one", step 1, bake, minTime: 10 min -> 1 min'), shown.join('\n'));
  assert.equal(shown.filter((line) => line.startsWith('BUDGETS')).length, 3);
  assert.equal(shown.filter((line) => line.startsWith('ALARMS')).length, 20);
  assert.ok(shown.length < 120 && shown.some((line) => /^… and \d+ more/.test(line)), String(shown.length));
});
