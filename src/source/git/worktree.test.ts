import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { existsSync, lstatSync, mkdirSync, readFileSync, readdirSync, readlinkSync, rmSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { test, type TestContext } from 'node:test';
import type { WorkTree } from '../worktree.ts';
import { repositoryFixture, temporaryFolder, type RepositoryFixture } from './fixture.testing.ts';
import { openRepository } from './repository.ts';
import { openWorkTree } from './worktree.ts';

const workTreeOf = async (fixture: RepositoryFixture): Promise<WorkTree> => openWorkTree(await openRepository(fixture.folder));
const contents = (folder: string): { [path: string]: string } => Object.fromEntries(
  readdirSync(folder).filter((name) => name !== '.git' && lstatSync(join(folder, name)).isFile()).map((name) => [name, readFileSync(join(folder, name), 'utf8')]));
const into = (t: TestContext): string => join(temporaryFolder(t), 'out');

test('a work tree is dirty when something is changed, staged or new, and not when it is ignored', async (t) => {
  const fixture = repositoryFixture(t);
  fixture.write('a', '1');
  fixture.write('.gitignore', 'ignored\n');
  fixture.commit('one');
  const tree = await workTreeOf(fixture);
  fixture.write('ignored', 'x');
  assert.equal(await tree.isDirty(), false);
  fixture.write('new', 'x');
  assert.equal(await tree.isDirty(), true);
  fixture.git('add', 'new');
  assert.equal(await tree.isDirty(), true);
  fixture.commit('two');
  fixture.write('a', '2');
  assert.equal(await tree.isDirty(), true);
});

test('the tracked files are listed sorted, with their odd names', async (t) => {
  const fixture = repositoryFixture(t);
  for (const path of ['z', 'a/b', 'ü "x"', '-dash']) fixture.write(path, '');
  fixture.commit('one');
  fixture.write('untracked', '');
  assert.deepEqual(await (await workTreeOf(fixture)).files(), ['-dash', 'a/b', 'z', 'ü "x"'].sort());
});

test('what is staged is checked out, not what has been edited since, and the repository stays as it was', async (t) => {
  const fixture = repositoryFixture(t);
  fixture.write('a', 'committed');
  fixture.write('gone', 'x');
  const commit = fixture.commit('one');
  fixture.write('a', 'staged');
  fixture.write('new', 'staged');
  fixture.git('add', '--all');
  fixture.git('rm', '--quiet', 'gone');
  fixture.write('a', 'edited');
  fixture.write('untracked', 'x');
  const look = (): unknown[] => [statSync(join(fixture.folder, '.git/index')).mtimeMs, fixture.git('--no-optional-locks', 'status', '--porcelain'), fixture.git('count-objects')];
  const before = look();
  const out = into(t);
  await (await workTreeOf(fixture)).checkoutIndex(out);
  assert.deepEqual(contents(out), { a: 'staged', new: 'staged' });
  assert.equal(execFileSync('git', ['rev-parse', 'HEAD'], { cwd: out, encoding: 'utf8' }).trim(), commit);
  assert.deepEqual(look(), before);
});

test('a hook of a partial commit names its own index, and that is what is checked out', async (t) => {
  const fixture = repositoryFixture(t);
  fixture.write('a', '1');
  fixture.commit('one');
  const tree = await workTreeOf(fixture);
  fixture.write('a', 'partial');
  fixture.git('add', 'a');
  const index = join(temporaryFolder(t), 'index');
  execFileSync('cp', [join(fixture.folder, '.git/index'), index]);
  fixture.git('reset', '--quiet');
  const out = into(t);
  await tree.checkoutIndex(out, index);
  assert.deepEqual(contents(out), { a: 'partial' });
});

test('nothing staged yet in a new repository is an empty checkout', async (t) => {
  const out = into(t);
  await (await workTreeOf(repositoryFixture(t))).checkoutIndex(out);
  assert.deepEqual(readdirSync(out), ['.git']);
});

test('a merge with conflicts has no staged files to build', async (t) => {
  const fixture = repositoryFixture(t);
  fixture.write('a', '1');
  fixture.commit('one');
  fixture.git('checkout', '--quiet', '-b', 'other');
  fixture.write('a', '2');
  fixture.commit('two');
  fixture.git('checkout', '--quiet', 'main');
  fixture.write('a', '3');
  fixture.commit('three');
  assert.throws(() => fixture.git('merge', '--quiet', 'other'));
  await assert.rejects((await workTreeOf(fixture)).checkoutIndex(into(t)), (thrown: Error & { record: { code: string } }) => thrown.record.code === 'INDEX_UNMERGED');
});

test('the work tree is checked out as it is: edited, new and deleted files, none that is ignored', async (t) => {
  const fixture = repositoryFixture(t);
  fixture.write('.gitignore', 'ignored\n');
  fixture.write('same', 'x');
  fixture.write('a', 'committed');
  fixture.write('gone', 'x');
  fixture.commit('one');
  fixture.write('a', 'staged');
  fixture.git('add', 'a');
  fixture.write('a', 'edited');
  fixture.write('tool', '#!/bin/sh\n', 0o755);
  fixture.write('ignored', 'x');
  fixture.link('link', 'same');
  rmSync(join(fixture.folder, 'gone'));
  const out = into(t);
  await (await workTreeOf(fixture)).checkoutWorkTree(out);
  assert.deepEqual(contents(out), { '.gitignore': 'ignored\n', same: 'x', a: 'edited', tool: '#!/bin/sh\n' });
  assert.equal(lstatSync(join(out, 'tool')).mode & 0o111, 0o111);
  assert.equal(readlinkSync(join(out, 'link')), 'same');
});

test('a file that has become a folder, and a folder that has become a file, come as they are now', async (t) => {
  const fixture = repositoryFixture(t);
  fixture.write('file', 'x');
  fixture.write('folder/inner', 'x');
  fixture.write('target/kept', 'kept');
  fixture.link('link', 'target');
  fixture.commit('one');
  for (const path of ['file', 'folder', 'link']) rmSync(join(fixture.folder, path), { recursive: true });
  fixture.write('file/inner', 'new');
  fixture.write('folder', 'new');
  fixture.write('link/kept', 'not through the old link');
  const out = into(t);
  await (await workTreeOf(fixture)).checkoutWorkTree(out);
  assert.equal(readFileSync(join(out, 'file/inner'), 'utf8'), 'new');
  assert.equal(readFileSync(join(out, 'folder'), 'utf8'), 'new');
  assert.equal(readFileSync(join(out, 'target/kept'), 'utf8'), 'kept');
  assert.equal(readFileSync(join(out, 'link/kept'), 'utf8'), 'not through the old link');
});

test('a new link out of the work tree is refused like a committed one', async (t) => {
  const fixture = repositoryFixture(t);
  fixture.commit('one');
  fixture.link('out', '/etc');
  await assert.rejects((await workTreeOf(fixture)).checkoutWorkTree(into(t)), /"out" points out of the repository/);
});

test('before the first commit the work tree is all there is', async (t) => {
  const fixture = repositoryFixture(t);
  fixture.write('a', '1');
  const out = into(t);
  await (await workTreeOf(fixture)).checkoutWorkTree(out);
  assert.deepEqual(contents(out), { a: '1' });
});

test('looking at the work tree runs no filter, and a repository inside it is left out', async (t) => {
  const fixture = repositoryFixture(t);
  fixture.write('.gitattributes', '*.txt filter=evil\n');
  fixture.write('a.txt', 'x');
  fixture.commit('one');
  const mark = join(temporaryFolder(t), 'ran');
  for (const kind of ['clean', 'smudge', 'process']) fixture.git('config', `filter.evil.${kind}`, `touch '${mark}'; cat`);
  fixture.git('config', 'filter.evil.required', 'true');
  fixture.write('a.txt', 'y');
  mkdirSync(join(fixture.folder, 'nested'));
  execFileSync('git', ['init', '--quiet'], { cwd: join(fixture.folder, 'nested') });
  const tree = await workTreeOf(fixture);
  const out = into(t);
  assert.equal(await tree.isDirty(), true);
  await tree.checkoutWorkTree(out);
  assert.equal(readFileSync(join(out, 'a.txt'), 'utf8'), 'y');
  assert.equal(existsSync(mark), false);
  assert.equal(existsSync(join(out, 'nested')), false);
});
