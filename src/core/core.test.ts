import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { TrunklineError } from '../foundation/errors.ts';
import { fixturePlan, kindWorld } from './fixture.testing.ts';
import { owed } from './owed.ts';
import { Simulation, type World } from './simulation.testing.ts';

function refused(act: () => unknown, code: string): void {
  assert.throws(act, (error) => error instanceof TrunklineError && error.record.code === code);
}

test('vector C1: with Build in parallel, the newest commit waits for Beta and ends the ones that wait before it', () => {
  const it = new Simulation(fixturePlan(), kindWorld({ code: 10, tests: 30 }));
  const [r1, r2, r3, r4] = [0, 5, 8, 12].map((at, index) => (it.advanceTo(at), it.push(`c${index + 1}`))) as [string, string, string, string];
  it.advanceTo(45);
  assert.deepEqual([r1, r2, r3, r4].map((run) => it.entered(run, 'beta')), [10, undefined, undefined, 40]);
  assert.deepEqual([it.finished(r2)?.at, it.finished(r2)?.supersededBy], [18, r3]);
  assert.deepEqual([it.finished(r3)?.at, it.finished(r3)?.supersededBy], [22, r4]);
});

test('vector C2: with Build locked, a commit is superseded before Build', () => {
  const locked = fixturePlan((stage) => (stage.name === 'build' ? { ...stage, mode: 'superseded' } : stage));
  const it = new Simulation(locked, kindWorld({ code: 10, tests: 30 }));
  const [r1, r2, r3, r4] = [0, 5, 8, 12].map((at, index) => (it.advanceTo(at), it.push(`c${index + 1}`))) as [string, string, string, string];
  it.advanceTo(45);
  assert.equal(it.finished(r2)?.at, 8);
  assert.deepEqual([it.entered(r3, 'build'), it.entered(r4, 'build')], [10, 20]);
  assert.equal(it.finished(r3)?.at, 30);
  assert.deepEqual([it.entered(r1, 'beta'), it.entered(r4, 'beta')], [10, 40]);
});

test('vector C3: an older commit whose build ends late is superseded on arrival', () => {
  const slow: World = { ...kindWorld({ tests: 30 }), duration: (effect) => {
    if (effect.type !== 'attempt') return 0;
    return effect.action.name === 'code' ? (it.state.runs.get(effect.run)?.sequence === 1 ? 25 : 10) : effect.action.name === 'tests' ? 30 : 0;
  } };
  const it = new Simulation(fixturePlan(), slow);
  it.advanceTo(5);
  const r2 = it.push('c2');
  it.advanceTo(8);
  const r3 = it.push('c3');
  it.advanceTo(31);
  assert.equal(it.entered(r3, 'beta'), 18);
  assert.deepEqual([it.finished(r2)?.outcome, it.finished(r2)?.at], ['SUPERSEDED', 30]);
});

test('in queued mode every run enters in the order of its arrival', () => {
  const it = new Simulation(fixturePlan((stage) => (stage.name === 'beta' ? { ...stage, mode: 'queued' } : stage)), kindWorld({ tests: 30 }));
  const runs = ['a', 'b', 'c'].map((name) => it.push(name));
  it.advanceTo(100);
  assert.deepEqual(runs.map((run) => it.entered(run, 'beta')), [0, 30, 60]);
});

test('a stage whose evidence can not be signed, because the artifact is not what it was, fails and goes back', () => {
  const error = { code: 'BLOB_CORRUPT', class: 'refused', message: 'the manifest is corrupt' } as const;
  const it = new Simulation(fixturePlan(), kindWorld({ stage: 10 }));
  const run = it.push('a');
  it.advanceTo(15); // Build is signed; Beta is deployed and waits for its signature
  it.report({ type: 'attest-refused', run, stage: 'beta', error });
  it.report({ type: 'attest-refused', run, stage: 'beta', error });
  it.advanceTo(20);
  const { outcome, error: why, rolledBack } = it.finished(run)!;
  assert.deepEqual([outcome, why, rolledBack], ['FAILED', error, true]);
  assert.deepEqual(owed(it.state), []);
  const approving = new Simulation(fixturePlan(), kindWorld({ approval: 10 }));
  const waiting = approving.push('a');
  approving.advanceTo(5);
  approving.ask({ type: 'approve', run: waiting });
  approving.report({ type: 'attest-refused', run: waiting, stage: 'prod', error });
  assert.deepEqual([approving.finished(waiting)?.outcome, approving.finished(waiting)?.error], ['FAILED', error]);
  approving.ask({ type: 'retry', run: waiting, actions: 'failed' }, { user: 'bob' });
  approving.advanceTo(10);
  approving.ask({ type: 'approve', run: waiting });
  approving.advanceTo(30);
  assert.equal(approving.finished(waiting)?.outcome, 'SUCCEEDED');
});

test('a run waits for approval in Prod and goes on when an operator gives it', () => {
  const it = new Simulation(fixturePlan(), kindWorld());
  const run = it.push('a');
  it.advanceTo(10);
  assert.equal(it.finished(run), undefined);
  refused(() => it.ask({ type: 'approve', run }, { user: 'eve' }), 'NOT_AUTHORISED');
  refused(() => it.ask({ type: 'approve', run, as: 'ann' }, { user: 'eve' }), 'NOT_AUTHORISED');
  refused(() => it.ask({ type: 'approve', run, evidence: 'sha256:other' }), 'APPROVAL_STALE');
  it.ask({ type: 'approve', run });
  it.advanceTo(20);
  assert.equal(it.finished(run)?.outcome, 'SUCCEEDED');
  assert.deepEqual([...it.state.live.keys()], ['beta/one', 'gamma/one', 'gamma/two', 'prod/one', 'prod/two']);
});

test('whoever approves a run that waits behind another is told which one is in front', () => {
  const it = new Simulation(fixturePlan(), kindWorld());
  const first = it.push('a');
  it.advanceTo(10);
  const second = it.push('b');
  it.advanceTo(20);
  assert.throws(() => it.ask({ type: 'approve', run: second }), (error: Error) => error.message.includes(`it waits for prod, where run ${first} is`));
});

test('one user who acts under two names approves once', () => {
  const plan = fixturePlan((stage) => (stage.name !== 'prod' ? stage : { ...stage, actions: stage.actions.map((action) => (action.kind === 'approval' ? { ...action, input: { by: ['operators'], atLeast: 2, expiresMs: 1_000 } } : action)) }));
  const it = new Simulation(plan, kindWorld());
  const run = it.push('a');
  it.advanceTo(10);
  const operators = { people: { ann: { groups: ['operators'] }, other: { groups: ['operators'], actedBy: ['ann'] } } };
  it.ask({ type: 'approve', run }, { operators });
  it.ask({ type: 'approve', run, as: 'other' }, { operators });
  it.advanceTo(20);
  assert.equal(it.finished(run), undefined);
  assert.equal(it.state.runs.get(run)?.approval?.given.length, 1);
});

test('a rejected run ends REJECTED, and one that nobody approves ends EXPIRED', () => {
  const it = new Simulation(fixturePlan(), kindWorld());
  const first = it.push('a');
  it.advanceTo(10);
  it.ask({ type: 'reject', run: first, reason: 'not today', defect: false });
  assert.deepEqual([it.finished(first)?.outcome, it.finished(first)?.rejectReason], ['REJECTED', 'not-now']);
  const second = it.push('b');
  it.advanceTo(2_000_000);
  assert.equal(it.finished(second)?.outcome, 'EXPIRED');
});

test('a test that fails in Gamma puts the previous release back and frees the stage', () => {
  const world = kindWorld();
  const it = new Simulation(fixturePlan(), { ...world, end: (effect, plan) => (effect.type === 'attempt' && effect.action.name === 'watch'
    ? { state: 'failed', error: { code: 'ALARM', class: 'code', message: 'errors above 1 %' } } : world.end(effect, plan)) });
  const run = it.push('a');
  it.advanceTo(10);
  assert.deepEqual([it.finished(run)?.outcome, it.finished(run)?.rolledBack, it.finished(run)?.cause], ['FAILED', true, 'rollback']);
  assert.equal(it.events.filter((event) => event.type === 'rollout' && event.fact.type === 'restored').length, 2);
  assert.equal(it.state.stages.gamma.holder, undefined);
});

test('what fails because of the machinery is tried again; what fails because of the change is not', () => {
  for (const [kind, attempts] of [['infra', 2], ['code', 1]] as const) {
    const world = kindWorld();
    const it = new Simulation(fixturePlan(), { ...world, end: (effect, plan) => (effect.type === 'attempt' && effect.action.name === 'unit-tests'
      ? { state: 'failed', error: { code: 'X', class: kind, message: 'no' } } : world.end(effect, plan)) });
    const run = it.push('a');
    it.advanceTo(1_000);
    assert.equal(it.finished(run)?.outcome, 'FAILED');
    assert.equal(it.state.runs.get(run)?.stages.build?.actions['unit-tests']?.attempt, attempts);
  }
});

test('an action that fails stops what runs beside it', () => {
  const world = kindWorld({ package: 50 });
  const it = new Simulation(fixturePlan(), { ...world, end: (effect, plan) => (effect.type === 'attempt' && effect.action.name === 'unit-tests'
    ? { state: 'failed', error: { code: 'X', class: 'code', message: 'no' } } : world.end(effect, plan)) });
  const run = it.push('a');
  it.advanceTo(5);
  assert.equal(it.state.runs.get(run)?.stages.build?.actions['package']?.state, 'cancelled');
  assert.equal(it.finished(run)?.at, 0);
});

test('a retry keeps the artifact and begins the failed stage anew', () => {
  let fail = true;
  const world = kindWorld();
  const it = new Simulation(fixturePlan(), { ...world, end: (effect, plan) => (fail && effect.type === 'attempt' && effect.action.name === 'tests'
    ? { state: 'failed', error: { code: 'X', class: 'code', message: 'no' } } : world.end(effect, plan)) });
  const run = it.push('a');
  it.advanceTo(5);
  assert.equal(it.finished(run)?.outcome, 'FAILED');
  fail = false;
  it.ask({ type: 'retry', run, actions: 'failed' }, { user: 'bob' });
  it.advanceTo(10);
  it.ask({ type: 'approve', run });
  it.advanceTo(20);
  assert.deepEqual([it.finished(run)?.outcome, it.finished(run)?.attempt], ['SUCCEEDED', 2]);
  assert.equal(it.events.filter(({ type }) => type === 'artifact-packaged').length, 1);
});

test('the same commit again is the same run while it is under way, and a word once it is released', () => {
  const it = new Simulation(fixturePlan(), kindWorld({ code: 10 }));
  const run = it.push('a');
  assert.equal(it.push('a'), run);
  it.advanceTo(20);
  it.ask({ type: 'approve', run });
  it.advanceTo(30);
  assert.equal(it.push('a'), run);
  assert.equal(it.state.runs.size, 1);
});

test('a rollback goes before all others, puts the release before back and counts as no release of its own', () => {
  const it = new Simulation(fixturePlan(), kindWorld());
  for (const name of ['a', 'b']) {
    const run = it.push(name);
    it.advanceTo(it.now + 10);
    it.ask({ type: 'approve', run });
    it.advanceTo(it.now + 10);
  }
  const before = [...it.state.runs.values()][0];
  const back = it.ask({ type: 'rollback', reason: 'customers complain' });
  it.advanceTo(it.now + 10);
  assert.equal(it.finished(back)?.outcome, 'SUCCEEDED');
  assert.equal(it.state.live.get('prod/one')?.artifact, before?.artifact);
  assert.equal(it.state.live.get('prod/one')?.run, back);
});

test('a commit that left the trunk is stopped before Prod', () => {
  const it = new Simulation(fixturePlan(), kindWorld({ code: 10 }));
  const run = it.push('a');
  const commit = it.state.runs.get(run)?.commit ?? '';
  it.report({ type: 'trunk-seen', commits: [{ id: 'f'.repeat(40), tree: 'x', subject: 'other', author: 'a', reverts: [] }], rewritten: { from: commit, to: 'f'.repeat(40), orphaned: [commit] } });
  it.advanceTo(5);
  assert.equal(it.finished(run)?.outcome, 'STOPPED');
  refused(() => it.ask({ type: 'run', commit, again: true }), 'NOT_ON_TRUNK');
});

test('no stage ever has two runs inside, every run ends once, and replaying the journal gives the state', () => {
  const step = fc.oneof(
    fc.record({ do: fc.constant('push' as const), name: fc.integer({ min: 0, max: 30 }) }),
    fc.record({ do: fc.constant('wait' as const), time: fc.integer({ min: 0, max: 40 }) }),
    fc.record({ do: fc.constantFrom('approve' as const, 'cancel' as const, 'retry' as const, 'rollback' as const, 'crash' as const), pick: fc.nat(5) }),
  );
  fc.assert(fc.property(fc.array(step, { maxLength: 30 }), fc.func(fc.integer({ min: 0, max: 30 })), fc.func(fc.integer({ min: 0, max: 9 })), (steps, durations, chance) => {
    const world = kindWorld();
    const it: Simulation = new Simulation(fixturePlan(), {
      duration: (effect) => durations(effect.key),
      end: (effect, plan) => (chance(effect.key) === 0 ? { state: 'failed', error: { code: 'X', class: 'code', message: 'no' } } : world.end(effect, plan)),
    }, 2);
    for (const each of steps) {
      try {
        if (each.do === 'push') it.push(`c${each.name}`);
        else if (each.do === 'wait') it.advanceTo(it.now + each.time);
        else if (each.do === 'crash') it.crash();
        else if (each.do === 'rollback') it.ask({ type: 'rollback', reason: 'test' });
        else {
          const run = [...it.state.runs.keys()].at(-1 - each.pick);
          if (run === undefined) continue;
          if (each.do === 'approve') it.ask({ type: 'approve', run }, { user: 'bob' });
          else if (each.do === 'cancel') it.ask({ type: 'cancel', run, reason: 'test' });
          else it.ask({ type: 'retry', run, actions: 'failed' });
        }
      } catch (error) {
        if (!(error instanceof TrunklineError)) throw error;
      }
      const inside = owed(it.state).filter(({ type, stage }) => type === 'rollout' && stage !== 'build').map(({ stage, run }) => `${stage} ${run}`);
      for (const stage of ['beta', 'gamma', 'prod']) assert.ok(new Set(inside.filter((place) => place.startsWith(stage))).size <= 1, 'two deploy at once');
    }
    it.advanceTo(it.now + 10_000_000);
    for (const run of it.state.runs.values()) assert.ok(run.finished, `run ${run.id} never ended`);
    for (const run of it.state.runs.keys()) {
      const ends = it.events.filter((event) => event.type === 'run-finished' && event.run === run);
      assert.equal(new Set(ends.map((event) => ('attempt' in event ? event.attempt : 0))).size, ends.length, 'an attempt ended twice');
    }
    assert.equal(it.state.stages.beta.holder ?? it.state.stages.gamma.holder ?? it.state.stages.prod.holder, undefined);
  }), { numRuns: 200 });
});

function released(...names: readonly string[]): Simulation {
  const it = new Simulation(fixturePlan(), kindWorld());
  for (const name of names) {
    const run = it.push(name);
    it.advanceTo(it.now + 10);
    it.ask({ type: 'approve', run });
    it.advanceTo(it.now + 10);
  }
  return it;
}

test('a rollback of what was taken down is refused at once, with what to do', () => {
  const it = released('a', 'b');
  for (const [place, live] of it.state.live) if (place.startsWith('prod/')) it.state.live.set(place, { ...live, removedAt: it.now });
  assert.throws(() => it.ask({ type: 'rollback', reason: 'too late' }), (error) => error instanceof TrunklineError && error.record.code === 'NOTHING_LIVE' && /run --again/.test(error.record.hint ?? ''));
  const [place, live] = [...it.state.live].find(([name]) => name.startsWith('prod/'))!;
  it.state.live.set(place, { ...live, removedAt: undefined as never });
  assert.match(it.ask({ type: 'rollback', reason: 'one region is up' }), /^r-/);
});

test('whoever can reach the state folder may stop and retry a run, until the operator names others', () => {
  const people = { ada: { groups: ['operators', 'on-call'] }, bob: { groups: [] } };
  const open = released('a');
  const run = open.push('b');
  assert.equal(open.ask({ type: 'cancel', run, reason: 'no' }, { user: 'bob', operators: { people } }), run);
  for (const [role, command] of [['cancel', { type: 'cancel', reason: 'no' }], ['retry', { type: 'retry', actions: 'failed' }], ['resume', { type: 'resume' }], ['rollback', { type: 'rollback', reason: 'no' }]] as const) {
    const it = released('a', 'b');
    const other = it.push('c');
    const asked = (user: string) => ({ user, operators: { people, roles: { [role]: ['on-call', 'carol'] } } });
    const codeFor = (user: string): string => {
      try {
        it.ask({ run: other, ...command } as never, asked(user));
        return 'done';
      } catch (error) {
        return error instanceof TrunklineError ? error.record.code : String(error);
      }
    };
    assert.equal(codeFor('bob'), 'NOT_AUTHORISED', role);
    assert.notEqual(codeFor('ada'), 'NOT_AUTHORISED', `${role} by a group`);
    assert.notEqual(codeFor('carol'), 'NOT_AUTHORISED', `${role} by name`);
  }
});
