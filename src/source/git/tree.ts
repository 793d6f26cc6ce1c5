import { TrunklineError } from '../../foundation/errors.ts';
import { linksThatLeave } from '../links.ts';
import { git } from './git.ts';
import { readObjects } from './objects.ts';
import type { Repository } from './repository.ts';

/** What a commit may hold at most; more is a mistake or an attack. */
export const TREE_LIMITS = { files: 200_000, bytes: 8 * 1024 ** 3, fileBytes: 2 * 1024 ** 3, pathBytes: 3_000 } as const;

export interface Tree {
  /** Of every tree and blob in it, itself among them; not of submodules, which are never fetched. */
  readonly objects: readonly string[];
  /** Symbolic links: path to target. */
  readonly links: ReadonlyMap<string, string>;
}

interface Entry { readonly mode: string; readonly type: string; readonly id: string; readonly size: number; readonly path: string }

const LISTING_BYTES = 256 * 1024 * 1024;
const LINK = '120000';
const LONGEST_LINK = 4_096;

/** Lists a tree and proves that it can be laid out safely. @throws {TrunklineError} `SOURCE_REFUSED`, naming the path. */
export async function readTree(repository: Repository, tree: string, env: { readonly [name: string]: string } = {}): Promise<Tree> {
  const { bytes } = await git(repository, ['ls-tree', '-r', '-t', '-l', '-z', '--full-tree', tree], { env, limitBytes: LISTING_BYTES });
  // Names are bytes; read as Latin-1, each byte stays one character and no two names become one.
  const entries = bytes.toString('latin1').split('\0').slice(0, -1).map(parseEntry);
  requireLimits(entries);
  const links = await readLinks(repository, entries, env);
  requireLinksInside(links);
  await requireNoLfs(repository, entries, env);
  return { objects: [tree, ...entries.filter(({ type }) => type !== 'commit').map(({ id }) => id)], links };
}

export function requireLinksInside(links: ReadonlyMap<string, string>): void {
  const [path] = linksThatLeave(links);
  if (path !== undefined) throw refused(`the symbolic link ${named(path)} points out of the repository, to ${named(links.get(path)!)}`);
}

function parseEntry(line: string): Entry {
  const tab = line.indexOf('\t');
  const [mode = '', type = '', id = '', size = '-'] = line.slice(0, tab).split(/ +/);
  return { mode, type, id, size: size === '-' ? 0 : Number(size), path: line.slice(tab + 1) };
}

function requireLimits(entries: readonly Entry[]): void {
  const seen = new Set<string>();
  let files = 0;
  let bytes = 0;
  for (const { type, path, size } of entries) {
    if (path.length > TREE_LIMITS.pathBytes) throw refused(`it holds a path of ${path.length} bytes: ${named(path)}`);
    if (path.split('/').some((part) => part === '' || part === '.' || part === '..' || part.toLowerCase() === '.git')) throw refused(`it holds the path ${named(path)}, which no checkout may write`);
    if (seen.has(path)) throw refused(`it holds ${named(path)} twice`);
    seen.add(path);
    if (type !== 'blob') continue;
    files += 1;
    bytes += size;
    if (size > TREE_LIMITS.fileBytes) throw refused(`${named(path)} has ${size} bytes`);
    if (files > TREE_LIMITS.files) throw refused(`it holds more than ${TREE_LIMITS.files} files`);
    if (bytes > TREE_LIMITS.bytes) throw refused(`its files have more than ${TREE_LIMITS.bytes} bytes together`);
  }
}

async function readLinks(repository: Repository, entries: readonly Entry[], env: { readonly [name: string]: string }): Promise<Map<string, string>> {
  const links = entries.filter(({ mode }) => mode === LINK);
  const long = links.find(({ size }) => size > LONGEST_LINK);
  if (long) throw refused(`the symbolic link ${named(long.path)} points to a path of ${long.size} bytes`);
  const targets = new Map<string, string>();
  let at = 0;
  for await (const { content } of readObjects(repository, links.map(({ id }) => id), LONGEST_LINK, env)) {
    targets.set(links[at]!.path, content.toString('latin1'));
    at += 1;
  }
  return targets;
}

const LFS_POINTER = 'version https://git-lfs.github.com/spec/';
const LARGEST_POINTER = 1_024;

/** What Git LFS keeps elsewhere is here a short text: a build would package that instead, and nobody would notice. */
async function requireNoLfs(repository: Repository, entries: readonly Entry[], env: { readonly [name: string]: string }): Promise<void> {
  const attributes = entries.filter(({ type, path }) => type === 'blob' && (path === '.gitattributes' || path.endsWith('/.gitattributes')));
  let used = false;
  for await (const { content } of readObjects(repository, attributes.map(({ id }) => id), 64 * 1024, env)) used ||= content.includes('filter=lfs');
  if (!used) return;
  const small = entries.filter(({ type, size }) => type === 'blob' && size > LFS_POINTER.length && size <= LARGEST_POINTER);
  let at = 0;
  for await (const { content } of readObjects(repository, small.map(({ id }) => id), LARGEST_POINTER, env)) {
    if (content.toString('latin1').startsWith(LFS_POINTER)) throw refused(`${named(small[at]!.path)} is kept in Git LFS, which is not fetched`);
    at += 1;
  }
}

function refused(why: string): TrunklineError {
  return new TrunklineError('SOURCE_REFUSED', 'code', `this commit cannot be checked out: ${why}`, 'take it out of the repository with a new commit');
}

/** A name as it may be printed: its bytes as UTF-8, quoted, escaped, at most 120 characters. */
function named(path: string): string {
  const text = Buffer.from(path, 'latin1').toString('utf8');
  return JSON.stringify(text.length > 120 ? `${text.slice(0, 117)}...` : text)
    .replace(/[\u007f-\u009f\u200b-\u200f\u2028-\u202e\u2066-\u2069]/g, (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`);
}
