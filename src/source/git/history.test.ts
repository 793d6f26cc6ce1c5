import assert from 'node:assert/strict';
import { test, type TestContext } from 'node:test';
import type { FileVersion } from '../history.ts';
import { repositoryFixture } from './fixture.testing.ts';
import { DiffReader } from './changed-lines.ts';
import { openHistory, type Looked } from './history.ts';
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

test('a line that looks like a header of the diff is a line, however the diff is cut into pieces', () => {
  const diff = Buffer.from(`+++ a.txt\n@@ -1 +1,2 @@\n--- old\n+++ b.txt\n+${'x'.repeat(200_000)}\n@@ -9 +10 @@\n-x\n+y\n`);
  for (const size of [1, 7, 65_536, diff.length]) {
    const reader = new DiffReader();
    for (let at = 0; at < diff.length; at += size) reader.read(diff.subarray(at, at + size));
    assert.deepEqual(Object.fromEntries(reader.end()), { 'a.txt': [[1, 2], [10, 10]] });
  }
});

test('of a file that was moved only the lines that changed on the way are changed', async (t) => {
  const lines = Array.from({ length: 40 }, (_, at) => `line ${at}\n`);
  const history = await historyOf(t, ({ write, commit, git }) => {
    write('a.txt', lines.join(''));
    write('b.txt', lines.join('').toUpperCase());
    commit('first');
    git('mv', 'a.txt', 'moved.txt');
    git('mv', 'b.txt', 'edited.txt');
    write('edited.txt', lines.with(7, 'other\n').join('').toUpperCase());
    return { commit: commit('second') };
  });
  assert.deepEqual(Object.fromEntries(await history.changedLines()), { 'edited.txt': [[8, 8]] });
});

test('neither an attribute nor a byte hides changed lines', async (t) => {
  for (const attributes of ['* -diff\n', '* binary\n', '* -text -diff\n', '*.js diff=none\n', '[attr]hidden -diff\n*.js hidden\n']) {
    const fixture = repositoryFixture(t);
    fixture.write('.gitattributes', attributes);
    fixture.write('a.js', 'one\n');
    fixture.write('b.js', 'one\n');
    fixture.commit('first');
    fixture.write('a.js', 'one\ntwo\n');
    fixture.write('b.js', 'one\n// \0\n');
    const repository = await openRepository(fixture.folder);
    const expected = { 'a.js': [[2, 2]], 'b.js': [[2, 2]] };
    assert.deepEqual(Object.fromEntries(await openHistory(repository, 'worktree').changedLines()), expected, attributes);
    const commit = fixture.commit('second');
    assert.deepEqual(Object.fromEntries(await openHistory(repository, { commit }).changedLines()), expected, attributes);
  }
});

test('in the work tree every line of a file that git does not know yet is changed, unless it is ignored', async (t) => {
  const fixture = repositoryFixture(t);
  fixture.write('.gitignore', 'ignored.txt\n');
  fixture.commit('first');
  fixture.write('new "ä".txt', 'one\n');
  fixture.write('ignored.txt', 'one\n');
  const changed = await openHistory(await openRepository(fixture.folder), 'worktree').changedLines();
  assert.deepEqual(Object.fromEntries(changed), { 'new "ä".txt': [[1, Number.MAX_SAFE_INTEGER]] });
});

test('the first commit of a repository with SHA-256, and what is staged before it, are changed in every line', async (t) => {
  const fixture = repositoryFixture(t, undefined, '--object-format=sha256');
  fixture.write('a.txt', 'one\ntwo\n');
  fixture.git('add', '--all');
  const repository = await openRepository(fixture.folder);
  assert.deepEqual(Object.fromEntries(await openHistory(repository, 'staged').changedLines()), { 'a.txt': [[1, 2]] });
  const commit = fixture.commit('first');
  assert.deepEqual(Object.fromEntries(await openHistory(repository, { commit }).changedLines()), { 'a.txt': [[1, 2]] });
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
