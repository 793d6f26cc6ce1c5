import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { copyFileSync, existsSync, lstatSync, readFileSync, readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { test, type TestContext } from 'node:test';
import { TrunklineError } from '../../foundation/errors.ts';
import { repositoryFixture, temporaryFolder, type RepositoryFixture } from './fixture.testing.ts';
import { openRepository } from './repository.ts';
import { openStaged } from './staged.ts';
import type { Staged } from '../staged.ts';

async function stagedOf(t: TestContext, { folder }: RepositoryFixture, index?: string): Promise<Staged> {
  const staged = await openStaged(await openRepository(folder), index);
  t.after(() => staged[Symbol.asyncDispose]());
  return staged;
}

const HOSTILE = ['a file', 'new\nline', '-rf', "quo'te\"", 'tab\tbed', 'ünï', '$(touch pwned)', '*'];

test('what is staged is found and laid out, whatever has been edited since, and the repository stays as it was', async (t) => {
  const fixture = repositoryFixture(t);
  fixture.write('kept', '1');
  fixture.write('edited', '1');
  fixture.write('gone', '1');
  fixture.commit('one');
  fixture.write('edited', 'staged');
  fixture.write('new/file', 'staged', 0o755);
  fixture.git('add', '--all');
  fixture.git('rm', '--quiet', 'gone');
  fixture.write('edited', 'not staged');
  fixture.write('untracked', 'x');
  const look = (): unknown => [statSync(join(fixture.folder, '.git/index'), { bigint: true }).mtimeNs, fixture.git('--no-optional-locks', 'status', '--porcelain'), fixture.git('count-objects', '-v')];
  const before = look();
  const staged = await stagedOf(t, fixture);
  assert.deepEqual([staged.files, staged.changed, staged.deleted], [['edited', 'kept', 'new/file'], ['edited', 'new/file'], ['gone']]);
  const read: unknown[] = [];
  for await (const { path, size, bytes } of staged.read(['edited', 'no such'])) read.push([path, size, bytes.toString()]);
  assert.deepEqual(read, [['edited', 6, 'staged']]);
  assert.deepEqual([...await staged.changedLines()], [['edited', [[1, 1]]], ['new/file', [[1, 1]]]]);
  const out = join(temporaryFolder(t), 'out');
  await staged.layOut(out);
  assert.deepEqual(readdirSync(out).sort(), ['.git', 'edited', 'kept', 'new']);
  assert.equal(readFileSync(join(out, 'edited'), 'utf8'), 'staged');
  assert.equal(statSync(join(out, 'new/file')).mode & 0o111, 0o111);
  assert.deepEqual(look(), before);
});

test('a git that is run in the laid-out folder finds that folder, and never the repository', async (t) => {
  const fixture = repositoryFixture(t);
  fixture.write('a', '1');
  fixture.commit('one');
  fixture.write('a', '2');
  fixture.git('add', 'a');
  fixture.write('a', 'precious');
  const out = join(temporaryFolder(t), 'out');
  await (await stagedOf(t, fixture)).layOut(out);
  const git = (...words: string[]): string => execFileSync('git', words, { cwd: out, encoding: 'utf8', env: { PATH: process.env['PATH'], HOME: out } }).trim();
  assert.equal(git('rev-parse', '--show-toplevel'), out);
  assert.equal(git('log', '--format=%s'), 'one');
  git('reset', '--quiet', '--hard');
  git('clean', '--quiet', '-fdx');
  assert.equal(readFileSync(join(fixture.folder, 'a'), 'utf8'), 'precious');
  assert.equal(fixture.git('diff', '--cached', '--name-only'), 'a');
});

test('names of every sort are found, read and laid out', async (t) => {
  const fixture = repositoryFixture(t);
  for (const name of HOSTILE) fixture.write(name, name);
  fixture.git('add', '--all');
  const staged = await stagedOf(t, fixture);
  assert.deepEqual(staged.changed, [...HOSTILE].sort());
  for await (const { path, bytes } of staged.read(HOSTILE)) assert.equal(bytes.toString(), path);
  const out = join(temporaryFolder(t), 'out');
  await staged.layOut(out);
  for (const name of HOSTILE) assert.equal(readFileSync(join(out, name), 'utf8'), name);
});

test('before the first commit all is new; with nothing staged, nothing differs', async (t) => {
  const fixture = repositoryFixture(t);
  const empty = await stagedOf(t, fixture);
  assert.deepEqual([empty.base, empty.files, empty.changed], [undefined, [], []]);
  fixture.write('a', '1');
  fixture.git('add', 'a');
  const first = await stagedOf(t, fixture);
  assert.deepEqual([first.base, first.changed], [undefined, ['a']]);
  fixture.git('commit', '--quiet', '-m', 'one');
  const after = await stagedOf(t, fixture);
  assert.equal(after.tree, after.base);
  assert.equal(after.tree, first.tree);
});

test('the index that git names counts, and files that are only meant to be added do not', async (t) => {
  const fixture = repositoryFixture(t);
  fixture.write('a', '1');
  fixture.write('b', '1');
  fixture.commit('one');
  fixture.write('a', '2');
  fixture.git('add', 'a');
  const other = join(fixture.folder, '.git/next-index-1.lock');
  copyFileSync(join(fixture.folder, '.git/index'), other);
  fixture.write('b', '2');
  fixture.write('later', '1');
  fixture.git('add', 'b');
  fixture.git('add', '--intent-to-add', 'later');
  assert.deepEqual((await stagedOf(t, fixture, '.git/next-index-1.lock')).changed, ['a']);
  assert.deepEqual((await stagedOf(t, fixture)).changed, ['a', 'b']);
});

test('a submodule is not its own, a link is laid out as a link, and unresolved conflicts are refused', async (t) => {
  const fixture = repositoryFixture(t);
  fixture.write('a', '1');
  const commit = fixture.commit('one');
  fixture.git('update-index', '--add', '--cacheinfo', `160000,${commit},sub module`);
  fixture.link('link', 'a');
  fixture.git('add', 'link');
  const staged = await stagedOf(t, fixture);
  assert.deepEqual([staged.changed, staged.files], [['link'], ['a', 'link']]);
  const out = join(temporaryFolder(t), 'out');
  await staged.layOut(out);
  assert.ok(lstatSync(join(out, 'link')).isSymbolicLink());
  const blob = fixture.git('rev-parse', 'HEAD:a');
  execFileSync('git', ['update-index', '--index-info'], { cwd: fixture.folder, input: [1, 2, 3].map((stage) => `100644 ${blob} ${stage}\ta\n`).join('') });
  await assert.rejects(stagedOf(t, fixture), (error) => error instanceof TrunklineError && error.record.code === 'INDEX_UNMERGED');
});

test('a repository in a folder with an odd name, and one with SHA-256, are no different', async (t) => {
  const odd = join(temporaryFolder(t), 'odd "name": a');
  execFileSync('mkdir', [odd]);
  for (const fixture of [repositoryFixture(t, odd), repositoryFixture(t, temporaryFolder(t), '--object-format=sha256')]) {
    fixture.write('a', '1');
    fixture.commit('one');
    fixture.write('b', '2');
    fixture.git('add', 'b');
    const staged = await stagedOf(t, fixture);
    assert.deepEqual(staged.changed, ['b']);
    const out = join(temporaryFolder(t), 'out');
    await staged.layOut(out);
    assert.ok(existsSync(join(out, 'a')) && existsSync(join(out, 'b')));
  }
});

test('no filter that the repository names is run', async (t) => {
  const fixture = repositoryFixture(t);
  fixture.git('config', 'filter.evil.smudge', `touch ${join(fixture.folder, 'pwned')}; cat`);
  fixture.write('.gitattributes', '* filter=evil\n');
  fixture.write('a', '1');
  fixture.git('add', '--all');
  fixture.git('config', 'filter.evil.required', 'true');
  await (await stagedOf(t, fixture)).layOut(join(temporaryFolder(t), 'out'));
  assert.equal(existsSync(join(fixture.folder, 'pwned')), false);
});

test('a file that Git LFS keeps elsewhere is refused by its name, as a run would refuse it', async (t) => {
  const fixture = repositoryFixture(t);
  fixture.write('.gitattributes', '*.bin filter=lfs diff=lfs merge=lfs -text\n');
  fixture.write('data/big.bin', `version https://git-lfs.github.com/spec/v1\noid sha256:${'0'.repeat(64)}\nsize 9\n`);
  fixture.git('add', '--all');
  await using staged = await openStaged(await openRepository(fixture.folder));
  await assert.rejects(staged.layOut(join(temporaryFolder(t), 'out')), /data\/big\.bin.*Git LFS/);
});
