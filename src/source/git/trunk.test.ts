import assert from 'node:assert/strict';
import { existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test, type TestContext } from 'node:test';
import type { TrunklineError } from '../../foundation/errors.ts';
import type { Trunk } from '../trunk.ts';
import { cloneOf, repositoryFixture, temporaryFolder, type RepositoryFixture } from './fixture.testing.ts';
import { openRepository } from './repository.ts';
import { openTrunk } from './trunk.ts';

const refusal = (code: string, message = /./) => (thrown: unknown): true => {
  const { record } = thrown as TrunklineError;
  assert.equal(record?.code, code, String(thrown));
  assert.match(`${record.message} | ${record.hint}`, message);
  return true;
};

const trunkOf = async (fixture: RepositoryFixture, name = 'main'): Promise<Trunk> => openTrunk(await openRepository(fixture.folder), name);

function withCommits(t: TestContext, ...messages: readonly string[]): { repository: RepositoryFixture; ids: string[] } {
  const repository = repositoryFixture(t);
  return { repository, ids: messages.map((message) => repository.commit(message)) };
}

test('without a remote the trunk is the local branch', async (t) => {
  const { repository, ids } = withCommits(t, 'one', 'two');
  const trunk = await trunkOf(repository);
  assert.equal(trunk.name, 'main');
  assert.equal(await trunk.head(), ids[1]);
});

test('with a remote the trunk is what the remote has, fetched each time, and the work tree stays as it is', async (t) => {
  const { repository: origin } = withCommits(t, 'one');
  const clone = cloneOf(t, origin);
  const local = clone.commit('only here');
  const trunk = await trunkOf(clone);
  assert.equal(trunk.name, 'origin/main');
  const pushed = origin.commit('two');
  assert.equal(await trunk.head(), pushed);
  assert.equal(clone.git('rev-parse', 'HEAD'), local);
  assert.equal(existsSync(join(clone.folder, '.git', 'FETCH_HEAD')), false, 'the user\'s FETCH_HEAD is theirs');
});

test('a remote that does not answer is an error of the machinery, without the password in its address', async (t) => {
  const { repository } = withCommits(t, 'one');
  repository.git('remote', 'add', 'origin', 'http://robot:hunter2@127.0.0.1:9/orders.git');
  await assert.rejects((await trunkOf(repository)).head(), (thrown: TrunklineError) => {
    refusal('SOURCE_UNREACHABLE')(thrown);
    assert.equal(thrown.record.class, 'infra');
    assert.doesNotMatch(JSON.stringify(thrown.record), /hunter2|robot/);
    return true;
  });
});

test('a trunk that does not exist is named, with the branches that do', async (t) => {
  const { repository: origin } = withCommits(t, 'one');
  await assert.rejects((await trunkOf(origin, 'trunk')).head(), refusal('TRUNK_MISSING', /no trunk trunk .*branches are main/));
  await assert.rejects((await trunkOf(cloneOf(t, origin), 'trunk')).head(), refusal('TRUNK_MISSING', /origin\/trunk/));
  await assert.rejects((await trunkOf(repositoryFixture(t))).head(), refusal('TRUNK_MISSING', /no commit yet/));
});

for (const name of ['-h', '--upload-pack=touch owned', '--output=owned', 'a..b', 'a b', '', '@{-1}', 'x\ny', 'a/../b', 'refs/heads/x.lock']) {
  test(`a trunk called ${JSON.stringify(name)} is refused before git sees it as anything else`, async (t) => {
    const { repository } = withCommits(t, 'one');
    await assert.rejects(trunkOf(repository, name), refusal('TRUNK_INVALID'));
    assert.equal(existsSync(join(repository.folder, 'owned')), false);
  });
}

test('the first look shows the head alone', async (t) => {
  const { repository, ids } = withCommits(t, 'one', 'two');
  const movement = await (await trunkOf(repository)).since([]);
  assert.deepEqual(movement.commits.map(({ id }) => id), [ids[1]]);
  assert.equal(movement.rewritten, undefined);
});

test('later looks show every new commit, oldest first, and then nothing', async (t) => {
  const { repository, ids } = withCommits(t, 'one', 'two', 'three');
  const trunk = await trunkOf(repository);
  assert.deepEqual((await trunk.since([ids[0]!])).commits.map(({ id, subject }) => [id, subject]), [[ids[1], 'two'], [ids[2], 'three']]);
  assert.deepEqual(await trunk.since(ids), { head: ids[2], commits: [] });
});

test('of a merge only the merge is on the trunk, not the commits of its branch', async (t) => {
  const { repository, ids } = withCommits(t, 'one');
  repository.git('checkout', '--quiet', '-b', 'topic');
  const inside = repository.commit('on the branch');
  repository.git('checkout', '--quiet', 'main');
  repository.git('merge', '--quiet', '--no-ff', '-m', 'merge topic', 'topic');
  const merge = repository.git('rev-parse', 'HEAD');
  const trunk = await trunkOf(repository);
  assert.deepEqual((await trunk.since(ids)).commits.map(({ id }) => id), [merge]);
  await assert.rejects(trunk.find(inside), refusal('NOT_ON_TRUNK', new RegExp(`run the merge: ${merge.slice(0, 12)}`)));
});

test('a trunk that was rewritten names the commits that it lost, and shows those that it gained', async (t) => {
  const { repository, ids } = withCommits(t, 'one', 'two', 'three');
  repository.git('reset', '--quiet', '--hard', ids[0]!);
  const gained = repository.commit('other');
  const movement = await (await trunkOf(repository)).since(ids);
  assert.deepEqual(movement.rewritten, { from: ids[2], to: gained, orphaned: [ids[1], ids[2]] });
  assert.deepEqual(movement.commits.map(({ id }) => id), [gained]);
});

test('a trunk that was moved back has lost commits and gained none', async (t) => {
  const { repository, ids } = withCommits(t, 'one', 'two');
  repository.git('reset', '--quiet', '--hard', ids[0]!);
  assert.deepEqual(await (await trunkOf(repository)).since(ids), { head: ids[0], commits: [], rewritten: { from: ids[1], to: ids[0], orphaned: [ids[1]] } });
});

test('commits that are gone from the disk count as lost, and an unrelated trunk begins anew', async (t) => {
  const { repository, ids } = withCommits(t, 'one', 'two');
  repository.git('checkout', '--quiet', '--orphan', 'fresh');
  const first = repository.commit('another history');
  const second = repository.commit('goes on');
  repository.git('branch', '--quiet', '-M', 'fresh', 'main');
  repository.git('reflog', 'expire', '--expire=now', '--all');
  repository.git('gc', '--quiet', '--prune=now');
  assert.notEqual(first, second);
  const movement = await (await trunkOf(repository)).since(ids);
  assert.deepEqual(movement.rewritten?.orphaned, ids);
  assert.deepEqual(movement.commits.map(({ id }) => id), [second]);
});

test('a commit is found by its hash, the beginning of it, a ref, and by default as the head', async (t) => {
  const { repository, ids } = withCommits(t, 'one', 'two');
  repository.git('tag', '-a', '-m', 'annotated', 'v1', ids[0]!);
  const trunk = await trunkOf(repository);
  for (const word of [ids[0]!, ids[0]!.slice(0, 10), 'v1', 'main~1', 'HEAD^']) assert.equal((await trunk.find(word)).id, ids[0], word);
  assert.equal((await trunk.find()).id, ids[1]);
});

test('a commit of another branch is refused, naming that branch and what to do', async (t) => {
  const { repository } = withCommits(t, 'one');
  repository.git('checkout', '--quiet', '-b', 'topic');
  const topic = repository.commit('work');
  await assert.rejects((await trunkOf(repository)).find(topic), refusal('NOT_ON_TRUNK', /is on topic, not on the trunk main.*merge it/));
});

test('a commit of the local trunk that was not pushed is to be pushed', async (t) => {
  const { repository: origin } = withCommits(t, 'one');
  const clone = cloneOf(t, origin);
  const local = clone.commit('not pushed');
  await assert.rejects((await trunkOf(clone)).find(local), refusal('NOT_ON_TRUNK', /is on main, not on the trunk origin\/main.*git push origin main/));
});

for (const word of ['-h', '--output=owned', 'deadbeef', ':/one', 'HEAD..main', 'main@{1 day ago}', 'main:README', '$(touch owned)', 'a\0b', '', '0'.repeat(40), 'x'.repeat(5_000)]) {
  test(`the word ${JSON.stringify(word.slice(0, 30))} stands for no commit`, async (t) => {
    const { repository } = withCommits(t, 'one');
    await assert.rejects((await trunkOf(repository)).find(word), refusal('COMMIT_UNKNOWN'));
    assert.equal(existsSync(join(repository.folder, 'owned')), false);
  });
}

test('no hook and no monitor of the repository runs, whatever is asked', async (t) => {
  const { repository: origin, ids } = withCommits(t, 'one');
  const clone = cloneOf(t, origin);
  const mark = join(temporaryFolder(t), 'ran');
  const hook = `#!/bin/sh\necho "$0" >> '${mark}'\n`;
  for (const name of ['post-checkout', 'reference-transaction', 'post-index-change', 'pre-auto-gc', 'post-merge']) clone.write(`.git/hooks/${name}`, hook, 0o755);
  clone.write('monitor', hook, 0o755);
  clone.git('config', 'core.fsmonitor', join(clone.folder, 'monitor'));
  rmSync(mark, { force: true });
  const trunk = await trunkOf(clone);
  origin.commit('two');
  await trunk.since(ids);
  await trunk.checkout(ids[0]!, join(temporaryFolder(t), 'out'));
  assert.equal(existsSync(mark) ? readFileSync(mark, 'utf8') : '', '');
});

test('what a commit says about itself is kept as it is, and never too long', async (t) => {
  const repository = repositoryFixture(t);
  const reverted = repository.commit('${{ secrets.X }} {{constructor}} \u001b[31m <script> \u202egnp.exe');
  const reverting = repository.commit(`Revert it\n\nThis reverts commit ${reverted}.\n\n> This reverts commit ${'1'.repeat(40)}.\nThis reverts commit abc1234.`);
  repository.commit('x'.repeat(1_000_000));
  const trunk = await trunkOf(repository);
  const first = await trunk.find(reverted);
  const [second, third] = (await trunk.since([reverted])).commits;
  assert.equal(first.subject, '${{ secrets.X }} {{constructor}} \u001b[31m <script> \u202egnp.exe');
  assert.equal(first.author, 'Ada <ada@example.org>');
  assert.equal(first.tree, repository.git('rev-parse', `${reverted}^{tree}`));
  assert.deepEqual([second?.id, second?.subject, second?.reverts], [reverting, 'Revert it', [reverted]]);
  assert.equal(third?.subject.length, 300);
});

test('a message in another encoding is read in it, and bytes that are no text do no harm', async (t) => {
  const repository = repositoryFixture(t);
  repository.git('config', 'i18n.commitEncoding', 'ISO-8859-1');
  const message = join(temporaryFolder(t), 'message');
  writeFileSync(message, Buffer.from('Gr\xfc\xdfe', 'latin1'));
  repository.git('commit', '--quiet', '--allow-empty', '-F', message);
  assert.equal((await (await trunkOf(repository)).find()).subject, 'Grüße');
  repository.git('config', 'i18n.commitEncoding', 'no-such-encoding');
  repository.git('commit', '--quiet', '--allow-empty', '-F', message);
  assert.match((await (await trunkOf(repository)).find()).subject, /^Gr/);
});

test('replaced objects are not believed', async (t) => {
  const { repository, ids } = withCommits(t, 'one', 'two');
  repository.git('replace', ids[1]!, ids[0]!);
  assert.equal((await (await trunkOf(repository)).find(ids[1]!)).subject, 'two');
});

test('a name that stands for several commits is refused with all of them, and the whole hash is not', async (t) => {
  const { repository, ids } = withCommits(t, 'one', 'two');
  const trunk = await trunkOf(repository);
  repository.git('tag', ids[1]!.slice(0, 8), ids[0]!);
  await assert.rejects(trunk.find(ids[1]!.slice(0, 8)), refusal('COMMIT_AMBIGUOUS', /refs\/tags\/.*the hash/));
  assert.equal((await trunk.find(ids[1]!.slice(0, 9))).id, ids[1]);
  repository.git('tag', 'main', ids[0]!);
  await assert.rejects(trunk.find('main'), refusal('COMMIT_AMBIGUOUS', /refs\/tags\/main.*refs\/heads\/main/));
  await assert.rejects(trunk.find('main~1'), refusal('COMMIT_AMBIGUOUS'));
  assert.equal((await trunk.find('refs/heads/main')).id, ids[1]);
  repository.git('tag', ids[1]!, ids[0]!);
  assert.equal((await trunk.find(ids[1]!)).id, ids[1]);
  repository.git('tag', 'HEAD', ids[0]!);
  await assert.rejects(trunk.find('HEAD'), refusal('COMMIT_AMBIGUOUS'));
});
