import assert from 'node:assert/strict';
import { test } from 'node:test';
import { concernedBy, testsAmong } from './concerned.ts';
import { mentionsIn } from './mentions.ts';
import { pathsOf } from './resolving.ts';

const tree = {
  'src/a.test.ts': `import { a } from './a.ts';`,
  'src/a.ts': `import { b } from './lib/b.js'; import pg from 'pg';`,
  'src/lib/b.ts': `export const b = new URL('../../config/app.json', import.meta.url);`,
  'src/c.test.ts': `const c = await import("./c.ts");`,
  'src/c.ts': `export const page = 'public/index.html'; const sql = \`../db/\${name}.sql\`;`,
  'src/d.test.ts': `import d from '@/d';`,
  'src/e.test.cjs': `const e = require('./e'); const shared = require('@acme/shared/x');`,
  'src/e/index.js': '', 'packages/shared/x.ts': '',
  'config/app.json': '{}', 'public/index.html': '', 'db/one.sql': '', 'README.md': '', 'package.json': '{}',
  'acceptance/f.test.ts': `import '../src/a.ts';`,
};
const files = Object.keys(tree);

async function concerned(changed: readonly string[], deleted: readonly string[] = [], tests?: readonly string[]): Promise<readonly string[]> {
  const present = files.filter((file) => !deleted.includes(file));
  const paths = pathsOf(files, new Set(['pg', '@acme/shared']), new Map([['@acme/shared', 'packages/shared']]));
  const found = await concernedBy({ files: present, changed, deleted, tests }, paths, async (path) => tree[path as keyof typeof tree]);
  return found.tests.filter((each) => each !== 'src/d.test.ts');
}

test('a test is concerned by what it imports, by what that imports, and by itself', async () => {
  assert.deepEqual(await concerned(['src/a.ts']), ['src/a.test.ts']);
  assert.deepEqual(await concerned(['src/lib/b.ts']), ['src/a.test.ts']);
  assert.deepEqual(await concerned(['src/c.test.ts']), ['src/c.test.ts']);
  assert.deepEqual(await concerned(['README.md']), []);
});

test('a path in a text is a way too, from the file\'s folder or from the top, also to all that a folder holds', async () => {
  assert.deepEqual(await concerned(['config/app.json']), ['src/a.test.ts']);
  assert.deepEqual(await concerned(['public/index.html']), ['src/c.test.ts']);
  assert.deepEqual(await concerned(['db/one.sql']), ['src/c.test.ts']);
});

test('a folder with an index, a workspace\'s package, and a file that the commit takes away are found', async () => {
  assert.deepEqual(await concerned(['src/e/index.js']), ['src/e.test.cjs']);
  assert.deepEqual(await concerned(['packages/shared/x.ts']), ['src/e.test.cjs']);
  assert.deepEqual(await concerned([], ['src/lib/b.ts']), ['src/a.test.ts']);
});

test('a test whose ways can\'t be told is concerned by every change, and a manifest concerns every test', async () => {
  const paths = pathsOf(files, new Set(), new Map());
  const read = async (path: string): Promise<string | undefined> => tree[path as keyof typeof tree];
  assert.deepEqual((await concernedBy({ files, changed: ['README.md'], deleted: [], tests: ['src/d.test.ts'] }, paths, read)).tests, ['src/d.test.ts']);
  const all = await concernedBy({ files, changed: ['package.json'], deleted: [], tests: undefined }, paths, read);
  assert.deepEqual([all.tests.length, all.of], [4, 4]);
  assert.match(all.all ?? '', /^package\.json changed/);
});

test('tests that need a running application are none unless they are named, and the pipeline itself concerns no test', async () => {
  assert.equal(testsAmong(files, undefined).includes('acceptance/f.test.ts'), false);
  assert.deepEqual(testsAmong(files, ['acceptance/**']), ['acceptance/f.test.ts']);
  assert.deepEqual(testsAmong(['test_a.py', 'x/b_test.go', 'c.spec.tsx', 'latest.ts'], undefined), ['test_a.py', 'x/b_test.go', 'c.spec.tsx']);
  assert.deepEqual(await concerned(['trunkline.config.ts']), []);
  assert.deepEqual(await concerned(['src/a.ts'], [], ['acceptance/**']), ['acceptance/f.test.ts']);
});

test('tests of a language whose imports are not read all run', async () => {
  const found = await concernedBy({ files: ['test_a.py', 'test_b.py', 'a.py'], changed: ['a.py'], deleted: [], tests: undefined }, pathsOf([], new Set(), new Map()), async () => '');
  assert.deepEqual(found.tests, ['test_a.py', 'test_b.py']);
});

test('imports that go in a circle end', async () => {
  const circle: { readonly [path: string]: string } = { 'a.test.ts': `import './b.ts'`, 'b.ts': `import './c.ts'`, 'c.ts': `import './b.ts'` };
  const names = Object.keys(circle);
  const found = await concernedBy({ files: [...names, 'x'], changed: ['x'], deleted: [], tests: undefined }, pathsOf(names, new Set(), new Map()), async (path) => circle[path]);
  assert.deepEqual(found.tests, []);
});

test('imports are seen beside comments with apostrophes, and long lines are read in time', () => {
  assert.deepEqual(mentionsIn(`/* don't */ import a from './a.ts'; // isn't\nexport * from "./b";`).imports, ['./a.ts', './b']);
  const began = performance.now();
  mentionsIn(`'${'\\'.repeat(200_000)}`);
  mentionsIn('import('.repeat(50_000) + '"'.repeat(50_001));
  assert.ok(performance.now() - began < 5_000, 'it takes time out of proportion');
});
