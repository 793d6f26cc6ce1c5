import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { commitOnBranch } from './branch.ts';
import { repositoryFixture } from './fixture.testing.ts';
import { openRepository } from './repository.ts';

test('a commit on a new branch leaves work tree, index and the branch that is checked out as they are', async (t) => {
  const fixture = repositoryFixture(t);
  fixture.write('a.txt', 'one\n');
  fixture.write('run [x].sh', 'one\n', 0o755);
  const base = fixture.commit('first');
  fixture.write('a.txt', 'staged\n');
  fixture.git('add', 'a.txt');
  fixture.write('a.txt', 'work\n');
  fixture.write('.git/hooks/post-commit', '#!/bin/sh\ntouch hooked\n', 0o755);
  const before = fixture.git('status', '--porcelain=v2', '--branch');
  const repository = await openRepository(fixture.folder);
  const files = new Map([['a.txt', Buffer.from('fixed\n')], ['run [x].sh', Buffer.from('two\n')]]);
  const { branch, commit } = await commitOnBranch(repository, { base, files, message: 'Fix it\n\nBecause.\n', branch: 'trunkline/fix-a' });
  assert.equal(branch, 'trunkline/fix-a');
  assert.equal(fixture.git('status', '--porcelain=v2', '--branch'), before);
  assert.equal(readFileSync(join(fixture.folder, 'a.txt'), 'utf8'), 'work\n');
  assert.equal(fixture.git('show', `${branch}:a.txt`), 'fixed');
  assert.match(fixture.git('ls-tree', branch, 'run [x].sh'), /^100755/);
  assert.equal(fixture.git('log', '-1', '--format=%P|%s|%b', commit), `${base}|Fix it|Because.\n`.trimEnd());
  assert.ok(!fixture.git('status', '--porcelain').includes('hooked'));
});

test('a branch that is there is never moved: the next one has a number', async (t) => {
  const fixture = repositoryFixture(t);
  fixture.write('a.txt', 'one\n');
  const base = fixture.commit('first');
  const repository = await openRepository(fixture.folder);
  const made = async () => (await commitOnBranch(repository, { base, files: new Map([['a.txt', Buffer.from('two\n')]]), message: 'x', branch: 'trunkline/fix' })).branch;
  assert.deepEqual([await made(), await made(), await made()], ['trunkline/fix', 'trunkline/fix-2', 'trunkline/fix-3']);
});
