import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { TrunklineError } from '../foundation/errors.ts';
import type { Plan } from '../pipeline/plan.ts';
import { pinnedRule, ruleAsked, ruleInForce, ruleSeen } from './approval-rule.ts';
import { approvalShown } from './approval-shown.ts';
import { fixturePlan, kindWorld } from './fixture.testing.ts';
import type { Operators } from './operators.ts';
import { Simulation } from './simulation.testing.ts';

const people = { ann: { groups: ['operators'] }, bob: { groups: ['operators'] }, cyd: { groups: ['operators'] }, ivy: { groups: ['interns'] } };
const operators: Operators = { people };

function asking(by: string[], atLeast: number, expiresMs = 1_000_000): Plan {
  return fixturePlan((stage) => (stage.name !== 'prod' ? stage : { ...stage, actions: stage.actions.map((action) => (action.kind === 'approval' ? { ...action, input: { by, atLeast, expiresMs } } : action)) }));
}

/** A pipeline whose every commit brings the next of these plans. */
function pipeline(...plans: readonly Plan[]) {
  let next = 0;
  const world = kindWorld();
  const it = new Simulation(plans[0]!, { ...world, end: (effect, plan) => {
    if (effect.type !== 'attempt' || effect.action.kind !== 'plan') return world.end(effect, plan);
    return { state: 'passed', output: {}, plan: plans[Math.min(next++, plans.length - 1)]! };
  } });
  return it;
}

function refused(act: () => unknown, code: string, says = /./): void {
  assert.throws(act, (error) => error instanceof TrunklineError && error.record.code === code && says.test(error.message));
}

test('the first plan that is adopted pins who approves, and a later commit can not name others', () => {
  const it = pipeline(asking(['operators'], 2), asking(['interns'], 1));
  const first = it.push('a');
  it.advanceTo(10);
  assert.deepEqual(pinnedRule(it.state), { groups: ['operators'], atLeast: 2, ownChanges: 'refused' });
  for (const user of ['ann', 'bob']) it.ask({ type: 'approve', run: first }, { user, operators });
  it.advanceTo(20);
  assert.equal(it.finished(first)?.outcome, 'SUCCEEDED');

  const second = it.push('a small fix');
  it.advanceTo(30);
  const { requested } = it.state.runs.get(second)!.approval!;
  assert.deepEqual([requested.by, requested.atLeast], [['operators'], 2], 'the request itself names the pinned rule');
  refused(() => it.ask({ type: 'approve', run: second }, { user: 'ivy', operators }), 'NOT_AUTHORISED');
  it.ask({ type: 'approve', run: second }, { user: 'ann', operators });
  it.advanceTo(40);
  assert.equal(it.finished(second), undefined, 'one is not enough, whatever the plan says');
  const shown = approvalShown(it.state, it.state.runs.get(second)!, operators);
  assert.deepEqual([shown.rule.widens, shown.rule.asked], [true, { groups: ['interns'], atLeast: 1 }]);
  it.ask({ type: 'approve', run: second }, { user: 'bob', operators });
  it.advanceTo(50);
  assert.equal(it.finished(second)?.outcome, 'SUCCEEDED');
});

test('a plan narrows and never widens, whatever it asks for', () => {
  const groups = fc.uniqueArray(fc.constantFrom<string>('operators', 'leads', 'interns'), { minLength: 1 });
  fc.assert(fc.property(groups, fc.integer({ min: 1, max: 5 }), groups, fc.integer({ min: 1, max: 5 }), (pinned, least, by, atLeast) => {
    const rule = ruleInForce({ groups: pinned, atLeast: least }, { by, atLeast });
    assert.ok(rule.groups.length > 0 && rule.groups.every((group) => pinned.includes(group)));
    assert.ok(rule.atLeast >= least);
    assert.equal(rule.widens, by.some((group) => !pinned.includes(group)) || atLeast < least);
  }));
  assert.deepEqual(ruleInForce({ groups: ['operators', 'leads'], atLeast: 1 }, { by: ['leads'], atLeast: 2 }).groups, ['leads']);
});

test('rights are read at the moment of the decision: a right that is gone, a group that is new, a minimum that was raised', () => {
  const it = pipeline(asking(['operators'], 1));
  const run = it.push('a');
  it.advanceTo(10);
  refused(() => it.ask({ type: 'approve', run }, { user: 'ann', operators: { people: { bob: people.bob } } }), 'NOT_AUTHORISED');
  const two: Operators = { people, approvals: { prod: { groups: ['operators'], atLeast: 2 } } };
  it.ask({ type: 'approve', run }, { user: 'ann', operators: two });
  it.advanceTo(20);
  assert.equal(it.finished(run), undefined, 'the operator asks for two by now');
  refused(() => it.ask({ type: 'approve', run }, { user: 'ivy', operators: two }), 'NOT_AUTHORISED');
  // Ann leaves the group: what she gave counts no longer.
  const { ann: _gone, ...left } = people;
  it.ask({ type: 'approve', run }, { user: 'bob', operators: { ...two, people: left } });
  it.advanceTo(30);
  assert.deepEqual(it.state.runs.get(run)!.approval!.given.map(({ by }) => by), ['bob']);
  assert.equal(it.finished(run), undefined);
  it.ask({ type: 'approve', run }, { user: 'cyd', operators: { ...two, people: left } });
  it.advanceTo(40);
  assert.equal(it.finished(run)?.outcome, 'SUCCEEDED');
});

test('whoever asked for the run may not approve it where another could, also under another name', () => {
  const it = pipeline(asking(['operators'], 1));
  it.report({ type: 'trunk-seen', commits: [{ id: 'c'.repeat(40), tree: 't', subject: 's', author: 'someone', reverts: [] }] });
  const run = it.ask({ type: 'run', commit: 'c'.repeat(40), again: false }, { user: 'ann', operators });
  it.advanceTo(10);
  refused(() => it.ask({ type: 'approve', run }, { user: 'ann', operators }), 'OWN_CHANGE', /ann may not approve this release: ann asked for this run/);
  const posing: Operators = { people: { ...people, bob: { groups: ['operators'], actedBy: ['ann'] } } };
  refused(() => it.ask({ type: 'approve', run, as: 'bob' }, { user: 'ann', operators: posing }), 'OWN_CHANGE', /ann as bob may not/);
  assert.equal(it.state.runs.get(run)!.approval!.given.length, 0);
  it.ask({ type: 'approve', run }, { user: 'ann', operators: { people: { ann: people.ann } } });
  it.advanceTo(20);
  assert.equal(it.finished(run)?.outcome, 'SUCCEEDED', 'one person alone may');
});

test('an operator may allow own changes, and only in the file', () => {
  const it = pipeline(asking(['operators'], 1));
  it.report({ type: 'trunk-seen', commits: [{ id: 'c'.repeat(40), tree: 't', subject: 's', author: 'ann <ann@example.org>', reverts: [] }] });
  const run = it.ask({ type: 'run', commit: 'c'.repeat(40), again: false }, { user: 'ann', operators });
  it.advanceTo(10);
  it.ask({ type: 'approve', run }, { user: 'ann', operators: { people, approvals: { prod: { groups: ['operators'], atLeast: 1, ownChanges: 'allowed' } } } });
  it.advanceTo(20);
  assert.equal(it.finished(run)?.outcome, 'SUCCEEDED');
});

for (const [how, commit, emails] of [
  ['by an address that the operator lists', { author: 'A. N. Other <Nina@Home.example>' }, ['nina@home.example']],
  ['by the name', { author: 'Ann <x@example.org>' }, []],
  ['by the part before the @', { author: 'Somebody <ann@work.example>' }, []],
  ['who committed it', { author: 'x <x@y>', contributors: ['ann <ann@y>'] }, []],
  ['of what it merges', { author: 'x <x@y>', contributors: ['z <z@y>', 'Ann <a@y>'] }, []],
] as const) {
  test(`an author of any commit of the release may not approve it: ${how}`, () => {
    const it = pipeline(asking(['operators'], 1));
    const commits = ['1', '2'].map((digit) => ({ id: digit.repeat(40), tree: 't', subject: 's', author: 'someone <s@example.org>', reverts: [] }));
    it.report({ type: 'trunk-seen', commits: [{ ...commits[0]!, ...commit }, commits[1]!] });
    const run = it.ask({ type: 'run', commit: '2'.repeat(40), again: false }, { user: 'trunkline', operators });
    it.advanceTo(10);
    const known: Operators = { people: { ...people, ann: { groups: ['operators'], emails: [...emails] } } };
    refused(() => it.ask({ type: 'approve', run }, { user: 'ann', operators: known }), 'OWN_CHANGE', /wrote a part of 111111111111/);
    it.ask({ type: 'approve', run }, { user: 'bob', operators: known });
    it.advanceTo(20);
    assert.equal(it.finished(run)?.outcome, 'SUCCEEDED');
  });
}

test('what is approved is what was shown: another rule, and the approval is refused', () => {
  const it = pipeline(asking(['operators'], 1));
  const run = it.push('a');
  it.advanceTo(10);
  const seen = approvalShown(it.state, it.state.runs.get(run)!, operators).digest;
  const raised: Operators = { people, approvals: { prod: { groups: ['operators'], atLeast: 2 } } };
  refused(() => it.ask({ type: 'approve', run, shown: seen }, { user: 'ann', operators: raised }), 'APPROVAL_STALE');
  it.ask({ type: 'approve', run, shown: seen }, { user: 'ann', operators });
  assert.equal(it.state.runs.get(run)!.approval!.given[0]!.shown, seen);
});

test('what an operator changes in the file is journalled once, by whom it is known', () => {
  const it = pipeline(asking(['operators'], 1));
  it.push('a');
  it.advanceTo(10);
  const changed: Operators = { people, approvals: { prod: { groups: ['operators', 'leads'], atLeast: 2 } } };
  const [event] = ruleSeen(it.state, changed, 5);
  assert.deepEqual(event, { type: 'approval-rule-set', at: 5, environment: 'prod', groups: ['operators', 'leads'], atLeast: 2, ownChanges: 'refused', by: 'operators.json' });
  it.state.approvalRule = changed.approvals!.prod!;
  assert.deepEqual(ruleSeen(it.state, changed, 6), []);
});

test('an operator changes a part of the rule, and whoever `roles` does not name changes nothing', () => {
  const it = pipeline(asking(['operators'], 1));
  it.push('a');
  it.advanceTo(10);
  assert.deepEqual(ruleAsked(it.state, operators, { type: 'approvers', atLeast: 3 }, 'ann'), { groups: ['operators'], atLeast: 3, ownChanges: 'refused' });
  refused(() => ruleAsked(it.state, { people, roles: { approvers: ['bob'] } }, { type: 'approvers', atLeast: 3 }, 'ann'), 'NOT_AUTHORISED');
});
