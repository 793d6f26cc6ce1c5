import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { canonicalJson } from '../foundation/digest.ts';
import type { Json } from '../foundation/units.ts';
import { spec } from './fixture.testing.ts';
import { application, approval, canary, wave } from './index.ts';
import type { Plan } from './plan.ts';
import { changeText, exactDuration, planChanges } from './plan-changes.ts';

type Tree = { [key: string]: Tree } | Tree[] | string | number | boolean | null;
const plan = application('orders', spec);

/** The places of all values that hold no others, but of those that say which thing is meant. */
function leaves(value: Tree, path: readonly (string | number)[] = []): (readonly (string | number)[])[] {
  if (typeof value !== 'object' || value === null) return ['name', 'row', 'id'].includes(String(path.at(-1))) && path.length > 1 ? [] : [path];
  return Object.entries(value).flatMap(([key, item]) => leaves(item, [...path, Array.isArray(value) ? Number(key) : key]));
}

function mutated(before: Plan, paths: readonly (readonly (string | number)[])[]): Plan {
  const copy = JSON.parse(canonicalJson(before as unknown as Json)) as Tree;
  for (const path of paths) {
    const parent = path.slice(0, -1).reduce((at, key) => (at as { [key: string]: Tree })[String(key)]!, copy) as { [key: string]: Tree };
    const key = String(path.at(-1));
    const value = parent[key]!;
    parent[key] = typeof value === 'number' ? value + 1 : typeof value === 'boolean' ? !value : `${String(value)}x`;
  }
  return copy as unknown as Plan;
}

/** Texts of one list are one field: `["eu-west", "us-east"]`. */
function fieldOf(path: readonly (string | number)[]): string {
  return canonicalJson((typeof path.at(-1) === 'number' ? path.slice(0, -1) : path).map(String));
}

const all = leaves(plan as unknown as Tree);

test('a plan differs from itself in nothing, in whatever order its things are written', () => {
  assert.deepEqual(planChanges(plan, structuredClone(plan)), []);
  const reversed = { ...plan, waivers: plan.waivers.toReversed(), stages: plan.stages.map((stage) => ({ ...stage, actions: stage.actions.toReversed() })) };
  assert.deepEqual(planChanges(plan, reversed), []);
});

test('every field of a plan that changes is told, in words that differ, and nothing else is', () => {
  assert.ok(all.length > 200, `${all.length} fields`);
  for (const path of all) {
    const changes = planChanges(plan, mutated(plan, [path]));
    assert.equal(changes.length, 1, path.join('.'));
    const [{ was, is, path: where, what }] = changes as [typeof changes[number]];
    assert.notEqual(was, is, path.join('.'));
    assert.ok(was !== null && is !== null && what !== '', path.join('.'));
    if (typeof path.at(-1) === 'string') assert.equal(where.at(-1), path.at(-1));
  }
});

test('several changes are as many lines as there are fields that changed', () => {
  fc.assert(fc.property(fc.uniqueArray(fc.constantFrom(...all), { maxLength: 12 }), (paths) => {
    const changes = planChanges(plan, mutated(plan, paths));
    assert.equal(changes.length, new Set(paths.map(fieldOf)).size);
    assert.equal(new Set(changes.map(({ path }) => canonicalJson([...path] as Json))).size, changes.length);
  }), { numRuns: 300 });
});

test('whoever changes a plan and changes it back has changed nothing, and the way back tells the same fields', () => {
  fc.assert(fc.property(fc.uniqueArray(fc.constantFrom(...all), { minLength: 1, maxLength: 6 }), (paths) => {
    const other = mutated(plan, paths);
    const fields = (changes: ReturnType<typeof planChanges>) => changes.map(({ path, was, is }) => [path.join('/'), was, is]).toSorted();
    assert.deepEqual(fields(planChanges(other, plan)), fields(planChanges(plan, other)).map(([path, was, is]) => [path, is, was]));
  }), { numRuns: 200 });
});

const lines = (after: Plan): readonly string[] => planChanges(plan, after).map(changeText);

test('what guards a release is named with its numbers: alarms, bakes, approvers, waivers, budgets', () => {
  const { alarms: _none, ...unwatched } = spec.prod.environment;
  const weaker = application('orders', {
    ...spec,
    budgets: { gamma: '2h' },
    prod: {
      ...spec.prod,
      environment: { ...unwatched, alarms: spec.prod.environment.alarms.slice(1) },
      approval: approval({ by: ['interns'], atLeast: 1, expires: '24h' }),
      deploy: [wave('first light', ['eu-west'], canary({ steps: [{ weight: 0.05, bake: '1m' }, { weight: 0.25, bake: '10m' }] })), spec.prod.deploy[1]!],
    },
  });
  const said = lines(weaker);
  assert.ok(said.includes('prod, action "approval", by: orders-operators -> interns'), said.join('\n'));
  assert.ok(said.some((line) => line.startsWith('prod, alarm "errors": removed (was: ')), said.join('\n'));
  assert.ok(said.includes('prod, wave "first light", step 1, bake, minTime: 5 min -> 1 min'), said.join('\n'));
  assert.ok(said.includes('gamma, budget: 30 min -> 2 h'), said.join('\n'));
  assert.deepEqual(planChanges(plan, weaker).map(({ about }) => about).filter((about) => about === 'other'), []);
});

test('waves that change places are told though each is what it was', () => {
  const prod = plan.stages.at(-1)!;
  const turned = { ...plan, stages: [...plan.stages.slice(0, -1), { ...prod, waves: prod.waves.toReversed() }] };
  assert.deepEqual(lines(turned), ['prod, order of waves: first light, the rest -> the rest, first light']);
});

test('two things of one name are both compared', () => {
  const prod = plan.stages.at(-1)!;
  const twice = (weight: number): Plan => ({ ...plan, stages: [...plan.stages.slice(0, -1), { ...prod, waves: [prod.waves[0]!, { ...prod.waves[0]!, steps: [{ ...prod.waves[0]!.steps[0]!, weight }] }] }] });
  assert.deepEqual(planChanges(twice(500), twice(9_000)).map(changeText), ['prod, wave "first light #2", step 1, weight: 5 % -> 90 %']);
});

test('long texts that differ at their end only are told apart', () => {
  const long = (end: string): Plan => ({ ...plan, waivers: [{ row: 'gamma.dast', reason: `${'a'.repeat(400)}${end}` }] });
  const [change] = planChanges(long('b'), long('c'));
  assert.notEqual(change!.was, change!.is);
  assert.ok(change!.was!.length < 200 && change!.is!.length < 200);
});

test('a time is written whole', () => {
  assert.deepEqual([0, 1, 60_000, 90_061_001].map(exactDuration), ['0 s', '1 ms', '1 min', '1 d 1 h 1 min 1 s 1 ms']);
});
