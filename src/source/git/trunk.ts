import { TrunklineError, errorRecord } from '../../foundation/errors.ts';
import type { Millis } from '../../foundation/units.ts';
import type { Commit } from '../../journal/events.ts';
import type { Movement, Trunk } from '../trunk.ts';
import { checkout } from './checkout.ts';
import { readCommits } from './commits.ts';
import { configurationOf, originOf, reaching, unused } from './configuration.ts';
import { git } from './git.ts';
import { orphansOf } from './orphans.ts';
import { HASH, type Repository } from './repository.ts';
import { resolve, trunkCommit } from './resolve.ts';

const FETCH_TIMEOUT: Millis = 300_000;

/**
 * The trunk of a repository: the branch `trunk` of the remote `origin`, where there is one, else of the repository.
 * @throws {TrunklineError} `TRUNK_INVALID` when that is no name of a branch.
 */
export async function openTrunk(repository: Repository, trunk: string): Promise<Trunk> {
  const valid = !trunk.startsWith('-') && (await git(repository, ['check-ref-format', `refs/heads/${trunk}`], { answers: [1] })).code === 0;
  if (!valid) throw new TrunklineError('TRUNK_INVALID', 'usage', `${JSON.stringify(trunk)} cannot be the name of a branch`, 'correct "trunk" in trunkline.config.ts');
  const origin = originOf(await configurationOf(repository));
  const name = origin === undefined ? trunk : `origin/${trunk}`;
  const ref = origin === undefined ? `refs/heads/${trunk}` : `refs/remotes/origin/${trunk}`;

  const head = async (): Promise<string> => {
    if (origin !== undefined) await fetchTrunk(repository, trunk, origin);
    const found = await resolve(repository, ref);
    if (found === undefined) throw await missing(repository, name);
    return found;
  };

  return {
    name,
    head,
    since: async (seen) => movement(repository, seen, await head()),
    find: async (word) => findCommit(repository, name, await head(), word),
    checkout: (commit, folder) => checkout(repository, commit, folder),
  };
}

/**
 * The one call of git that uses the network and the user's configuration, which knows how to sign in. Of the
 * repository's own configuration it sees no program.
 */
async function fetchTrunk(repository: Repository, trunk: string, origin: string): Promise<void> {
  const args = ['fetch', '--quiet', '--no-tags', '--no-prune', '--no-recurse-submodules', '--no-write-fetch-head', '--refmap=',
    '--end-of-options', 'origin', `+refs/heads/${trunk}:refs/remotes/origin/${trunk}`];
  const values = await configurationOf(repository);
  try {
    await git(repository, args, { configuration: 'user', env: reaching(values, origin), timeout: FETCH_TIMEOUT });
  } catch (thrown) {
    const { code, message, lastLines } = errorRecord(thrown);
    if (code !== 'GIT_FAILED' && code !== 'GIT_TIMEOUT') throw thrown;
    if (/couldn't find remote ref/i.test([message, ...(lastLines ?? [])].join('\n'))) throw await missing(repository, `origin/${trunk}`);
    const left = unused(values);
    const hint = left.length === 0 ? 'check the network and that "git fetch origin" works without asking for a password; nobody is asked here'
      : `${left.join(', ')} of the repository's own configuration is not used here, since code of a release could have written it; `
        + 'if it is needed, move it to your own: git config --global';
    throw new TrunklineError('SOURCE_UNREACHABLE', 'infra', `the trunk could not be fetched from origin: ${message}`, hint, lastLines);
  }
}

async function missing(repository: Repository, name: string): Promise<TrunklineError> {
  const { text } = await git(repository, ['for-each-ref', '--count=10', '--format=%(refname:short)', 'refs/heads']);
  const branches = text === '' ? 'it has no commit yet' : `its branches are ${text.split('\n').join(', ')}`;
  return new TrunklineError('TRUNK_MISSING', 'usage', `there is no trunk ${name} in ${repository.root}: ${branches}`, 'commit and push the trunk, or correct "trunk" in trunkline.config.ts');
}

async function findCommit(repository: Repository, name: string, head: string, word: string | undefined): Promise<Commit> {
  const id = word === undefined ? head : await trunkCommit(repository, name, head, word);
  const [commit] = await readCommits(repository, [id]);
  return commit!;
}

async function movement(repository: Repository, seen: readonly string[], head: string): Promise<Movement> {
  const from = seen.at(-1);
  if (from === head) return { head, commits: [] };
  if (from === undefined) return { head, commits: await readCommits(repository, [head]) };
  if (await isAncestor(repository, from, head)) return { head, commits: await readCommits(repository, await firstParents(repository, head, [from])) };
  const orphaned = await orphansOf(repository, seen, head);
  const kept = seen.filter((id) => !orphaned.includes(id));
  // A trunk that shares nothing with what was seen begins anew, as at the first start.
  const ids = kept.length === 0 ? [head] : await firstParents(repository, head, kept);
  return { head, commits: await readCommits(repository, ids), rewritten: { from, to: head, orphaned } };
}

/** The first parents of `head` that none of `known` contains, oldest first. */
async function firstParents(repository: Repository, head: string, known: readonly string[]): Promise<string[]> {
  const input = [head, ...known.map((id) => `^${id}`), ''].join('\n');
  const { text } = await git(repository, ['rev-list', '--first-parent', '--reverse', '--stdin'], { input });
  return text === '' ? [] : text.split('\n');
}

async function isAncestor(repository: Repository, older: string, newer: string): Promise<boolean> {
  if (!HASH.test(older)) return false;
  // 128: the older one is not there at all.
  return (await git(repository, ['merge-base', '--is-ancestor', older, newer], { answers: [1, 128] })).code === 0;
}
