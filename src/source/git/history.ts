import { TrunklineError } from '../../foundation/errors.ts';
import { Folder, isAbsent } from '../../foundation/folder.ts';
import type { CommitHistory, FileVersion, TrackedFile } from '../history.ts';
import { changedLines, EVERY_LINE, type ChangedLines } from './changed-lines.ts';
import { git } from './git.ts';
import { readObjects } from './objects.ts';
import type { Repository } from './repository.ts';
import { resolve } from './resolve.ts';

/** What is looked at: a commit; or what the next one would hold, staged or as it lies there. */
export type Looked = { readonly commit: string } | 'staged' | 'worktree';

const LARGEST_BYTES = 4 * 1024 * 1024;
const LARGEST_FILE_BYTES = 64 * 1024 * 1024;
const LISTING_BYTES = 256 * 1024 * 1024;
const AT_ONCE = 2_000;
const always = (): boolean => true;

export function openHistory(repository: Repository, looked: Looked): CommitHistory {
  return {
    changedLines: () => changesOf(repository, looked),
    files: (signal, isWanted = always) => (looked === 'worktree' ? filesThere(repository, signal, isWanted) : filesOf(repository, looked, signal, isWanted)),
    versions: (signal, isWanted = always, isPreferred = always) => versions(repository, looked, { signal, isWanted, isPreferred }),
  };
}

/** As they lie there, the new ones that are not ignored among them. */
async function* filesThere(repository: Repository, signal: AbortSignal, isWanted: (path: string) => boolean): AsyncGenerator<TrackedFile> {
  const { bytes: listing } = await git(repository, ['ls-files', '-z', '--cached', '--others', '--exclude-standard', '--deduplicate'], { limitBytes: LISTING_BYTES });
  for (const path of listing.toString('utf8').split('\0').slice(0, -1)) {
    if (!isWanted(path)) continue;
    signal.throwIfAborted();
    const read = await readThere(repository.root, path);
    if (read) yield { path, ...read };
  }
}

/** Links, submodules and what was deleted are no plain files. */
async function readThere(root: string, path: string): Promise<{ readonly size: number; readonly bytes: Buffer } | undefined> {
  try {
    await using folder = await Folder.open(root);
    await using file = await folder.file(path);
    const { size } = await file.stat();
    const bytes = Buffer.alloc(Math.min(size, LARGEST_FILE_BYTES));
    const { bytesRead } = await file.read(bytes, 0, bytes.length, 0);
    return { size, bytes: bytes.subarray(0, bytesRead) };
  } catch (thrown) {
    if (thrown instanceof TrunklineError || isAbsent(thrown)) return undefined;
    throw thrown;
  }
}

async function* filesOf(repository: Repository, looked: Exclude<Looked, 'worktree'>, signal: AbortSignal, isWanted: (path: string) => boolean): AsyncGenerator<TrackedFile> {
  const listing = looked === 'staged' ? ['ls-files', '-z', '--stage'] : ['ls-tree', '-r', '-z', '--full-tree', looked.commit];
  const { bytes } = await git(repository, listing, { limitBytes: LISTING_BYTES });
  // "MODE TYPE ID\tPATH" of a tree, "MODE ID STAGE\tPATH" of the index.
  const entries = bytes.toString('utf8').split('\0').flatMap((entry) => {
    const [, id = '', path = ''] = /^100\d{3} (?:blob )?([0-9a-f]{40,64})(?: \d)?\t(.+)$/s.exec(entry) ?? [];
    return id !== '' && isWanted(path) ? [{ id, path }] : [];
  });
  for (let at = 0; at < entries.length; at += AT_ONCE) {
    const some = entries.slice(at, at + AT_ONCE);
    let next = 0;
    for await (const { type, size, content } of readObjects(repository, some.map(({ id }) => id), LARGEST_FILE_BYTES)) {
      signal.throwIfAborted();
      const entry = some[next];
      next += 1;
      if (entry && type === 'blob') yield { path: entry.path, size, bytes: content };
    }
  }
}

async function changesOf(repository: Repository, looked: Looked): Promise<ChangedLines> {
  const base = await resolve(repository, typeof looked === 'string' ? 'HEAD' : `${looked.commit}^1`) ?? await emptyTree(repository);
  if (looked === 'staged') return changedLines(repository, ['--cached', base]);
  if (looked !== 'worktree') return changedLines(repository, [base, looked.commit]);
  const { bytes: listing } = await git(repository, ['ls-files', '-z', '--others', '--exclude-standard'], { limitBytes: LISTING_BYTES });
  const untracked = listing.toString('utf8').split('\0').slice(0, -1);
  return new Map([...await changedLines(repository, [base]), ...untracked.map((path) => [path, EVERY_LINE] as const)]);
}

/** Its hash is another one in a repository of SHA-256. Nothing is written. */
async function emptyTree(repository: Repository): Promise<string> {
  return (await git(repository, ['hash-object', '-t', 'tree', '--stdin'])).text;
}

interface Choice {
  readonly signal: AbortSignal;
  readonly isWanted: (version: Omit<FileVersion, 'bytes'>) => boolean;
  readonly isPreferred: (path: string) => boolean;
}

/** Each content once, newest commit first, with the commit and path at which it was met; what is larger than a person writes is left out. */
async function* versions(repository: Repository, looked: Looked, { signal, isWanted, isPreferred }: Choice): AsyncGenerator<FileVersion> {
  const head = typeof looked === 'string' ? await resolve(repository, 'HEAD') : looked.commit;
  if (head === undefined) return;
  const { bytes } = await git(repository, ['log', '--no-renames', '--raw', '--no-abbrev', '-m', '--root', '-z', '--format=commit %H', head], { limitBytes: 512 * 1024 * 1024 });
  const met = new Map<string, { readonly path: string; readonly commit: string }>();
  let commit = '';
  let entry: string | undefined;
  for (const token of bytes.toString('utf8').split('\0')) {
    if (entry !== undefined) {
      const there = met.get(entry);
      if (entry !== '' && (!there || (!isPreferred(there.path) && isPreferred(token)))) met.set(entry, { path: token, commit });
      entry = undefined;
      continue;
    }
    commit = /^\n?commit ([0-9a-f]{40,64})$/.exec(token)?.[1] ?? commit;
    const [, mode, id] = /^\n?:\d{6} (\d{6}) [0-9a-f]+ ([0-9a-f]+) [A-Z]\d*$/.exec(token) ?? [];
    if (id !== undefined) entry = mode?.startsWith('100') ? id : '';
  }
  const ids = [...met].filter(([id, where]) => isWanted({ id, ...where })).map(([id]) => id);
  for (let at = 0; at < ids.length; at += AT_ONCE) {
    for await (const { id, type, size, content } of readObjects(repository, ids.slice(at, at + AT_ONCE), LARGEST_BYTES)) {
      signal.throwIfAborted();
      const where = met.get(id);
      if (type === 'blob' && size <= LARGEST_BYTES && where) yield { id, ...where, bytes: content };
    }
  }
}
