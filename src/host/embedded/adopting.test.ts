import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import type { ActionKind } from '../../actions/action.ts';
import { playwright } from '../../actions/acceptance/playwright.ts';
import { alarms } from '../../actions/alarms/alarms.ts';
import { dbmate } from '../../actions/database/dbmate.ts';
import { cucumber } from '../../actions/integration/cucumber.ts';
import { launch } from '../../actions/launch/launch.ts';
import { archive } from '../../actions/package/archive.ts';
import { probes } from '../../actions/probes/probes.ts';
import { npmSbom } from '../../actions/sbom/npm-sbom.ts';
import { shell } from '../../actions/shell/shell.ts';
import { z } from 'zod';
import { kindWorld } from '../../core/fixture.testing.ts';
import { owed, wakeAt } from '../../core/owed.ts';
import { Simulation } from '../../core/simulation.testing.ts';
import { TrunklineError } from '../../foundation/errors.ts';
import type { Json } from '../../foundation/units.ts';
import type { Event } from '../../journal/events.ts';
import { spec } from '../../pipeline/fixture.testing.ts';
import { application, type Plan } from '../../pipeline/index.ts';
import { TESTING_KINDS } from '../../pipeline/kinds.ts';
import { parsePlan } from '../../pipeline/plan.ts';
import { LONGEST } from '../../pipeline/shape.ts';
import { adopted } from './adopting.ts';

const own = (kind: string): ActionKind => ({ ...launch, kind, input: z.strictObject({}) });
const kinds: ReadonlyMap<string, ActionKind> = new Map([shell, npmSbom, archive, launch, dbmate, cucumber, playwright, alarms, probes, own('verify'), own('plan'), own('commit'), own('authorise')].map((kind) => [kind.kind, kind as ActionKind]));
const good = application('orders', spec) as unknown as Json;
const forged = (change: (copy: Plan) => void): Json => {
  const copy = structuredClone(good);
  change(copy as unknown as Plan);
  return copy;
};
const refused = (value: Json, text: RegExp): void => assert.throws(() => adopted(value, kinds), (error) => error instanceof TrunklineError && error.record.code === 'PLAN_INVALID' && text.test(error.message), `accepted, though ${text}`);
const stage = (plan: Plan, name: string) => plan.stages.find((each) => each.name === name)!;
const action = (plan: Plan, kind: string) => plan.stages.flatMap(({ actions }) => actions).find((each) => each.kind === kind)!;

test('the plan of the authoring functions is adopted as it is', () => {
  assert.deepEqual(adopted(good, kinds), good);
});

test('what would change the plan or the artifact after Build has no place there', () => {
  const again = (kind: string, row: string) => (plan: Plan) => void stage(plan, 'prod').actions.push({ ...action(plan, 'probes'), name: 'again', kind, row: row as never, input: {}, needs: ['verify'] });
  refused(forged(again('plan', 'prod.synthetic-tests')), /kind plan has no place in prod/);
  refused(forged(again('archive', 'prod.synthetic-tests')), /kind archive has no place in prod/);
  refused(forged(again('authorise', 'prod.synthetic-tests')), /no action of kind "authorise"/);
  refused(forged(again('no-such-thing', 'prod.synthetic-tests')), /no action of kind "no-such-thing"/);
  refused(forged((plan) => void stage(plan, 'build').actions.push({ ...action(plan, 'archive'), name: 'another' })), /one action packages/);
});

test('a locked stage is never parallel, and an approval says who, how many and for how long', () => {
  for (const name of ['beta', 'gamma', 'prod']) refused(forged((plan) => { stage(plan, name).mode = 'parallel'; }), new RegExp(`${name} lets one run in`));
  for (const input of [{}, { by: ['a'], atLeast: 0, expiresMs: 1 }, { by: [], atLeast: 1, expiresMs: 1 }, { by: ['a'], atLeast: 1, expiresMs: 2 ** 31 }, 'yes']) {
    refused(forged((plan) => { action(plan, 'approval').input = input; }), /prod\.approval/);
  }
  refused(forged((plan) => { action(plan, 'probes').input = { atLeast: 0 }; }), /atLeast/);
});

test('no time is longer than a timer can be set for', () => {
  refused(forged((plan) => { action(plan, 'shell').timeoutMs = 2 ** 31; }), /write at most 24d/);
  refused(forged((plan) => { stage(plan, 'beta').environment!.startTimeoutMs = 2 ** 31; }), /write at most 24d/);
  refused(forged((plan) => { action(plan, 'shell').retry.backoffMs = 3_600_001; }), /write at most 1h/);
});

test('what tests a release needs the deployment, which needs the migration', () => {
  refused(forged((plan) => { action(plan, 'cucumber').needs = ['verify']; }), /would look at the release that is there already/);
  refused(forged((plan) => { stage(plan, 'prod').actions.find(({ kind }) => kind === 'rollout')!.needs = ['launch']; }), /ready for it/);
});

/** Every place in a value: an object or list, and a key of it. */
function places(value: Json, found: [{ [key: string]: Json }, string][] = []): [{ [key: string]: Json }, string][] {
  if (typeof value !== 'object' || value === null) return found;
  for (const key of Object.keys(value)) {
    found.push([value as { [key: string]: Json }, key]);
    places((value as { [key: string]: Json })[key] as Json, found);
  }
  return found;
}

const strange = fc.constantFrom<Json>(0, -1, 1, 0.5, 2, 100, 10_000, 2 ** 31, 2 ** 53, 1e21, Number.NaN, Number.POSITIVE_INFINITY, '', 'plan', 'archive', 'shell', 'rollout', 'approval', 'verify', 'launch', 'authorise', 'parallel', 'queued',
  'prod', 'beta', 'build', 'source', 'deploy', 'one', 'eu-west', 'prod.deploy', 'build.package', '/x/', null, true, {}, []);
const mutation = fc.tuple(fc.nat(), fc.constantFrom('set', 'remove', 'repeat', 'swap', 'empty'), strange, fc.nat());

function mutate(plan: Json, [at, how, value, other]: [number, string, Json, number]): void {
  const all = places(plan);
  const [holder, key] = all[at % all.length]!;
  const [otherHolder, otherKey] = all[other % all.length]!;
  if (how === 'set') holder[key] = structuredClone(value);
  else if (how === 'remove' && Array.isArray(holder)) holder.splice(Number(key), 1);
  else if (how === 'remove') delete holder[key];
  else if (how === 'repeat' && Array.isArray(holder)) holder.push(structuredClone(holder[Number(key)]) as Json);
  else if (how === 'empty' && typeof holder[key] === 'object') holder[key] = Array.isArray(holder[key]) ? [] : {};
  else holder[key] = structuredClone(otherHolder[otherKey]) as Json;
}

/** Two commits with this plan on their way to production, approved by whoever may. */
function released(plan: Plan): Simulation {
  const it = new Simulation(plan, kindWorld({ code: 3, probes: 2 }));
  const groups = [...new Set(plan.stages.flatMap(({ actions }) => actions.flatMap(({ input }) => (input as { by?: string[] } | null)?.by ?? [])))];
  const people = Object.fromEntries(Array.from({ length: 100 }, (_, index) => [`p${index}`, { groups }]));
  const runs = [it.push('a'), it.push('b')];
  for (let round = 0; round < 5; round += 1) {
    it.advanceTo(it.now + 50);
    for (const run of runs) for (const user of Object.keys(people)) {
      const approval = it.state.runs.get(run)?.approval;
      if (approval && !it.finished(run) && approval.given.length < approval.requested.atLeast) it.ask({ type: 'approve', run }, { user, operators: { people } });
    }
  }
  it.advanceTo(it.now + 2 * LONGEST);
  return it;
}

function holds(plan: Plan, { events, state }: Simulation): void {
  const before = (run: string, at: number, is: (event: Event) => boolean): readonly Event[] => events.slice(0, at).filter((event) => 'run' in event && event.run === run && is(event));
  const holder = new Map<string, string>();
  for (const [at, event] of events.entries()) {
    if (event.type === 'stage-entered' && event.stage !== 'source' && event.stage !== 'build') {
      assert.equal(holder.get(event.stage), undefined, `two runs in ${event.stage}`);
      holder.set(event.stage, event.run);
    }
    if (event.type === 'stage-passed' || event.type === 'stage-failed') holder.delete(event.stage);
    if (event.type === 'rollout-started') {
      const verify = stage(plan, event.stage).actions.find(({ kind }) => kind === 'verify')!;
      assert.equal(before(event.run, at, (each) => each.type === 'action-passed' && each.stage === event.stage && each.action === verify.name).length, 1, 'deployed before it was verified');
      if (event.stage === 'prod') assert.ok(before(event.run, at, (each) => each.type === 'approval-given').length >= 1, 'in production without approval');
    }
    if (event.type === 'action-started') {
      const { kind, needs } = stage(plan, event.stage)?.actions.find(({ name }) => name === event.action) ?? { kind: '', needs: [] };
      if (TESTING_KINDS.has(kind)) assert.ok(needs.length > 0 && before(event.run, at, (each) => each.type === 'rollout-started' && each.stage === event.stage).length > 0, 'tested before it was deployed');
    }
  }
  for (const run of state.runs.keys()) {
    for (const type of ['plan-adopted', 'artifact-packaged'] as const) assert.ok(before(run, events.length, (event) => event.type === type).length <= 1, `${type} twice`);
    assert.ok(state.runs.get(run)?.finished, 'a run never ended');
  }
  for (const [place, key] of places(plan as unknown as Json)) if (key.endsWith('Ms')) assert.ok((place[key] as number) >= 0 && (place[key] as number) <= LONGEST);
  assert.deepEqual([owed(state), wakeAt(state)], [[], undefined]);
}

test('a plan that was changed anywhere is refused with a reason, or leads to runs that hold what every run must', () => {
  const seen = { refused: 0, ran: 0 };
  fc.assert(fc.property(fc.array(mutation, { minLength: 1, maxLength: 4 }), (mutations) => {
    const value = structuredClone(good);
    for (const each of mutations) mutate(value, each);
    let plan: Plan;
    try {
      plan = adopted(value, kinds);
    } catch (error) {
      assert.ok(error instanceof TrunklineError && error.record.code === 'PLAN_INVALID' && error.message.length > 30, String((error as Error).stack));
      seen.refused += 1;
      return;
    }
    seen.ran += 1;
    holds(plan, released(plan));
  }), { numRuns: 1_000 });
  assert.ok(seen.refused > 100 && seen.ran > 20, JSON.stringify(seen));
});

test('a plan of the right shape that no rule has judged fails its run at the worst, and never the host', () => {
  let ran = 0;
  fc.assert(fc.property(fc.array(mutation, { minLength: 1, maxLength: 3 }), (mutations) => {
    const value = structuredClone(good);
    for (const each of mutations) mutate(value, each);
    let plan: Plan;
    try {
      plan = parsePlan(value);
    } catch {
      return;
    }
    const it = new Simulation(plan, kindWorld());
    const run = it.push('a');
    it.advanceTo(100);
    ran += 1;
    const approvable = plan.stages.some(({ actions }) => actions.some(({ kind }) => kind === 'approval'));
    assert.ok(!approvable || it.finished(run)?.outcome !== 'SUCCEEDED', 'nobody approved it');
  }), { numRuns: 1_000 });
  assert.ok(ran > 20, String(ran));
});
