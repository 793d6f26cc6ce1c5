import { realpath } from 'node:fs/promises';
import { join } from 'node:path';
import { configurationOf, type ConfigurationValue } from './configuration.ts';
import { git } from './git.ts';
import type { Repository } from './repository.ts';

/** Where git looks for hooks, and the sort of its configuration that says so: `local`, `global`, `worktree`, `system`. */
export interface HooksPath { readonly path: string; readonly scope: ConfigurationValue['scope'] }

/** What is set, the one that decides last; what a caller gives on git's command line is not asked. */
export async function hooksPaths(repository: Repository): Promise<readonly HooksPath[]> {
  const values = await configurationOf(repository);
  return values.flatMap(({ scope, key, value }) => (key === 'core.hookspath' && value !== undefined ? [{ scope, path: value }] : []));
}

/** Of this repository alone, all its work trees included; undefined takes it away. */
export async function setLocal(repository: Repository, name: 'core.hooksPath' | 'trunkline.path', value: string | undefined): Promise<void> {
  const file = ['--file', join(repository.commonFolder, 'config')];
  // Exit code 5: there was none to take away.
  await git(repository, value === undefined ? ['config', ...file, '--unset-all', name] : ['config', ...file, name, value], { answers: [5] });
}

/** Git's own folder of hooks, which it reads where `core.hooksPath` is not set. */
export async function ownHooks(repository: Repository): Promise<string> {
  return `${await realpath(repository.commonFolder)}/hooks`;
}
