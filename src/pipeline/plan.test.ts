import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { TrunklineError } from '../foundation/errors.ts';
import { spec } from './fixture.testing.ts';
import { application } from './index.ts';
import { parsePlan, planDigest, type ActionPlan, type Plan } from './plan.ts';
import { parseCanonical } from './strict-json.ts';

const plan = application('orders', spec);
const action = (name: string, needs: readonly string[] = []): ActionPlan => ({ name, row: 'build.code', kind: 'shell', input: {}, needs: [...needs], timeoutMs: 1, retry: { attempts: 1, backoffMs: 0 } });
const building = (actions: readonly ActionPlan[]) => ({ ...plan, stages: [{ name: 'build', budgetMs: 1, mode: 'parallel', waves: [], actions }] });
const refuses = (value: unknown, ...texts: readonly string[]) => {
  assert.throws(() => parsePlan(value), (error) => {
    assert.ok(error instanceof TrunklineError, String(error));
    assert.equal(error.record.code, 'PLAN_INVALID');
    for (const text of texts) assert.ok(error.message.includes(text), `"${error.message}" does not say "${text}"`);
    return true;
  });
};
/** A deep copy with one value changed. */
const changed = (path: string, value: unknown): unknown => {
  const copy = structuredClone(plan) as unknown;
  const keys = path.split('.');
  const last = keys.pop() as string;
  (keys.reduce((at, key) => (at as Record<string, unknown>)[key], copy) as Record<string, unknown>)[last] = value;
  return copy;
};

test('a wrong field is named by its path', () => {
  refuses(changed('stages.1.environment.instances', 0), 'stages.1.environment.instances');
  refuses(changed('stages.0.actions.0.kind', 'No Kind'), 'stages.0.actions.0.kind');
  refuses(changed('stages.0.actions.0.row', 'build.nonsense'), 'stages.0.actions.0.row');
  refuses(changed('stages.0.surprise', true), 'surprise');
  refuses(changed('trunk', '--upload-pack=touch /tmp/x'), 'trunk', 'branch');
  refuses(changed('stages.1.environment.probes.0.file', '../../etc/passwd'), 'probes.0.file');
  refuses(changed('stages.1.environment.settings', { DATABASE_URL: 'postgres://elsewhere' }), 'settings');
  refuses(changed('stages.1.environment.alarms.0.signal.of.labels', { a: '/(x+)+y/' }), 'labels.a', 'for ever');
  refuses(changed('source', { 'source.tests': ['{a,b}{a,b}{a,b}{a,b}*'] }), 'source', 'simpler');
  refuses(changed('version', 2), 'version');
  for (const value of [undefined, null, 'plan', 7, [], () => plan]) refuses(value);
});

test('branch names that git refuses, or that a command takes for an option, are refused', () => {
  for (const trunk of ['', '-h', '--output=/x', 'a..b', 'a b', 'a~1', 'a^', 'a:b', 'a\\b', '/a', 'a/', 'a//b', 'a.lock', 'a.', '@{u}', 'a\n', 'a/.b', '$(id)', 'x'.repeat(251)]) refuses(changed('trunk', trunk), 'trunk');
  for (const trunk of ['main', 'release/2.x', 'trunk_1', 'größe', 'a-b', 'v1.0']) assert.equal((parsePlan(changed('trunk', trunk))).trunk, trunk);
});

test('needs that go in a circle are refused, with the circle', () => {
  refuses(building([action('a', ['b']), action('b', ['c']), action('c', ['a'])]), 'a -> b -> c -> a');
  refuses(building([action('a', ['a'])]), 'a -> a');
  refuses(building([action('x', ['a']), action('a', ['b']), action('b', ['a']), action('y')]), 'a -> b -> a');
});

test('needs that name nothing, and names that are there twice, are refused', () => {
  refuses(building([action('a', ['z'])]), 'build.a needs "z"');
  refuses(building([action('a'), action('a')]), 'same name');
});

test('a diamond of needs is no circle', () => {
  assert.equal(parsePlan(building([action('a'), action('b', ['a']), action('c', ['a']), action('d', ['b', 'c'])])).stages[0]?.actions.length, 4);
});

test('a million actions, a plan of aliases and one that holds itself are refused at once', () => {
  const many = Array.from({ length: 1_000_000 }, () => plan.stages[0]?.actions[0]);
  let bomb: unknown = ['x'];
  for (let level = 0; level < 20; level += 1) bomb = [bomb, bomb];
  const circle: { self?: unknown } = {};
  circle.self = circle;
  const began = process.cpuUsage();
  refuses(changed('stages.0.actions', many), 'more than 50,000 values');
  refuses(changed('stages.0.actions.0.input', bomb), 'more than 50,000 values');
  refuses(changed('stages.0.actions.0.input', circle), 'deeper than');
  refuses(building(Array.from({ length: 101 }, (_, index) => action(`a${index}`))), 'actions');
  const { user, system } = process.cpuUsage(began);
  assert.ok(user + system < 1_000_000, `it took ${(user + system) / 1_000} ms of processor time`);
});

test('keys that would change what an object is are refused wherever they stand', () => {
  for (const key of ['__proto__', 'constructor', 'prototype']) {
    const text = JSON.stringify(plan);
    refuses(JSON.parse(text.replace('"input":{', `"input":{"${key}":{"polluted":true},`)), key);
    refuses(JSON.parse(text.replace('{', `{"${key}":{"polluted":true},`)), key);
  }
  assert.equal(({} as { polluted?: boolean }).polluted, undefined);
});

test('what is not plain data is refused with its path', () => {
  refuses(changed('stages.0.actions.0.input', { when: new Date(0) }), 'stages.0.actions.0.input.when', 'plain object');
  refuses(changed('stages.0.actions.0.input', { run: () => 1 }), 'input.run', 'function');
  refuses(changed('stages.0.actions.0.input', { x: Number.NaN }), 'input.x');
  refuses(changed('stages.0.actions.0.input', { x: 1n }), 'input.x', 'bigint');
});

test('the digest does not depend on the order of keys, and depends on every value', () => {
  const shuffled = (value: unknown): unknown => {
    if (Array.isArray(value)) return value.map(shuffled);
    if (typeof value !== 'object' || value === null) return value;
    return Object.fromEntries(Object.entries(value).reverse().map(([key, item]) => [key, shuffled(item)]));
  };
  assert.equal(planDigest(shuffled(plan) as Plan), planDigest(plan));
  assert.equal(planDigest(parsePlan(JSON.parse(JSON.stringify(plan)))), planDigest(plan));
  assert.notEqual(planDigest(changed('stages.0.actions.0.timeoutMs', 599_999) as Plan), planDigest(plan));
});

test('only one text of a value is read: canonical JSON', () => {
  const read = (text: string) => parseCanonical(new TextEncoder().encode(text));
  assert.deepEqual(read('{"a":1,"b":[true,null,"x"]}'), { value: { a: 1, b: [true, null, 'x'] } });
  for (const text of ['{"a":1,"a":2}', '{"b":1,"a":2}', '{ "a":1}', '\ufeff{}', '{"a":1.0}', '{"a":1e999}', '{"a":01}', '{"a":1}\n', '', '{', '{"\\u0061":1}', '{"__proto__":{}}']) assert.ok('fault' in read(text), text);
  assert.ok('fault' in parseCanonical(Uint8Array.of(0x22, 0xff, 0x22)));
  assert.ok('fault' in read('['.repeat(400_000)));
  assert.ok('fault' in read(`${'['.repeat(400_000)}${']'.repeat(400_000)}`));
});

test('no value at all makes parsing throw anything but PLAN_INVALID', () => {
  fc.assert(fc.property(fc.anything(), (value) => {
    refuses(value);
  }), { numRuns: 300 });
  const paths = fc.constantFrom('trunk', 'stages', 'stages.0', 'stages.0.actions', 'stages.0.actions.0.needs', 'stages.1.environment', 'stages.1.environment.alarms.0.signal', 'stages.3.waves', 'waivers', 'source', 'application');
  fc.assert(fc.property(paths, fc.anything(), (path, value) => {
    try {
      parsePlan(changed(path, value));
    } catch (error) {
      assert.ok(error instanceof TrunklineError && error.record.code === 'PLAN_INVALID', String(error));
    }
  }), { numRuns: 300 });
});
