import { TrunklineError } from '../../foundation/errors.ts';
import { git } from './git.ts';
import { readObjects } from './objects.ts';
import { HASH, type Repository } from './repository.ts';

/** Hashes, names of refs and `~` or `^` behind them. What git would read as an option, a range or a search is none. */
const WORD = /^[\p{L}\p{N}_@][\p{L}\p{N}_@./#+~^-]{0,249}$/u;

/** The full hash of the commit that git itself takes a word for; undefined when there is none. */
export async function resolve(repository: Repository, word: string): Promise<string | undefined> {
  if (!WORD.test(word) || word.includes('..') || word.includes('@{')) return undefined;
  const args = ['rev-parse', '--verify', '--quiet', '--end-of-options', `${word}^{commit}`];
  const { code, text } = await git(repository, args, { answers: [1, 128] });
  return code === 0 && HASH.test(text) ? text : undefined;
}

/**
 * A word that a person wrote, as the one commit that it can mean.
 * @throws {TrunklineError} `COMMIT_UNKNOWN`; `COMMIT_AMBIGUOUS` where git would pick one of several: a tag may be
 * called like a branch, or like the beginning of a hash.
 */
async function commitMeant(repository: Repository, word: string): Promise<string> {
  const base = /^[^~^]+/.exec(word)?.[0] ?? word;
  const meanings = WORD.test(base) ? await meaningsOf(repository, base) : new Map<string, string>();
  if (new Set(meanings.values()).size > 1) {
    const all = [...meanings].map(([name, id]) => `${name} is ${id.slice(0, 12)}`).join(', ');
    throw new TrunklineError('COMMIT_AMBIGUOUS', 'usage', `${JSON.stringify(base.slice(0, 100))} stands for more than one commit: ${all}`,
      'give the whole hash, or the whole name of the ref, as in refs/heads/main');
  }
  const commit = await resolve(repository, word);
  if (commit !== undefined) return commit;
  throw new TrunklineError('COMMIT_UNKNOWN', 'usage', `${JSON.stringify(word.slice(0, 100))} is no commit of this repository`,
    'give a hash as "git log" shows it, or a branch');
}

/** Where git looks for a name, in its order. */
const NAMESPACES = ['refs/', 'refs/tags/', 'refs/heads/', 'refs/remotes/'];

/** Every commit that a word could mean, by what it would be then. A whole hash means itself alone. */
async function meaningsOf(repository: Repository, base: string): Promise<ReadonlyMap<string, string>> {
  if (HASH.test(base)) return new Map();
  const names = [...NAMESPACES.map((before) => `${before}${base}`), base];
  const found = await Promise.all(names.map(async (name) => [name, await resolve(repository, name)] as const));
  const hashes = /^[0-9a-f]{4,64}$/i.test(base) ? await commitsThatBegin(repository, base) : [];
  const all = [...found, ...hashes.map((id) => [`the hash ${id}`, id] as const)];
  return new Map(all.filter((one): one is [string, string] => one[1] !== undefined));
}

async function commitsThatBegin(repository: Repository, digits: string): Promise<readonly string[]> {
  const { text } = await git(repository, ['rev-parse', `--disambiguate=${digits}`], { answers: [128] });
  const commits: string[] = [];
  for await (const { id, type } of readObjects(repository, text.split('\n').filter((id) => HASH.test(id)), 0)) if (type === 'commit') commits.push(id);
  return commits;
}

/**
 * A word as a commit of the trunk's own line.
 * @throws {TrunklineError} `COMMIT_UNKNOWN`, `COMMIT_AMBIGUOUS`; `NOT_ON_TRUNK`, with what to do about it.
 */
export async function trunkCommit(repository: Repository, trunk: string, head: string, word: string): Promise<string> {
  const commit = await commitMeant(repository, word);
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
