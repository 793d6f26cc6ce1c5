import { TrunklineError } from '../../foundation/errors.ts';
import type { Commit } from '../../journal/events.ts';
import { git } from './git.ts';
import { readObjects } from './objects.ts';
import { HASH, type Repository } from './repository.ts';

const LONGEST_SUBJECT = 300;
const LONGEST_AUTHOR = 200;
const MOST_REVERTS = 100;
/** Of one commit object: signatures come before the message. */
const KEEP_BYTES = 256 * 1024;

/** Of what one commit merges: more people than these are not looked for. */
const MOST_MERGED = 2_000;
const MOST_CONTRIBUTORS = 200;

/** These commits, in the order of their ids, each with those who wrote what it merges. @throws {TrunklineError} `SOURCE_GONE` when one is not there. */
export async function readCommits(repository: Repository, ids: readonly string[]): Promise<Commit[]> {
  const commits: Commit[] = [];
  const merges = new Set<string>();
  for await (const { id, type, content } of readObjects(repository, ids, KEEP_BYTES)) {
    if (type !== 'commit') throw sourceGone(id);
    const isMerge = content.toString('latin1', 0, content.indexOf('\n\n')).split('\n').filter((line) => line.startsWith('parent ')).length > 1;
    if (isMerge) merges.add(id);
    commits.push(parseCommit(id, content));
  }
  const whole: Commit[] = [];
  for (const commit of commits) whole.push(withContributors(commit, merges.has(commit.id) ? await mergedBy(repository, commit.id) : []));
  return whole;
}

/** What a merge brings beside its first parent. */
async function mergedBy(repository: Repository, id: string): Promise<readonly Commit[]> {
  const { text } = await git(repository, ['rev-list', `--max-count=${MOST_MERGED}`, id, `^${id}^1`], { answers: [128] }); // a shallow clone may not have it
  const brought: Commit[] = [];
  for await (const object of readObjects(repository, text.split('\n').filter((one) => one !== '' && one !== id && HASH.test(one)), KEEP_BYTES)) {
    if (object.type === 'commit') brought.push(parseCommit(object.id, object.content));
  }
  return brought;
}

function withContributors(commit: Commit, brought: readonly Commit[]): Commit {
  const all = new Set([commit, ...brought].flatMap(({ author, contributors = [] }) => [author, ...contributors]));
  all.delete(commit.author);
  all.delete('');
  const { contributors: _own, ...rest } = commit;
  return all.size === 0 ? rest : { ...rest, contributors: [...all].slice(0, MOST_CONTRIBUTORS) };
}

export function sourceGone(commit: string): TrunklineError {
  return new TrunklineError('SOURCE_GONE', 'refused', `commit ${commit.slice(0, 12)} is no longer in this repository: the trunk was rewritten and its old commits removed`,
    'nothing else is built in its place; run a commit that is on the trunk');
}

/** A commit object as git keeps it. What people wrote stays as it is, control characters too, but never longer than it needs to be. */
export function parseCommit(id: string, raw: Buffer): Commit {
  const end = raw.indexOf('\n\n');
  const header = raw.toString('latin1', 0, end === -1 ? raw.length : end).split('\n');
  const field = (name: string): string => header.find((line) => line.startsWith(`${name} `))?.slice(name.length + 1) ?? '';
  const decode = decoder(field('encoding'));
  const message = end === -1 ? '' : decode(raw.subarray(end + 2));
  const person = (text: string): string => shortened(text.replace(/ -?\d+ [+-]\d+$/, ''), LONGEST_AUTHOR);
  const named = (name: string): string => person(decode(Buffer.from(field(name), 'latin1')));
  const contributors = [named('committer'), ...[...message.matchAll(/^co-authored-by:[ \t]*(.+)$/gim)].map(([, who]) => person(who!.trim()))];
  return {
    id,
    tree: field('tree'),
    subject: shortened(message.replace(/^\s*\n/, '').split(/\n\s*\n/, 1)[0]!.trim().replaceAll('\n', ' '), LONGEST_SUBJECT),
    author: named('author'),
    contributors: [...new Set(contributors)].slice(0, MOST_CONTRIBUTORS),
    reverts: revertsOf(message),
  };
}

/** Whole hashes only, at the start of a line, as `git revert` writes them. */
function revertsOf(message: string): string[] {
  const found = [...message.matchAll(/^This reverts commit ([0-9a-f]{64}|[0-9a-f]{40})(?![0-9a-f])/gm)].map(([, id]) => id!);
  return [...new Set(found)].slice(0, MOST_REVERTS);
}

function decoder(encoding: string): (bytes: Uint8Array) => string {
  try {
    const chosen = new TextDecoder(encoding || 'utf-8');
    return (bytes) => chosen.decode(bytes);
  } catch {
    // An encoding that nobody knows: the bytes are shown as well as UTF-8 can.
    return (bytes) => new TextDecoder().decode(bytes);
  }
}

function shortened(text: string, longest: number): string {
  return text.length <= longest ? text : `${text.slice(0, longest - 1).toWellFormed()}…`;
}
