import assert from 'node:assert/strict';
import { chmodSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { execFileSync } from 'node:child_process';
import { Folder } from '../../foundation/folder.ts';
import { contentOf, contentsOfFolder } from '../contents.ts';
import { checkout } from './checkout.ts';
import { contentsOfCommit } from './contents.ts';
import { openRepository } from './repository.ts';

for (const format of ['sha1', 'sha256'] as const) {
  test(`a folder's contents are named as git names those of the commit that it was laid out from, by ${format}`, async (t) => {
    const root = mkdtempSync(join(tmpdir(), 'contents-'));
    t.after(() => rmSync(root, { recursive: true, force: true }));
    const git = (...args: string[]): string => execFileSync('git', ['-C', join(root, 'repository'), ...args], { encoding: 'utf8', env: { ...process.env, GIT_CONFIG_GLOBAL: '/dev/null', GIT_CONFIG_NOSYSTEM: '1', GIT_AUTHOR_NAME: 'a', GIT_AUTHOR_EMAIL: 'a@example.org', GIT_COMMITTER_NAME: 'a', GIT_COMMITTER_EMAIL: 'a@example.org' } }).trim();
    mkdirSync(join(root, 'repository', 'sub', 'deep'), { recursive: true });
    git('init', '--quiet', `--object-format=${format}`);
    const write = (path: string, text: string): void => writeFileSync(join(root, 'repository', path), text);
    write('empty', '');
    write('sub/größe', 'ö\r\n');
    write('sub/deep/run', '#!/bin/sh\n');
    chmodSync(join(root, 'repository', 'sub/deep/run'), 0o755);
    symlinkSync('sub/größe', join(root, 'repository', 'link'));
    git('add', '--all');
    git('commit', '--quiet', '--message', 'all sorts');
    const commit = git('rev-parse', 'HEAD');
    const repository = await openRepository(join(root, 'repository'));
    await checkout(repository, commit, join(root, 'checkout'));

    const listed = await contentsOfCommit(repository, commit);
    assert.equal(listed.size, 4);
    assert.deepEqual(new Map([...await contentsOfFolder(join(root, 'checkout'), format === 'sha256')].toSorted()), new Map([...listed].toSorted()));

    writeFileSync(join(root, 'checkout', 'empty'), 'x');
    await using folder = await Folder.open(join(root, 'checkout'));
    assert.notEqual(await contentOf(folder, 'empty', format === 'sha256'), listed.get('empty'));
    assert.equal(await contentOf(folder, 'nothing'), undefined);
  });
}
