import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { z } from 'zod';
import type { ActionKind } from '../../actions/action.ts';
import type { Caching } from '../../actions/caching.ts';
import type { Json } from '../../foundation/units.ts';
import type { ActionPlan, StagePlan } from '../../pipeline/plan.ts';
import { fingerprintOf, runsAlone, type Basis } from './fingerprint.ts';

const kind = (name: string, caching: Caching | undefined): [string, ActionKind] => [name, { kind: name, input: z.json() as z.ZodType<unknown>, checkout: true, missing: async () => [], run: async () => ({ passed: true, output: {} }), caching: () => caching }];
const kinds = new Map([
  kind('everything', { also: ['commit', 'day'], programs: ['python3'] }), kind('plain', {}), kind('some', { inputs: ['src/**'] }), kind('never', undefined),
  ['reading', { ...kind('reading', { outputs: [] })[1], reads: true as const }],
]);
const action = (name: string, kindName: string, needs: string[] = [], input: Json = {}): ActionPlan => ({ name, row: 'build.code', kind: kindName, input, needs, timeoutMs: 1, retry: { attempts: 1, backoffMs: 0 } });
const stage = (...actions: ActionPlan[]): StagePlan => ({ name: 'build', budgetMs: 0, mode: 'parallel', waves: [], actions });
const basis: Basis = { contents: new Map([['src/a.ts', '100644 1'], ['docs/b.md', '100644 2'], ['package-lock.json', '100644 3']]), commit: 'c1', today: '2026-01-01', product: { version: '1' }, program: (name) => `${name} 3.12` };
const print = (plan: StagePlan, change: Partial<Basis> = {}, of = plan.actions.at(-1)!): string | undefined => fingerprintOf(of, plan, kinds, { ...basis, ...change });
const withFile = (path: string, content: string): Partial<Basis> => ({ contents: new Map([...basis.contents, [path, content]]) });

test('the fingerprint changes when an input, the tool, the product, the plan or what is needed changes', () => {
  const before = print(stage(action('a', 'everything')));
  const changed: { readonly [what: string]: string | undefined } = {
    content: print(stage(action('a', 'everything')), withFile('src/a.ts', '100644 9')),
    mode: print(stage(action('a', 'everything')), withFile('src/a.ts', '100755 1')),
    added: print(stage(action('a', 'everything')), withFile('new', '100644 1')),
    removed: print(stage(action('a', 'everything')), { contents: new Map([...basis.contents].slice(1)) }),
    commit: print(stage(action('a', 'everything')), { commit: 'c2' }),
    day: print(stage(action('a', 'everything')), { today: '2026-01-02' }),
    product: print(stage(action('a', 'everything')), { product: { version: '2' } }),
    program: print(stage(action('a', 'everything')), { program: () => null }),
    input: print(stage(action('a', 'everything', [], { command: 'x' }))),
    name: print(stage(action('b', 'everything'))),
    needs: print(stage(action('n', 'plain'), action('a', 'everything', ['n']))),
  };
  assert.equal(before, print(stage(action('a', 'everything'))));
  assert.equal(new Set([before, ...Object.values(changed)]).size, Object.keys(changed).length + 1, JSON.stringify(changed));
});

test('declared inputs, and the manifests that always count, are all that a change of files is seen by', () => {
  const plan = stage(action('a', 'some'));
  assert.equal(print(plan), print(plan, withFile('docs/b.md', '100644 9')));
  assert.equal(print(plan), print(plan, { commit: 'c2', today: '2027-01-01', program: () => null }));
  assert.notEqual(print(plan), print(plan, withFile('src/new.ts', '100644 9')));
  assert.notEqual(print(plan), print(plan, withFile('package-lock.json', '100644 9')));
});

test('for any two sets of files the fingerprint is the same exactly when the inputs are', () => {
  const files = fc.dictionary(fc.constantFrom('src/a', 'src/b/c', 'docs/d', 'e', 'package.json'), fc.constantFrom('100644 1', '100755 1', '100644 2'));
  const plan = stage(action('n', 'plain'), action('a', 'some'));
  const relevant = (from: { readonly [path: string]: string }): string => JSON.stringify(Object.entries(from).filter(([path]) => path.startsWith('src/') || path === 'package.json').toSorted());
  fc.assert(fc.property(files, files, (one, other) => {
    const same = print(plan, { contents: new Map(Object.entries(one)) }) === print(plan, { contents: new Map(Object.entries(other)) });
    assert.equal(same, relevant(one) === relevant(other));
  }));
});

test('the order in which files are listed decides nothing', () => {
  const plan = stage(action('a', 'plain'));
  assert.equal(print(plan), print(plan, { contents: new Map([...basis.contents].toReversed()) }));
});

test('what needs something that is never kept is never kept', () => {
  const plan = stage(action('n', 'never'), action('m', 'plain', ['n']), action('a', 'plain', ['m']));
  assert.equal(print(plan), undefined);
  assert.equal(print(plan, {}, plan.actions[0]), undefined);
  assert.equal(print(stage(action('a', 'unknown'))), undefined);
});

test('an action runs alone where every other waits for it or was waited for', () => {
  const plan = stage(action('first', 'plain'), action('code', 'plain', ['first']), action('sbom', 'plain', ['code']), action('sca', 'plain', ['sbom']), action('tests', 'plain', ['code']));
  assert.deepEqual(plan.actions.map(({ name }) => runsAlone(name, plan, kinds)), [true, true, false, false, false]);
  assert.equal(runsAlone('a', stage(action('a', 'plain'), action('b', 'plain')), kinds), false);
  assert.equal(runsAlone('a', stage(action('a', 'plain'), action('b', 'reading')), kinds), true);
});

test('a plan in which everything needs everything before it takes no time', () => {
  const names = Array.from({ length: 100 }, (_, index) => `a${index}`);
  const plan = stage(...names.map((name, index) => action(name, 'plain', names.slice(0, index))));
  assert.ok(print(plan));
  assert.equal(runsAlone('a50', plan, kinds), true);
});
