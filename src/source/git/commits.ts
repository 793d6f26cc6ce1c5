import { TrunklineError } from '../../foundation/errors.ts';
import type { Commit } from '../../journal/events.ts';
import { readObjects } from './objects.ts';
import type { Repository } from './repository.ts';

const LONGEST_SUBJECT = 300;
const LONGEST_AUTHOR = 200;
const MOST_REVERTS = 100;
/** Of one commit object: signatures come before the message. */
const KEEP_BYTES = 256 * 1024;

/** These commits, in the order of their ids. @throws {TrunklineError} `SOURCE_GONE` when one is not there. */
export async function readCommits(repository: Repository, ids: readonly string[]): Promise<Commit[]> {
  const commits: Commit[] = [];
  for await (const { id, type, content } of readObjects(repository, ids, KEEP_BYTES)) {
    if (type !== 'commit') throw sourceGone(id);
    commits.push(parseCommit(id, content));
  }
  return commits;
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
  return {
    id,
    tree: field('tree'),
    subject: shortened(message.replace(/^\s*\n/, '').split(/\n\s*\n/, 1)[0]!.trim().replaceAll('\n', ' '), LONGEST_SUBJECT),
    author: shortened(decode(Buffer.from(field('author'), 'latin1')).replace(/ -?\d+ [+-]\d+$/, ''), LONGEST_AUTHOR),
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
