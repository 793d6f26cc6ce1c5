import assert from 'node:assert/strict';
import { test, type TestContext } from 'node:test';
import type { FileVersion } from '../history.ts';
import { repositoryFixture } from './fixture.ts';
import { linesOf, openHistory, type Looked } from './history.ts';
import { openRepository } from './repository.ts';

const unending = new AbortController().signal;

async function historyOf(t: TestContext, tell: (repository: ReturnType<typeof repositoryFixture>) => Looked) {
  const fixture = repositoryFixture(t);
  return openHistory(await openRepository(fixture.folder), tell(fixture));
}

test('the changed lines of a commit are those that it added or rewrote, whatever the name of the file', async (t) => {
  const history = await historyOf(t, ({ write, commit }) => {
    write('a.txt', 'one\ntwo\nthree\nfour\n');
    write('gone.txt', 'gone\n');
    commit('first');
    write('a.txt', 'one\nTWO\nthree\nfour\n++ five\nsix\n');
    write('odd "näme"\t.txt', 'new\n');
    return { commit: commit('second') };
  });
  assert.deepEqual(Object.fromEntries(await history.changedLines()), { 'a.txt': [[2, 2], [5, 6]], 'odd "näme"\t.txt': [[1, 1]] });
});

test('of a first commit every line is changed', async (t) => {
  const history = await historyOf(t, ({ write, commit }) => {
    write('a.txt', 'one\ntwo\n');
    return { commit: commit('first') };
  });
  assert.deepEqual(Object.fromEntries(await history.changedLines()), { 'a.txt': [[1, 2]] });
});

test('what is staged and what lies in the work tree have changes of their own', async (t) => {
  const fixture = repositoryFixture(t);
  fixture.write('a.txt', 'one\n');
  fixture.commit('first');
  fixture.write('a.txt', 'one\ntwo\n');
  fixture.git('add', '--all');
  fixture.write('a.txt', 'one\ntwo\nthree\n');
  const repository = await openRepository(fixture.folder);
  assert.deepEqual(Object.fromEntries(await openHistory(repository, 'staged').changedLines()), { 'a.txt': [[2, 2]] });
  assert.deepEqual(Object.fromEntries(await openHistory(repository, 'worktree').changedLines()), { 'a.txt': [[2, 3]] });
});

test('a line that looks like a header of the diff is a line', () => {
  assert.deepEqual(Object.fromEntries(linesOf('+++ a.txt\n@@ -1 +1,2 @@\n--- old\n+++ b.txt\n+x\n@@ -9 +10 @@\n-x\n+y\n')), { 'a.txt': [[1, 2], [10, 10]] });
});

test('every version of every file that was ever committed is there once, also of merged and deleted ones, and none of a branch beside', async (t) => {
  const history = await historyOf(t, ({ write, commit, git }) => {
    write('a.txt', 'secret');
    commit('first');
    write('a.txt', 'clean');
    write('copy.txt', 'clean');
    commit('second');
    git('checkout', '--quiet', '-b', 'side', 'HEAD~1');
    write('side.txt', 'of the side');
    commit('side');
    git('checkout', '--quiet', '-b', 'beside', 'HEAD~1');
    write('beside.txt', 'of nobody');
    commit('beside');
    git('checkout', '--quiet', 'main');
    git('merge', '--quiet', '--no-edit', 'side');
    git('rm', '--quiet', 'side.txt');
    return { commit: commit('third') };
  });
  const found: FileVersion[] = [];
  for await (const version of history.versions(unending)) found.push(version);
  assert.deepEqual(found.map(({ bytes }) => bytes.toString()).sort(), ['clean', 'of the side', 'secret']);
  assert.equal(found.find(({ bytes }) => bytes.toString() === 'secret')?.path, 'a.txt');
});

async function all<Item>(items: AsyncIterable<Item>): Promise<readonly Item[]> {
  const list: Item[] = [];
  for await (const item of items) list.push(item);
  return list;
}

async function contents(files: AsyncIterable<{ readonly path: string; readonly bytes: Buffer }>): Promise<{ readonly [path: string]: string }> {
  return Object.fromEntries((await all(files)).map(({ path, bytes }) => [path, bytes.toString()]));
}

test('the files of a commit, of what is staged and of the work tree are each their own, without links and what is ignored', async (t) => {
  const fixture = repositoryFixture(t);
  fixture.write('a.txt', 'one');
  fixture.write('odd "näme"\t.txt', 'odd');
  fixture.write('.gitignore', 'built/');
  fixture.link('link', 'a.txt');
  const commit = fixture.commit('first');
  fixture.write('a.txt', 'two');
  fixture.git('add', 'a.txt');
  fixture.write('a.txt', 'three');
  fixture.write('new.txt', 'new');
  fixture.write('built/out.txt', 'made');
  const repository = await openRepository(fixture.folder);
  const common = { '.gitignore': 'built/', 'odd "näme"\t.txt': 'odd' };
  assert.deepEqual(await contents(openHistory(repository, { commit }).files(unending)), { ...common, 'a.txt': 'one' });
  assert.deepEqual(await contents(openHistory(repository, 'staged').files(unending)), { ...common, 'a.txt': 'two' });
  assert.deepEqual(await contents(openHistory(repository, 'worktree').files(unending)), { ...common, 'a.txt': 'three', 'new.txt': 'new' });
  assert.deepEqual(Object.keys(await contents(openHistory(repository, { commit }).files(unending, (path) => path.startsWith('a')))), ['a.txt']);
});

test('versions that are not wanted are not read', async (t) => {
  const history = await historyOf(t, ({ write, commit }) => {
    write('a.txt', 'one');
    commit('first');
    write('a.txt', 'two');
    return { commit: commit('second') };
  });
  const [newest] = await all(history.versions(unending));
  assert.deepEqual((await all(history.versions(unending, ({ id }) => id !== newest?.id))).map(({ bytes }) => bytes.toString()), ['one']);
});
