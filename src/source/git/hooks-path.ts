import { realpath } from 'node:fs/promises';
import { git } from './git.ts';
import type { Repository } from './repository.ts';

/** Where git looks for hooks, and the sort of its configuration that says so: `local`, `global`, `worktree`, `system`. */
export interface HooksPath { readonly path: string; readonly scope: string }

/** What is set, the one that decides last; what a caller gives on git's command line is not asked. */
export async function hooksPaths(repository: Repository): Promise<readonly HooksPath[]> {
  const { text } = await git(repository, ['config', '--show-scope', '-z', '--get-all', 'core.hooksPath'], { configuration: 'user', answers: [1] });
  const words = text.split('\0');
  return words.flatMap((scope, at) => (at % 2 === 0 && words[at + 1] !== undefined && scope !== 'command' ? [{ scope, path: words[at + 1]! }] : []));
}

/** Of this repository alone, all its work trees included; undefined takes it away. */
export async function setLocal(repository: Repository, name: 'core.hooksPath' | 'trunkline.path', value: string | undefined): Promise<void> {
  // Exit code 5: there was none to take away.
  await git(repository, value === undefined ? ['config', '--local', '--unset-all', name] : ['config', '--local', name, value], { answers: [5] });
}

/** Git's own folder of hooks, which it reads where `core.hooksPath` is not set. */
export async function ownHooks(repository: Repository): Promise<string> {
  return `${await realpath(repository.commonFolder)}/hooks`;
}
