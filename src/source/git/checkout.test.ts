import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { existsSync, lstatSync, mkdirSync, readFileSync, readdirSync, readlinkSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { test, type TestContext } from 'node:test';
import type { TrunklineError } from '../../foundation/errors.ts';
import { repositoryFixture, temporaryFolder, type RepositoryFixture } from './fixture.testing.ts';
import { openRepository } from './repository.ts';
import { openTrunk } from './trunk.ts';

const refusal = (code: string, message = /./) => (thrown: unknown): true => {
  const { record } = thrown as TrunklineError;
  assert.equal(record?.code, code, String(thrown));
  assert.match(`${record.message} | ${record.hint}`, message);
  return true;
};

/** Checks a commit out and gives the folder; whatever happens, nothing else may be left beside it. */
async function checkedOut(t: TestContext, fixture: RepositoryFixture, commit: string): Promise<string> {
  const folder = join(temporaryFolder(t), 'out');
  try {
    await (await openTrunk(await openRepository(fixture.folder), 'main')).checkout(commit, folder);
  } finally {
    assert.deepEqual(readdirSync(dirname(folder)).filter((name) => name !== 'out'), []);
  }
  return folder;
}

const gitIn = (folder: string, ...args: string[]): string => execFileSync('git', args, { cwd: folder, encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'] }).trimEnd();

test('a checkout holds exactly the files of its commit: bytes, modes, links and odd names', async (t) => {
  const fixture = repositoryFixture(t);
  const odd = 'päth with "quotes",\n a line break and \u202e';
  fixture.write('binary', Buffer.from([0, 255, 13, 10, 0]));
  fixture.write('crlf.txt', 'a\r\nb\r\n');
  fixture.write('bin/run', '#!/bin/sh\n', 0o755);
  fixture.write(odd, 'odd');
  fixture.write('-rf', 'dash');
  fixture.link('link', 'bin/run');
  const commit = fixture.commit('one');
  const out = await checkedOut(t, fixture, commit);
  assert.deepEqual(readdirSync(out).sort(), ['.git', '-rf', 'bin', 'binary', 'crlf.txt', 'link', odd].sort());
  assert.deepEqual([...readFileSync(join(out, 'binary'))], [0, 255, 13, 10, 0]);
  assert.equal(readFileSync(join(out, 'crlf.txt'), 'utf8'), 'a\r\nb\r\n');
  assert.equal(lstatSync(join(out, 'bin/run')).mode & 0o111, 0o111);
  assert.equal(readlinkSync(join(out, 'link')), 'bin/run');
});

test('a checkout is a clean repository of its own: HEAD is the commit, without history, and whole without its source', async (t) => {
  const fixture = repositoryFixture(t);
  fixture.write('a', '1');
  fixture.commit('one');
  fixture.write('b', '2');
  const commit = fixture.commit('two');
  const out = await checkedOut(t, fixture, commit);
  rmSync(fixture.folder, { recursive: true });
  assert.equal(gitIn(out, 'rev-parse', 'HEAD'), commit);
  assert.equal(gitIn(out, 'status', '--porcelain'), '');
  assert.equal(gitIn(out, 'log', '--format=%s'), 'two');
  assert.equal(gitIn(out, 'fsck', '--full'), '');
  assert.equal(gitIn(out, 'remote'), '');
});

test('an older commit is checked out as it was, whatever the trunk and the work tree are now', async (t) => {
  const fixture = repositoryFixture(t);
  fixture.write('a', 'then');
  const then = fixture.commit('then');
  fixture.write('a', 'now');
  fixture.commit('now');
  fixture.write('a', 'being edited');
  const out = await checkedOut(t, fixture, then);
  assert.equal(readFileSync(join(out, 'a'), 'utf8'), 'then');
  assert.equal(readFileSync(join(fixture.folder, 'a'), 'utf8'), 'being edited');
});

test('a commit that a force-push took from every branch is still checked out, until git has removed it', async (t) => {
  const fixture = repositoryFixture(t);
  fixture.write('a', '1');
  const first = fixture.commit('one');
  fixture.write('a', '2');
  const lost = fixture.commit('two');
  fixture.git('reset', '--quiet', '--hard', first);
  assert.equal(readFileSync(join(await checkedOut(t, fixture, lost), 'a'), 'utf8'), '2');
  fixture.git('reflog', 'expire', '--expire=now', '--all');
  fixture.git('gc', '--quiet', '--prune=now');
  await assert.rejects(checkedOut(t, fixture, lost), refusal('SOURCE_GONE', /no longer in this repository/));
});

test('only a full hash names what is checked out', async (t) => {
  const fixture = repositoryFixture(t);
  const commit = fixture.commit('one');
  for (const word of ['HEAD', 'main', commit.slice(0, 12), `${commit}^`, '--help', '']) await assert.rejects(checkedOut(t, fixture, word), refusal('COMMIT_UNKNOWN'));
});

test('a folder that already holds something is left alone; an empty one is used', async (t) => {
  const fixture = repositoryFixture(t);
  const commit = fixture.commit('one');
  const trunk = await openTrunk(await openRepository(fixture.folder), 'main');
  const folder = temporaryFolder(t);
  await trunk.checkout(commit, folder);
  const before = readdirSync(folder);
  await assert.rejects(trunk.checkout(commit, folder), refusal('FOLDER_NOT_EMPTY'));
  assert.deepEqual(readdirSync(folder), before);
});

test('no filter runs: neither one that the repository configures nor one that attributes name', async (t) => {
  const fixture = repositoryFixture(t);
  const mark = join(temporaryFolder(t), 'ran');
  fixture.write('.gitattributes', '*.txt filter=evil\n');
  fixture.write('a.txt', 'plain');
  const commit = fixture.commit('one');
  for (const kind of ['smudge', 'clean', 'process']) fixture.git('config', `filter.evil.${kind}`, `touch '${mark}'; cat`);
  fixture.git('config', 'filter.evil.required', 'true');
  const out = await checkedOut(t, fixture, commit);
  assert.equal(readFileSync(join(out, 'a.txt'), 'utf8'), 'plain');
  assert.equal(existsSync(mark), false);
});

test('submodules are not fetched, whatever they are called and wherever they point', async (t) => {
  const fixture = repositoryFixture(t);
  const first = fixture.commit('one');
  fixture.write('.gitmodules', '[submodule "../../x"]\n\tpath = sub\n\turl = file:///etc\n');
  fixture.git('update-index', '--add', '--cacheinfo', `160000,${first},sub`);
  fixture.git('add', '.gitmodules');
  fixture.git('commit', '--quiet', '-m', 'sub');
  const out = await checkedOut(t, fixture, fixture.git('rev-parse', 'HEAD'));
  assert.deepEqual(readdirSync(join(out, 'sub')), []);
});

const escapes: { readonly [title: string]: { readonly [path: string]: string } } = {
  'an absolute link': { secret: '/etc/passwd' },
  'a link with too many ..': { 'a/b': '../../outside' },
  'two links that only together lead out': { 'd/root': '..', 'sly': 'd/root/../outside' },
};
for (const [title, links] of Object.entries(escapes)) {
  test(`${title} is refused by its name, before anything is laid out`, async (t) => {
    const fixture = repositoryFixture(t);
    for (const [path, target] of Object.entries(links)) fixture.link(path, target);
    await assert.rejects(checkedOut(t, fixture, fixture.commit('links')), refusal('SOURCE_REFUSED', new RegExp(`"${Object.keys(links).at(-1)}" points out of the repository`)));
  });
}

/** A commit made object by object, as no `git add` would. */
function forged(fixture: RepositoryFixture, tree: Buffer): string {
  const hash = (type: string, bytes: Buffer | string): string => execFileSync('git', ['hash-object', '-t', type, '-w', '--stdin', '--literally'], { cwd: fixture.folder, input: bytes, encoding: 'utf8' }).trim();
  const id = hash('tree', tree);
  return hash('commit', `tree ${id}\nauthor A <a@b> 0 +0000\ncommitter A <a@b> 0 +0000\n\nforged\n`);
}

const entry = (mode: string, name: string, id: string): Buffer => Buffer.concat([Buffer.from(`${mode} ${name}\0`), Buffer.from(id, 'hex')]);

for (const name of ['..', '.', '.git', '.GIT', '.Git']) {
  test(`a forged tree that holds ${name} is refused`, async (t) => {
    const fixture = repositoryFixture(t);
    fixture.write('a', 'x');
    fixture.commit('one');
    const [blob, tree] = [fixture.git('rev-parse', 'HEAD:a'), fixture.git('rev-parse', 'HEAD^{tree}')];
    await assert.rejects(checkedOut(t, fixture, forged(fixture, entry('40000', name, tree))), refusal('SOURCE_REFUSED', /no checkout may write/));
    await assert.rejects(checkedOut(t, fixture, forged(fixture, entry('100644', name, blob))), refusal('SOURCE_REFUSED', /no checkout may write/));
  });
}

test('a forged tree that holds a name twice, as a link and as a folder, is refused', async (t) => {
  const fixture = repositoryFixture(t);
  fixture.write('a', 'b');
  fixture.commit('one');
  const [blob, tree] = [fixture.git('rev-parse', 'HEAD:a'), fixture.git('rev-parse', 'HEAD^{tree}')];
  await assert.rejects(checkedOut(t, fixture, forged(fixture, Buffer.concat([entry('120000', 'd', blob), entry('40000', 'd', tree)]))), refusal('SOURCE_REFUSED', /"d" twice/));
});

test('a path that no disk could hold is refused', async (t) => {
  const fixture = repositoryFixture(t);
  fixture.write('a', 'x');
  fixture.commit('one');
  await assert.rejects(checkedOut(t, fixture, forged(fixture, entry('100644', 'n'.repeat(4_000), fixture.git('rev-parse', 'HEAD:a')))), refusal('SOURCE_REFUSED', /4000 bytes/));
});

test('a file that Git LFS keeps elsewhere is refused instead of being built as its pointer', async (t) => {
  const fixture = repositoryFixture(t);
  fixture.write('big.bin', `version https://git-lfs.github.com/spec/v1\noid sha256:${'0'.repeat(64)}\nsize 5000000\n`);
  const harmless = fixture.commit('a text that only looks like one');
  await checkedOut(t, fixture, harmless);
  fixture.write('.gitattributes', '*.bin filter=lfs diff=lfs merge=lfs -text\n');
  await assert.rejects(checkedOut(t, fixture, fixture.commit('lfs')), refusal('SOURCE_REFUSED', /"big.bin" is kept in Git LFS/));
});

test('a repository with SHA-256 hashes works the same', async (t) => {
  const fixture = repositoryFixture(t, temporaryFolder(t), '--object-format=sha256');
  fixture.write('a', 'x');
  const commit = fixture.commit('one');
  assert.equal(commit.length, 64);
  const out = await checkedOut(t, fixture, commit);
  assert.equal(gitIn(out, 'rev-parse', 'HEAD'), commit);
});

test('an empty commit has an empty checkout', async (t) => {
  const fixture = repositoryFixture(t);
  assert.deepEqual(readdirSync(await checkedOut(t, fixture, fixture.commit('nothing'))), ['.git']);
});

test('many files and large ones arrive whole', async (t) => {
  const fixture = repositoryFixture(t);
  for (let index = 0; index < 1_500; index += 1) fixture.write(`many/${index % 20}/${index}`, `file ${index}\n`);
  const large = Buffer.alloc(3_000_000, 'large ');
  mkdirSync(join(fixture.folder, 'x'));
  writeFileSync(join(fixture.folder, 'x', 'large'), large);
  const out = await checkedOut(t, fixture, fixture.commit('many'));
  assert.equal(gitIn(out, 'status', '--porcelain'), '');
  assert.ok(readFileSync(join(out, 'x', 'large')).equals(large));
});

test('an object that is damaged on the disk is an error, and nothing is laid out', async (t) => {
  const fixture = repositoryFixture(t);
  fixture.write('a', 'x'.repeat(1_000));
  const commit = fixture.commit('one');
  const blob = fixture.git('rev-parse', 'HEAD:a');
  const file = join(fixture.folder, '.git', 'objects', blob.slice(0, 2), blob.slice(2));
  rmSync(file);
  writeFileSync(file, 'junk');
  await assert.rejects(checkedOut(t, fixture, commit), refusal('GIT_FAILED'));
});
