import { git } from './git.ts';
import type { Repository } from './repository.ts';

/** What a first look at a repository shows: for `trunkline init`, before anything is settled. */
export interface Look {
  /** The branch that is most likely the trunk. */
  readonly trunk: string;
  /** Files of the work tree, also those that git does not track yet; what it ignores is left out. */
  readonly files: readonly string[];
}

export async function lookAt(repository: Repository): Promise<Look> {
  const { text } = await git(repository, ['ls-files', '-z', '--cached', '--others', '--exclude-standard']);
  return { trunk: await likelyTrunk(repository), files: [...new Set(text.split('\0').filter(Boolean))].sort() };
}

/** The remote's own choice, else what everybody calls it, else where the work tree stands. */
async function likelyTrunk(repository: Repository): Promise<string> {
  const remote = await branchOf(repository, 'refs/remotes/origin/HEAD');
  if (remote !== undefined) return remote.replace(/^origin\//, '');
  for (const usual of ['main', 'master', 'trunk']) {
    if ((await git(repository, ['show-ref', '--verify', '--quiet', `refs/heads/${usual}`], { answers: [1] })).code === 0) return usual;
  }
  return await branchOf(repository, 'HEAD') ?? 'main';
}

async function branchOf(repository: Repository, symbolic: string): Promise<string | undefined> {
  const { code, text } = await git(repository, ['symbolic-ref', '--quiet', '--short', symbolic], { answers: [1] });
  return code === 0 && text !== '' ? text : undefined;
}
