import { isAbsent, readBelow } from '../../foundation/folder.ts';
import { TrunklineError } from '../../foundation/errors.ts';
import type { Listing, Tracked } from '../tracked.ts';
import { git } from './git.ts';
import { readObjects } from './objects.ts';
import type { Repository } from './repository.ts';

const LISTING_BYTES = 256 * 1024 * 1024;
const SUBMODULE = '160000';

interface Entry { readonly mode: string; readonly id: string; readonly size: number; readonly path: string }

/** The files of a commit, from git's own objects: what code of the commit did to a checkout of it changes nothing here. */
export function trackedAt(repository: Repository, commit: string): Tracked {
  let known: Promise<readonly Entry[]> | undefined;
  const entries = (): Promise<readonly Entry[]> => (known ??= listTree(repository, commit));
  return {
    list: async () => listingOf(await entries()),
    read: async (paths, limitBytes) => {
      const byPath = new Map((await entries()).filter(({ mode, size }) => mode.startsWith('100') && size <= limitBytes).map(({ path, id }) => [path, id]));
      const wanted = paths.filter((path) => byPath.has(path));
      const read = new Map<string, Uint8Array>();
      let at = 0;
      for await (const { content } of readObjects(repository, wanted.map((path) => byPath.get(path) as string), limitBytes)) read.set(wanted[at++] as string, content);
      return read;
    },
  };
}

/** The files that git tracks in the work tree, as they lie there now. */
export function trackedInWorkTree(repository: Repository): Tracked {
  return {
    list: async () => {
      const { bytes } = await git(repository, ['ls-files', '-z', '--cached', '--stage'], { limitBytes: LISTING_BYTES });
      return listingOf(recordsIn(bytes).map((record): Entry => {
        const [mode = '', id = ''] = record.split(' ');
        return { mode, id, size: 0, path: record.slice(record.indexOf('\t') + 1) };
      }));
    },
    read: async (paths, limitBytes) => new Map((await Promise.all(paths.map(async (path) => [path, await readPlain(repository.root, path, limitBytes)] as const))).filter((read): read is [string, Uint8Array] => read[1] !== undefined)),
  };
}

async function listTree(repository: Repository, commit: string): Promise<readonly Entry[]> {
  const { bytes } = await git(repository, ['ls-tree', '-r', '-l', '-z', '--full-tree', '--end-of-options', commit], { limitBytes: LISTING_BYTES });
  return recordsIn(bytes).map((record) => {
    const tab = record.indexOf('\t');
    const [mode = '', , id = '', size = '-'] = record.slice(0, tab).split(/ +/);
    return { mode, id, size: size === '-' ? 0 : Number(size), path: record.slice(tab + 1) };
  });
}

function listingOf(entries: readonly Entry[]): Listing {
  const of = (isWanted: (entry: Entry) => boolean): string[] => [...new Set(entries.filter(isWanted).map(({ path }) => path))].sort();
  return { paths: of(({ mode }) => mode !== SUBMODULE), submodules: of(({ mode }) => mode === SUBMODULE) };
}

function recordsIn(bytes: Buffer): readonly string[] {
  return bytes.toString('utf8').split('\0').slice(0, -1);
}

/** Undefined for what is gone, is no plain file, or is too large. */
async function readPlain(root: string, path: string, limitBytes: number): Promise<Uint8Array | undefined> {
  try {
    return await readBelow(root, path, limitBytes);
  } catch (thrown) {
    if (thrown instanceof TrunklineError || isAbsent(thrown)) return undefined;
    throw thrown;
  }
}
