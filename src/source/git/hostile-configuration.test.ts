import assert from 'node:assert/strict';
import { appendFileSync, chmodSync, existsSync, mkdirSync, readFileSync, readdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test, type TestContext } from 'node:test';
import { commitOnBranch } from './branch.ts';
import { contentsOfCommit } from './contents.ts';
import { cloneOf, repositoryFixture, temporaryFolder, type RepositoryFixture } from './fixture.testing.ts';
import { openHistory } from './history.ts';
import { lookAt } from './look.ts';
import { openRepository } from './repository.ts';
import { openStaged } from './staged.ts';
import { trackedAt, trackedInWorkTree } from './tracked.ts';
import { openTrunk } from './trunk.ts';
import { openWorkTree } from './worktree.ts';

/** A clone whose git folder a hostile release may write, and a program that tells when it was run. */
interface Prey {
  readonly origin: RepositoryFixture;
  readonly clone: RepositoryFixture;
  readonly program: string;
  readonly wasRun: () => string;
}

function prey(t: TestContext): Prey {
  const origin = repositoryFixture(t);
  origin.write('a.txt', 'one\n');
  origin.write('.gitattributes', '* filter=evil diff=evil merge=evil\n');
  origin.commit('one');
  const clone = cloneOf(t, origin);
  const folder = temporaryFolder(t);
  const [program, mark] = [join(folder, 'program'), join(folder, 'was-run')];
  writeFileSync(program, `#!/bin/sh\necho "$0 $*" >> ${mark}\nexec cat\n`);
  chmodSync(program, 0o755);
  return { origin, clone, program, wasRun: () => (existsSync(mark) ? readFileSync(mark, 'utf8') : '') };
}

/** Everything that a host and its commands ask of git. */
async function useEverything(t: TestContext, { origin, clone }: Prey): Promise<void> {
  const pushed = origin.commit('two');
  clone.write('a.txt', 'changed\n');
  clone.write('b.txt', 'new\n');
  const repository = await openRepository(clone.folder);
  const trunk = await openTrunk(repository, 'main');
  assert.equal(await trunk.head(), pushed, 'what the remote has is what is built');
  const { commits } = await trunk.since([]);
  assert.deepEqual(commits.map(({ id }) => id), [pushed]);
  assert.equal((await trunk.find(pushed)).id, pushed);
  await trunk.checkout(pushed, join(temporaryFolder(t), 'checkout'));
  const signal = new AbortController().signal;
  for (const looked of [{ commit: pushed }, 'staged', 'worktree'] as const) {
    const history = openHistory(repository, looked);
    await history.changedLines();
    for await (const { path } of history.files(signal)) assert.ok(path);
    for await (const { path } of history.versions(signal)) assert.ok(path);
  }
  const tree = openWorkTree(repository);
  assert.equal(await tree.isDirty(), true);
  await tree.files();
  await tree.checkoutWorkTree(join(temporaryFolder(t), 'work-tree'));
  await tree.checkoutIndex(join(temporaryFolder(t), 'index'));
  await using staged = await openStaged(repository);
  await staged.changedLines();
  await staged.layOut(join(temporaryFolder(t), 'staged'));
  await lookAt(repository);
  await contentsOfCommit(repository, pushed);
  await trackedAt(repository, pushed).list();
  await trackedInWorkTree(repository).list();
  const files = new Map([['a.txt', Buffer.from('fixed\n')]]);
  await commitOnBranch(repository, { base: pushed, files, message: 'fix', branch: 'fix' });
}

/** Values that name a program, or let one be named. PROGRAM is replaced. */
const VALUES: { readonly [what: string]: { readonly [key: string]: string } } = {
  'how a remote is reached': {
    'core.sshCommand': 'PROGRAM', 'core.gitProxy': 'PROGRAM', 'core.askPass': 'PROGRAM', 'remote.origin.uploadpack': 'PROGRAM',
    'remote.origin.vcs': 'ext', 'credential.helper': '!PROGRAM', 'uploadpack.packObjectsHook': 'PROGRAM',
    'core.alternateRefsCommand': 'PROGRAM', 'protocol.ext.allow': 'always', 'protocol.allow': 'always',
    'remote.origin.promisor': 'false', 'fetch.recurseSubmodules': 'true', 'submodule.recurse': 'true',
  },
  'how files are filtered, compared and merged': {
    'filter.evil.clean': 'PROGRAM', 'filter.evil.smudge': 'PROGRAM', 'filter.evil.process': 'PROGRAM', 'filter.evil.required': 'true',
    'diff.external': 'PROGRAM', 'diff.evil.command': 'PROGRAM', 'diff.evil.textconv': 'PROGRAM', 'merge.evil.driver': 'PROGRAM',
  },
  'what git starts beside its work': {
    'core.fsmonitor': 'PROGRAM', 'core.pager': 'PROGRAM', 'pager.log': 'PROGRAM', 'core.editor': 'PROGRAM', 'sequence.editor': 'PROGRAM',
    'gpg.program': 'PROGRAM', 'commit.gpgSign': 'true', 'log.showSignature': 'true', 'alias.fetch': '!PROGRAM', 'alias.status': '!PROGRAM',
    'core.splitIndex': 'true', 'core.bigFileThreshold': '1',
  },
};

for (const [what, values] of Object.entries(VALUES)) {
  test(`the repository's own configuration of ${what} chooses no program and changes no answer`, async (t) => {
    const found = prey(t);
    for (const [key, value] of Object.entries(values)) found.clone.git('config', key, value.replace('PROGRAM', found.program));
    await useEverything(t, found);
    assert.equal(found.wasRun(), '');
  });
}

test('all of them at once, included from another file, in a file of the work tree\'s own, choose no program', async (t) => {
  const found = prey(t);
  const more = join(temporaryFolder(t), 'more');
  for (const [key, value] of Object.values(VALUES).flatMap(Object.entries<string>)) found.clone.git('config', '--file', more, key, value.replace('PROGRAM', found.program));
  found.clone.git('config', 'include.path', more);
  found.clone.git('config', `includeIf.gitdir:${found.clone.folder}/.path`, more);
  found.clone.git('config', 'extensions.worktreeConfig', 'true');
  writeFileSync(join(found.clone.folder, '.git', 'config.worktree'), readFileSync(more));
  await useEverything(t, found);
  assert.equal(found.wasRun(), '');
});

test('hooks, attributes, grafts and old descriptions of remotes in the git folder choose no program', async (t) => {
  const found = prey(t);
  const inGit = (path: string): string => join(found.clone.folder, '.git', path);
  for (const name of ['hooks', 'info', 'remotes', 'branches']) mkdirSync(inGit(name), { recursive: true });
  for (const hook of ['post-checkout', 'reference-transaction', 'post-index-change', 'pre-auto-gc', 'fsmonitor-watchman', 'pre-commit', 'post-commit', 'update', 'post-rewrite']) {
    symlinkSync(found.program, inGit(`hooks/${hook}`));
  }
  found.clone.git('config', 'core.hooksPath', inGit('hooks'));
  writeFileSync(inGit('info/attributes'), '* filter=evil diff=evil\n');
  writeFileSync(inGit('remotes/origin'), `URL: ext::${found.program}\n`);
  writeFileSync(inGit('branches/origin'), `ext::${found.program}\n`);
  await useEverything(t, found);
  assert.equal(found.wasRun(), '');
});

test('attributes in the git folder hide no changed line', async (t) => {
  const { origin, clone } = prey(t);
  clone.write('a.txt', 'changed\n');
  writeFileSync(join(clone.folder, '.git', 'info', 'attributes'), '* -diff\n');
  const repository = await openRepository(clone.folder);
  assert.deepEqual((await openHistory(repository, 'worktree').changedLines()).get('a.txt'), [[1, 1]]);
  assert.equal(origin.git('rev-parse', 'HEAD'), await (await openTrunk(repository, 'main')).head());
});

test('no address is rewritten by the repository\'s own configuration', async (t) => {
  const found = prey(t);
  const other = repositoryFixture(t);
  other.commit('not the trunk');
  found.clone.git('config', `url.${other.folder}.insteadOf`, found.origin.folder);
  await useEverything(t, found);
});

test('an address that would run a program is refused by git, whatever the repository allows', async (t) => {
  const found = prey(t);
  found.clone.git('config', 'remote.origin.url', `ext::${found.program}`);
  found.clone.git('config', 'protocol.ext.allow', 'always');
  await assert.rejects((await openTrunk(await openRepository(found.clone.folder), 'main')).head(), /ext/);
  assert.equal(found.wasRun(), '');
});

test('where a program of the repository\'s own was needed to reach the remote, it is named', async (t) => {
  const { clone } = prey(t);
  clone.git('config', 'remote.origin.url', 'http://127.0.0.1:9/orders.git');
  clone.git('config', 'core.sshCommand', 'ssh -i key');
  const trunk = await openTrunk(await openRepository(clone.folder), 'main');
  await assert.rejects(trunk.head(), ({ record }: { record: { code: string; hint: string } }) =>
    record.code === 'SOURCE_UNREACHABLE' && /core\.sshcommand .*git config --global/.test(record.hint));
});

test('the user\'s own configuration still says how the remote is reached', async (t) => {
  const { origin, clone } = prey(t);
  const file = join(temporaryFolder(t), 'gitconfig');
  const included = join(temporaryFolder(t), 'included');
  writeFileSync(included, `[url "${origin.folder}"]\n\tinsteadOf = place:\n`);
  writeFileSync(file, `[includeIf "gitdir:${clone.folder}/"]\n\tpath = ${included}\n`);
  const before = process.env['GIT_CONFIG_GLOBAL'];
  process.env['GIT_CONFIG_GLOBAL'] = file;
  t.after(() => before === undefined ? delete process.env['GIT_CONFIG_GLOBAL'] : process.env['GIT_CONFIG_GLOBAL'] = before);
  clone.git('config', 'remote.origin.url', 'place:');
  assert.equal(await (await openTrunk(await openRepository(clone.folder), 'main')).head(), origin.git('rev-parse', 'HEAD'));
});

test('a work tree that the configuration puts elsewhere, borrowed objects of others and a partial clone are refused', async (t) => {
  const code = async (folder: string): Promise<string> => openRepository(folder).then(() => 'opened', (thrown) => thrown.record.code);
  const { clone, origin } = prey(t);
  const elsewhere = temporaryFolder(t);
  clone.git('config', 'core.worktree', elsewhere);
  assert.equal(await code(clone.folder), 'REPOSITORY_ELSEWHERE');
  clone.git('config', '--unset', 'core.worktree');
  clone.git('config', 'remote.origin.promisor', 'true');
  assert.equal(await code(clone.folder), 'REPOSITORY_PARTIAL');
  clone.git('config', '--unset', 'remote.origin.promisor');
  const alternates = join(clone.folder, '.git', 'objects', 'info', 'alternates');
  mkdirSync(join(alternates, '..'), { recursive: true });
  writeFileSync(alternates, `${join(origin.folder, '.git', 'objects')}\n`);
  assert.equal(await code(clone.folder), 'opened', 'as "git clone --reference" has it');
  appendFileSync(alternates, '/proc/1/root\n');
  assert.equal(await code(clone.folder), 'REPOSITORY_BORROWS');
});

test('views of repositories that are gone are forgotten', async (t) => {
  const cache = temporaryFolder(t);
  const before = process.env['XDG_CACHE_HOME'];
  process.env['XDG_CACHE_HOME'] = cache;
  t.after(() => before === undefined ? delete process.env['XDG_CACHE_HOME'] : process.env['XDG_CACHE_HOME'] = before);
  const views = (): number => readdirSync(join(cache, 'trunkline', 'git')).length;
  const { clone } = prey(t);
  await openRepository(clone.folder);
  await openRepository(clone.folder);
  assert.equal(views(), 1);
  symlinkSync('/nowhere/at/all', join(mkdirSync(join(cache, 'trunkline', 'git', 'old'), { recursive: true })!, 'objects'));
  await openRepository(prey(t).clone.folder);
  assert.equal(views(), 2);
});
