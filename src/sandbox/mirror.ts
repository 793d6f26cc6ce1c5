import type { Dirent } from 'node:fs';
import { readdir, readlink, realpath } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { isInside } from './mounts.ts';

/** A folder of the machine with its entries, to be shown again in a folder that has room for more. */
export interface Mirror {
  readonly folder: string;
  /** Paths of folders and files in it. */
  readonly shown: readonly string[];
  readonly links: readonly { readonly path: string; readonly to: string }[];
}

/**
 * What must be mirrored so that `targets` have a place: a mount needs a folder to lie on, and on the machine's own disk
 * none is made. @param covered folders in which there is room.
 */
export async function mirrorsFor(targets: readonly string[], covered: readonly string[]): Promise<readonly Mirror[]> {
  const folders = await Promise.all(targets.map(async (target) => {
    const last = await deepest(target);
    return last === target || covered.some((cover) => isInside(last, cover)) ? [] : [last];
  }));
  return Promise.all([...new Set(folders.flat())].map(mirror));
}

/** `path`, through the links on the way to it, as far as it exists. */
export async function resolved(path: string): Promise<string> {
  return realpath(path).catch(async (error: NodeJS.ErrnoException) => {
    if (error.code !== 'ENOENT' || path === '/') throw error;
    return join(await resolved(dirname(path)), basename(path));
  });
}

/** The last folder on the way to `path` that exists. */
async function deepest(path: string): Promise<string> {
  return realpath(path).catch((error: NodeJS.ErrnoException) => {
    if (error.code !== 'ENOENT' || path === '/') throw error;
    return deepest(dirname(path));
  });
}

async function mirror(folder: string): Promise<Mirror> {
  const entries = await readdir(folder, { withFileTypes: true });
  const of = (is: (entry: Dirent) => boolean): readonly string[] => entries.filter(is).map(({ name }) => join(folder, name));
  const links = await Promise.all(of((entry) => entry.isSymbolicLink()).map(async (path) => ({ path, to: await readlink(path) })));
  return { folder, shown: of((entry) => entry.isDirectory() || entry.isFile()), links };
}
