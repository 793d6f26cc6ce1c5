import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { mkdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { excludeState } from './exclude.ts';
import { repositoryFixture, temporaryFolder } from './fixture.testing.ts';
import { git, gitEnded, startGit } from './git.ts';
import { printable, withoutCredentials } from './printable.ts';
import { openRepository } from './repository.ts';
import { openTrunk } from './trunk.ts';

test('the repository is found from any folder in it', async (t) => {
  const fixture = repositoryFixture(t);
  mkdirSync(join(fixture.folder, 'a', 'b'), { recursive: true });
  const { view: _view, ...repository } = await openRepository(join(fixture.folder, 'a', 'b'));
  assert.deepEqual(repository, { root: fixture.folder, gitFolder: join(fixture.folder, '.git'), commonFolder: join(fixture.folder, '.git') });
});

test('a linked work tree shares the common folder of the main one', async (t) => {
  const fixture = repositoryFixture(t);
  fixture.commit('one');
  const linked = join(temporaryFolder(t), 'linked');
  fixture.git('worktree', 'add', '--quiet', linked);
  const repository = await openRepository(linked);
  assert.equal(repository.root, linked);
  assert.equal(repository.commonFolder, join(fixture.folder, '.git'));
});

test('no repository, a bare one and a shallow one are each refused with what to do', async (t) => {
  const code = async (folder: string): Promise<string> => openRepository(folder).then(() => 'opened', (thrown) => thrown.record.code);
  assert.equal(await code(temporaryFolder(t)), 'REPOSITORY_MISSING');
  const bare = temporaryFolder(t);
  execFileSync('git', ['init', '--quiet', '--bare', bare]);
  assert.equal(await code(bare), 'REPOSITORY_BARE');
  const origin = repositoryFixture(t);
  origin.commit('one');
  origin.commit('two');
  const shallow = temporaryFolder(t);
  execFileSync('git', ['clone', '--quiet', '--depth=1', `file://${origin.folder}`, shallow]);
  assert.equal(await code(shallow), 'REPOSITORY_SHALLOW');
});

test('a repository of another user is refused until it is trusted, and then works', async (t) => {
  if (process.getuid?.() !== 0) return t.skip('only root can give a folder away');
  const fixture = repositoryFixture(t);
  const head = fixture.commit('one');
  execFileSync('chown', ['-R', '65534:65534', fixture.folder]);
  const home = temporaryFolder(t);
  const before = process.env['GIT_CONFIG_GLOBAL'];
  process.env['GIT_CONFIG_GLOBAL'] = join(home, 'gitconfig');
  t.after(() => before === undefined ? delete process.env['GIT_CONFIG_GLOBAL'] : process.env['GIT_CONFIG_GLOBAL'] = before);
  await assert.rejects(openRepository(fixture.folder), (thrown: Error & { record: { code: string; hint: string } }) => thrown.record.code === 'REPOSITORY_NOT_YOURS' && thrown.record.hint.includes('safe.directory'));
  execFileSync('git', ['config', '--global', '--add', 'safe.directory', fixture.folder]);
  const trunk = await openTrunk(await openRepository(fixture.folder), 'main');
  assert.equal(await trunk.head(), head);
  await trunk.checkout(head, join(temporaryFolder(t), 'out'));
});

test('variables that point git elsewhere, as its hooks have them, change nothing', async (t) => {
  const fixture = repositoryFixture(t);
  const other = repositoryFixture(t);
  other.commit('other');
  for (const [name, value] of Object.entries({ GIT_DIR: join(other.folder, '.git'), GIT_WORK_TREE: other.folder, GIT_INDEX_FILE: join(other.folder, '.git', 'index') })) {
    process.env[name] = value;
    t.after(() => delete process.env[name]);
  }
  assert.equal((await openRepository(fixture.folder)).root, fixture.folder);
});

test('the state folder is excluded once, for this clone only', async (t) => {
  const fixture = repositoryFixture(t);
  const repository = await openRepository(fixture.folder);
  const exclude = join(fixture.folder, '.git', 'info', 'exclude');
  fixture.write('.git/info/exclude', '# mine');
  fixture.write('.trunkline/journal.db', 'x');
  for (let again = 0; again < 3; again += 1) await excludeState(repository, join(fixture.folder, '.trunkline'));
  assert.equal(readFileSync(exclude, 'utf8'), '# mine\n/.trunkline/\n');
  assert.equal(fixture.git('status', '--porcelain'), '');
  await excludeState(repository, temporaryFolder(t));
  assert.equal(readFileSync(exclude, 'utf8'), '# mine\n/.trunkline/\n');
});

test('from a linked work tree the state folder of the main one is excluded', async (t) => {
  const fixture = repositoryFixture(t);
  fixture.commit('one');
  const linked = join(temporaryFolder(t), 'linked');
  fixture.git('worktree', 'add', '--quiet', linked);
  await excludeState(await openRepository(linked), join(fixture.folder, '.trunkline'));
  fixture.write('.trunkline/x', '');
  assert.equal(fixture.git('status', '--porcelain'), '');
});

test('a git that takes too long, or gives too much, is ended and says so', async (t) => {
  const fixture = repositoryFixture(t);
  const repository = await openRepository(fixture.folder);
  const code = (thrown: { record: { code: string } }): string => thrown.record.code;
  // Its input stays open, so this git never ends of itself, however slow or quick the machine is.
  const endless = startGit(repository, ['cat-file', '--batch-check']);
  assert.equal(await gitEnded(endless, 'cat-file', { timeout: 50 }).catch(code), 'GIT_TIMEOUT');
  fixture.write('big', 'x'.repeat(100_000));
  fixture.commit('big');
  assert.equal(await git(repository, ['cat-file', 'blob', 'HEAD:big'], { limitBytes: 1_000 }).catch(code), 'SOURCE_TOO_LARGE');
});

test('without git the error says to install it', async (t) => {
  const path = process.env['PATH'];
  process.env['PATH'] = temporaryFolder(t);
  t.after(() => { process.env['PATH'] = path; });
  await assert.rejects(openRepository(temporaryFolder(t)), (thrown: Error & { record: { code: string; hint: string } }) => thrown.record.code === 'GIT_MISSING' && /install git/.test(thrown.record.hint));
});

test('what git prints is shown without credentials and control characters', () => {
  assert.equal(withoutCredentials('fatal: https://user:p@ss@host/x and ssh://tok@host:22/y, git@host:z'), 'fatal: https://host/x and ssh://host:22/y, git@host:z');
  assert.deepEqual(printable('remote: \u001b[31mred\u001b]0;title\u0007\rsecond\n\n'), ['remote: [31mred]0;title', 'second']);
});
