import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { mkdtempSync, realpathSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { openRepository } from './source/git/repository.ts';
import { foldersOf } from './work-trees.ts';

test('of a repository every work tree is known, from each of them', async (context) => {
  const folder = realpathSync(mkdtempSync(join(tmpdir(), 'tl-trees-')));
  context.after(() => rmSync(folder, { recursive: true }));
  const [main, one, two] = ['main', 'one', 'a two'].map((name) => join(folder, name)) as [string, string, string];
  const git = (...words: string[]): string => execFileSync('git', ['-c', 'user.name=K', '-c', 'user.email=k@example.org', ...words], { encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'] });
  git('init', '--quiet', main);
  git('-C', main, 'commit', '--quiet', '--allow-empty', '--message', 'first');
  git('-C', main, 'worktree', 'add', '--quiet', one);
  git('-C', main, 'worktree', 'add', '--quiet', '-b', 'two', two);
  for (const tree of [main, one, two]) {
    const found = foldersOf(await openRepository(tree));
    for (const wanted of [main, one, two, join(main, '.git')]) assert.ok(found.includes(wanted), `${wanted} from ${tree}`);
  }
});
