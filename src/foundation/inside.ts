import { constants } from 'node:fs';
import { lstat, open, readdir, realpath, stat, type FileHandle } from 'node:fs/promises';
import { join, relative, sep } from 'node:path';
import { TrunklineError } from './errors.ts';
import { globBase, globMatches } from './glob.ts';

/** What no pattern means: it is git's and the package manager's. */
const NEVER = new Set(['.git', 'node_modules']);

/** Something below a folder whose content somebody else writes; `path` is relative, with `/`. */
export interface Found { readonly path: string; readonly type: 'file' | 'link' | 'other' }

/**
 * Opens a plain file below `root` for reading. Whoever writes there may put links anywhere at any time: what has been
 * opened is compared with where it really lies, so none of them leads elsewhere.
 * @throws {TrunklineError} `FILE_OUTSIDE`; and as `open` does where nothing is.
 */
export async function openInside(root: string, path: string): Promise<FileHandle> {
  const full = join(root, path);
  const file = await open(full, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK).catch((error: NodeJS.ErrnoException) => {
    throw error.code === 'ELOOP' || error.code === 'ENXIO' ? outside(path) : error;
  });
  try {
    const [opened, top, real] = await Promise.all([file.stat({ bigint: true }), realpath(root), realpath(full)]);
    const there = await stat(real, { bigint: true });
    if (!opened.isFile() || !isBelow(top, real) || there.ino !== opened.ino || there.dev !== opened.dev) throw outside(path);
    return file;
  } catch (thrown) {
    await file.close();
    throw thrown;
  }
}

/** What the patterns mean below `root`, each with all that it means, sorted. Follows no link; nothing in `.git` or `node_modules` is ever meant. */
export async function filesMatching(root: string, patterns: readonly string[]): Promise<ReadonlyMap<string, readonly Found[]>> {
  const matched = new Map<string, readonly Found[]>();
  for (const pattern of patterns) {
    const found: Found[] = [];
    for await (const each of walk(root, globBase(pattern))) if (globMatches(pattern, each.path)) found.push(each);
    matched.set(pattern, found.sort((a, b) => (a.path < b.path ? -1 : 1)));
  }
  return matched;
}

async function* walk(root: string, base: string): AsyncGenerator<Found> {
  const parts = base === '' ? [] : base.split('/');
  if (parts.some((part) => NEVER.has(part))) return;
  for (let depth = 1; depth < parts.length; depth += 1) {
    // A link on the way is no way.
    if (!(await lstat(join(root, ...parts.slice(0, depth))).catch(() => undefined))?.isDirectory()) return;
  }
  const start = await lstat(join(root, base)).catch(() => undefined);
  if (!start) return;
  const pending = [{ path: base, entry: start as { isDirectory(): boolean; isFile(): boolean; isSymbolicLink(): boolean } }];
  for (let next = pending.pop(); next; next = pending.pop()) {
    const { path, entry } = next;
    if (entry.isDirectory()) {
      for (const child of await readdir(join(root, path), { withFileTypes: true })) {
        if (!NEVER.has(child.name)) pending.push({ path: path === '' ? child.name : `${path}/${child.name}`, entry: child });
      }
    } else {
      yield { path, type: entry.isFile() ? 'file' : entry.isSymbolicLink() ? 'link' : 'other' };
    }
  }
}

function isBelow(top: string, path: string): boolean {
  const way = relative(top, path);
  return way !== '' && way !== '..' && !way.startsWith(`..${sep}`);
}

function outside(path: string): TrunklineError {
  return new TrunklineError('FILE_OUTSIDE', 'refused', `${JSON.stringify(path.slice(0, 200))} is no plain file of the checkout, but a link or something else that leads elsewhere`, 'write a plain file there');
}
