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
const print = (plan: StagePlan, change: Partial<Basis> = {}, of = plan.actions.at(-1)!): Promise<string | undefined> => fingerprintOf(of, plan, kinds, { ...basis, ...change });
const withFile = (path: string, content: string): Partial<Basis> => ({ contents: new Map([...basis.contents, [path, content]]) });

test('the fingerprint changes when an input, the tool, the product, the plan or what is needed changes', async () => {
  const before = await print(stage(action('a', 'everything')));
  const changed: { readonly [what: string]: string | undefined } = {
    content: await print(stage(action('a', 'everything')), withFile('src/a.ts', '100644 9')),
    mode: await print(stage(action('a', 'everything')), withFile('src/a.ts', '100755 1')),
    added: await print(stage(action('a', 'everything')), withFile('new', '100644 1')),
    removed: await print(stage(action('a', 'everything')), { contents: new Map([...basis.contents].slice(1)) }),
    commit: await print(stage(action('a', 'everything')), { commit: 'c2' }),
    day: await print(stage(action('a', 'everything')), { today: '2026-01-02' }),
    product: await print(stage(action('a', 'everything')), { product: { version: '2' } }),
    program: await print(stage(action('a', 'everything')), { program: () => null }),
    input: await print(stage(action('a', 'everything', [], { command: 'x' }))),
    name: await print(stage(action('b', 'everything'))),
    needs: await print(stage(action('n', 'plain'), action('a', 'everything', ['n']))),
  };
  assert.equal(before, await print(stage(action('a', 'everything'))));
  assert.equal(new Set([before, ...Object.values(changed)]).size, Object.keys(changed).length + 1, JSON.stringify(changed));
});

test('declared inputs, and the manifests that always count, are all that a change of files is seen by', async () => {
  const plan = stage(action('a', 'some'));
  assert.equal(await print(plan), await print(plan, withFile('docs/b.md', '100644 9')));
  assert.equal(await print(plan), await print(plan, { commit: 'c2', today: '2027-01-01', program: () => null }));
  assert.notEqual(await print(plan), await print(plan, withFile('src/new.ts', '100644 9')));
  assert.notEqual(await print(plan), await print(plan, withFile('package-lock.json', '100644 9')));
});

test('for any two sets of files the fingerprint is the same exactly when the inputs are', async () => {
  const files = fc.dictionary(fc.constantFrom('src/a', 'src/b/c', 'docs/d', 'e', 'package.json'), fc.constantFrom('100644 1', '100755 1', '100644 2'));
  const plan = stage(action('n', 'plain'), action('a', 'some'));
  const relevant = (from: { readonly [path: string]: string }): string => JSON.stringify(Object.entries(from).filter(([path]) => path.startsWith('src/') || path === 'package.json').toSorted());
  await fc.assert(fc.asyncProperty(files, files, async (one, other) => {
    const same = await print(plan, { contents: new Map(Object.entries(one)) }) === await print(plan, { contents: new Map(Object.entries(other)) });
    assert.equal(same, relevant(one) === relevant(other));
  }));
});

test('the order in which files are listed decides nothing', async () => {
  const plan = stage(action('a', 'plain'));
  assert.equal(await print(plan), await print(plan, { contents: new Map([...basis.contents].toReversed()) }));
});

test('what needs something that is never kept is never kept', async () => {
  const plan = stage(action('n', 'never'), action('m', 'plain', ['n']), action('a', 'plain', ['m']));
  assert.equal(await print(plan), undefined);
  assert.equal(await print(plan, {}, plan.actions[0]), undefined);
  assert.equal(await print(stage(action('a', 'unknown'))), undefined);
});

test('an action runs alone where every other waits for it or was waited for', async () => {
  const plan = stage(action('first', 'plain'), action('code', 'plain', ['first']), action('sbom', 'plain', ['code']), action('sca', 'plain', ['sbom']), action('tests', 'plain', ['code']));
  assert.deepEqual(plan.actions.map(({ name }) => runsAlone(name, plan, kinds)), [true, true, false, false, false]);
  assert.equal(runsAlone('a', stage(action('a', 'plain'), action('b', 'plain')), kinds), false);
  assert.equal(runsAlone('a', stage(action('a', 'plain'), action('b', 'reading')), kinds), true);
});

test('a plan in which everything needs everything before it takes no time', async () => {
  const names = Array.from({ length: 100 }, (_, index) => `a${index}`);
  const plan = stage(...names.map((name, index) => action(name, 'plain', names.slice(0, index))));
  assert.ok(await print(plan));
  assert.equal(runsAlone('a50', plan, kinds), true);
});
