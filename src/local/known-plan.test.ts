import assert from 'node:assert/strict';
import { mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test, type TestContext } from 'node:test';
import { TrunklineError } from '../foundation/errors.ts';
import { application } from '../pipeline/index.ts';
import { spec } from '../pipeline/fixture.testing.ts';
import { planOf } from './known-plan.ts';

const plan = application('orders', spec);

function planning(t: TestContext) {
  const folder = mkdtempSync(join(tmpdir(), 'plans-'));
  t.after(() => rmSync(folder, { recursive: true, force: true }));
  const tree: { [path: string]: string } = { 'trunkline.config.ts': `import './infrastructure/a.ts'; import 'trunkline';`, 'infrastructure/a.ts': `export * from '../b.json'`, 'b.json': '{}', 'src/x.ts': '', 'package.json': '{}' };
  const evaluated: (readonly string[] | 'whole')[] = [];
  return {
    folder, tree, evaluated,
    plan: (options: { readonly tree?: string; readonly needsAll?: boolean; readonly version?: string } = {}) => planOf({
      folder, config: 'trunkline.config.ts', version: options.version ?? '1', tree: options.tree ?? 'tree-1', files: Object.keys(tree), read: async (path) => tree[path],
      evaluate: async (parts) => {
        evaluated.push(parts ? [...parts.keys()] : 'whole');
        if (parts && options.needsAll) throw new TrunklineError('CONFIG_INVALID', 'usage', 'no such file');
        return plan;
      },
    }),
  };
}

test('a plan is evaluated again only when the configuration or what it imports has changed', async (t) => {
  const { tree, evaluated, plan: known } = planning(t);
  assert.deepEqual(await known(), plan);
  tree['src/x.ts'] = 'changed';
  assert.deepEqual(await known({ tree: 'tree-2' }), plan);
  assert.deepEqual(evaluated, [['b.json', 'infrastructure/a.ts', 'package.json', 'trunkline.config.ts']]);
  tree['b.json'] = '{"a": 1}';
  await known({ tree: 'tree-3' });
  await known({ tree: 'tree-3', version: '2' });
  assert.equal(evaluated.length, 3);
});

test('one that needs more than it imports is evaluated with the whole tree, and known for that tree alone', async (t) => {
  const { evaluated, plan: known } = planning(t);
  await known({ needsAll: true });
  await known({ needsAll: true });
  assert.deepEqual(evaluated.map((each) => each === 'whole'), [false, true]);
  await known({ needsAll: true, tree: 'tree-2' });
  assert.deepEqual(evaluated.map((each) => each === 'whole'), [false, true, false, true]);
});

test('a kept plan that is none any more is evaluated anew', async (t) => {
  const { folder, evaluated, plan: known } = planning(t);
  await known();
  for (const name of readdirSync(folder)) writeFileSync(join(folder, name), '{"version": 1');
  assert.deepEqual(await known(), plan);
  assert.equal(evaluated.length, 2);
});
