import assert from 'node:assert/strict';
import { existsSync, lstatSync, mkdirSync, mkdtempSync, readFileSync, realpathSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { test, type TestContext } from 'node:test';
import { difference, linkModules } from './modules.ts';

const lock = (packages: object): string => JSON.stringify({ lockfileVersion: 3, packages });
const a = { version: '1.0.0', integrity: 'sha512-a' };

test('what is installed is what the lock file asks for, or it is said what differs', () => {
  assert.equal(difference(lock({ '': { name: 'x' }, 'node_modules/a': a }), lock({ 'node_modules/a': a })), undefined);
  assert.equal(difference(lock({ 'node_modules/a': { ...a, integrity: 'sha512-b' } }), lock({ 'node_modules/a': a })), 'a is installed as 1.0.0, not as 1.0.0');
  assert.equal(difference(lock({ 'node_modules/a': { version: '2.0.0' } }), lock({ 'node_modules/a': a })), 'a is installed as 1.0.0, not as 2.0.0');
  assert.equal(difference(lock({ 'node_modules/@s/b': a }), lock({})), '@s/b is not installed');
  assert.equal(difference(lock({ 'node_modules/b': { ...a, optional: true } }), lock({})), undefined, 'not for this machine');
  assert.equal(difference(lock({}), lock({ 'node_modules/a': a })), undefined, 'what is installed beyond it is not linked');
  assert.match(difference('{', lock({})) ?? '', /can't be compared/);
  assert.match(difference(lock({}), '[]') ?? '', /says nothing/);
});

function folders(t: TestContext): { tree: string; workTree: string; write: (path: string, text: string) => void } {
  const root = realpathSync(mkdtempSync(join(tmpdir(), 'modules-')));
  t.after(() => rmSync(root, { recursive: true, force: true }));
  const write = (path: string, text: string): void => {
    mkdirSync(dirname(join(root, path)), { recursive: true });
    writeFileSync(join(root, path), text);
  };
  return { tree: join(root, 'tree'), workTree: join(root, 'work'), write };
}

test('each package of the lock file is linked, a workspace leads to the tree, and what tools keep stays out', async (t) => {
  const { tree, workTree, write } = folders(t);
  const packages = { 'node_modules/a': a, 'node_modules/@s/b': a, 'node_modules/w': { link: true, resolved: 'packages/w' }, 'packages/w': { version: '1.0.0' } };
  write('tree/package.json', '{}');
  write('tree/package-lock.json', lock(packages));
  write('tree/packages/w/package.json', '{"name":"w"}');
  write('tree/packages/w/index.js', 'staged');
  write('work/packages/w/index.js', 'not staged');
  for (const path of ['a/index.js', '@s/b/index.js', 'extra/index.js', '.cache/x', '.bin/tool']) write(`work/node_modules/${path}`, path);
  write('work/node_modules/.package-lock.json', lock({ ...packages, 'node_modules/extra': a }));
  symlinkSync('../packages/w', join(workTree, 'node_modules/w'));
  assert.equal(await linkModules(tree, workTree, ['package.json', 'package-lock.json', 'packages/w/package.json']), 'linked');
  const modules = join(tree, 'node_modules');
  assert.equal(readFileSync(join(modules, 'w/index.js'), 'utf8'), 'staged');
  assert.deepEqual(['a/index.js', '@s/b/index.js', '.bin/tool'].map((path) => readFileSync(join(modules, path), 'utf8')), ['a/index.js', '@s/b/index.js', '.bin/tool']);
  assert.deepEqual([existsSync(join(modules, 'extra')), existsSync(join(modules, '.cache'))], [false, false]);
  assert.ok(lstatSync(modules).isDirectory() && !lstatSync(modules).isSymbolicLink(), 'what a tool writes beside them stays out of the work tree');
});

test('modules are not linked where they differ, where none are asked for, and where none are installed', async (t) => {
  const { tree, workTree, write } = folders(t);
  write('tree/a.py', '');
  assert.equal(await linkModules(tree, workTree, ['a.py']), 'none');
  write('tree/package.json', '{}');
  write('tree/package-lock.json', lock({ 'node_modules/a': a }));
  assert.deepEqual(await linkModules(tree, workTree, ['package.json', 'package-lock.json']), { differs: 'nothing is installed' });
  write('tree/package-lock.json', lock({ '': { name: 'x' } }));
  assert.equal(await linkModules(tree, workTree, ['package.json', 'package-lock.json']), 'linked', 'what needs no package needs no installation');
  write('tree/package-lock.json', lock({ 'node_modules/a': a }));
  write('work/node_modules/.package-lock.json', lock({}));
  assert.deepEqual(await linkModules(tree, workTree, ['package.json', 'package-lock.json']), { differs: 'a is not installed' });
  assert.equal(existsSync(join(tree, 'node_modules')), false);
});

test('with another package manager the staged lock file has to be the one that lies there', async (t) => {
  const { tree, workTree, write } = folders(t);
  write('tree/package.json', '{}');
  write('tree/yarn.lock', 'one');
  write('work/yarn.lock', 'two');
  write('work/node_modules/a/index.js', '');
  assert.match((await linkModules(tree, workTree, ['package.json', 'yarn.lock']) as { differs: string }).differs, /^yarn\.lock is not staged/);
  write('work/yarn.lock', 'one');
  assert.equal(await linkModules(tree, workTree, ['package.json', 'yarn.lock']), 'linked');
  assert.ok(existsSync(join(tree, 'node_modules/a/index.js')));
});
