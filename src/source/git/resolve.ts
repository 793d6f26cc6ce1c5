import { TrunklineError } from '../../foundation/errors.ts';
import { git } from './git.ts';
import { HASH, type Repository } from './repository.ts';

/** Hashes, names of refs and `~` or `^` behind them. What git would read as an option, a range or a search is none. */
const WORD = /^[\p{L}\p{N}_@][\p{L}\p{N}_@./#+~^-]{0,249}$/u;

/** The full hash of the commit that a word stands for; undefined when there is none. */
export async function resolve(repository: Repository, word: string): Promise<string | undefined> {
  if (!WORD.test(word) || word.includes('..') || word.includes('@{')) return undefined;
  const { code, text } = await git(repository, ['rev-parse', '--verify', '--quiet', '--end-of-options', `${word}^{commit}`], { answers: [1, 128] });
  return code === 0 && HASH.test(text) ? text : undefined;
}

/**
 * A word as a commit of the trunk's own line.
 * @throws {TrunklineError} `COMMIT_UNKNOWN`; `NOT_ON_TRUNK`, with what to do about it.
 */
export async function trunkCommit(repository: Repository, trunk: string, head: string, word: string): Promise<string> {
  const commit = await resolve(repository, word);
  if (commit === undefined) {
    throw new TrunklineError('COMMIT_UNKNOWN', 'usage', `${JSON.stringify(word.slice(0, 100))} is no commit of this repository, or the beginning of more than one`,
      'give a hash as "git log" shows it, or a branch');
  }
  const { text } = await git(repository, ['rev-list', '--first-parent', head, '--not', `${commit}^@`]);
  if (text.split('\n').includes(commit)) return commit;
  throw await notOnTrunk(repository, trunk, head, commit);
}

async function notOnTrunk(repository: Repository, trunk: string, head: string, commit: string): Promise<TrunklineError> {
  const short = commit.slice(0, 12);
  const merge = await mergedBy(repository, head, commit);
  if (merge !== undefined) {
    return new TrunklineError('NOT_ON_TRUNK', 'refused', `${short} came to ${trunk} inside the merge ${merge.slice(0, 12)} and was never the trunk itself`, `run the merge: ${merge.slice(0, 12)}`);
  }
  const { text } = await git(repository, ['for-each-ref', '--count=6', `--contains=${commit}`, '--format=%(refname:short)', 'refs/heads', 'refs/remotes']);
  const branches = text === '' ? 'no branch' : text.split('\n').join(', ');
  const waiting = trunk.startsWith('origin/') && text.split('\n').includes(trunk.slice('origin/'.length));
  return new TrunklineError('NOT_ON_TRUNK', 'refused', `${short} is on ${branches}, not on the trunk ${trunk}; a pipeline runs for the trunk only`,
    waiting ? `push it: git push origin ${trunk.slice('origin/'.length)}` : 'merge it to the trunk first');
}

/** The first commit of the trunk's own line that contains this one. */
async function mergedBy(repository: Repository, head: string, commit: string): Promise<string | undefined> {
  if ((await git(repository, ['merge-base', '--is-ancestor', commit, head], { answers: [1] })).code !== 0) return undefined;
  const { text: line } = await git(repository, ['rev-list', '--first-parent', '--reverse', head, '--not', commit]);
  const { text: path } = await git(repository, ['rev-list', '--ancestry-path', `${commit}..${head}`]);
  const containing = new Set(path.split('\n'));
  return line.split('\n').find((id) => containing.has(id));
}
