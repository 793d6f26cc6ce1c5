import assert from 'node:assert/strict';
import { join } from 'node:path';
import { test } from 'node:test';
import { trackedInFolder } from '../folder/tracked.ts';
import type { Tracked } from '../tracked.ts';
import { checkout } from './checkout.ts';
import { repositoryFixture, temporaryFolder } from './fixture.testing.ts';
import { openRepository } from './repository.ts';
import { trackedAt, trackedInWorkTree } from './tracked.ts';

const texts = async (tracked: Tracked, ...paths: readonly string[]) => Object.fromEntries([...await tracked.read(paths, 100)].map(([path, bytes]) => [path, Buffer.from(bytes).toString()]));

test('the files of a commit are those that git has, whatever lies in a folder now', async (t) => {
  const it = repositoryFixture(t);
  it.write('a.txt', 'committed');
  it.write('dir/ü b\n.txt', 'odd');
  it.write('large.bin', 'x'.repeat(101));
  it.link('link', 'a.txt');
  it.commit('files');
  it.git('update-index', '--add', '--cacheinfo', `160000,${'1'.repeat(40)},modules/e2e`);
  it.git('commit', '--quiet', '--message', 'and a submodule');
  const commit = it.git('rev-parse', 'HEAD');
  const repository = await openRepository(it.folder);
  const lies = temporaryFolder(t);
  await checkout(repository, commit, join(lies, 'checkout'));
  it.write('a.txt', 'changed');
  const listing = { paths: ['a.txt', 'dir/ü b\n.txt', 'large.bin', 'link'], submodules: ['modules/e2e'] };
  const asked = ['dir/ü b\n.txt', 'a.txt', 'large.bin', 'link', 'gone.txt', 'modules/e2e'];

  assert.deepEqual(await trackedAt(repository, commit).list(), listing);
  assert.deepEqual(await texts(trackedAt(repository, commit), ...asked), { 'dir/ü b\n.txt': 'odd', 'a.txt': 'committed' });

  assert.deepEqual(await trackedInWorkTree(repository).list(), listing);
  assert.deepEqual(await texts(trackedInWorkTree(repository), ...asked), { 'dir/ü b\n.txt': 'odd', 'a.txt': 'changed' });

  assert.deepEqual(await trackedInFolder(join(lies, 'checkout')).list(), listing);
  assert.deepEqual(await texts(trackedInFolder(join(lies, 'checkout')), ...asked.slice(0, 5)), { 'dir/ü b\n.txt': 'odd', 'a.txt': 'committed' });
});
