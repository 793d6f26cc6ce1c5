import { TrunklineError } from '../../foundation/errors.ts';
import { Folder, isAbsent } from '../../foundation/folder.ts';
import { walk } from '../../foundation/walk.ts';
import type { Tracked } from '../tracked.ts';

/** All that lies in a fresh checkout. Git lays out no empty folder but for a submodule. */
export function trackedInFolder(root: string): Tracked {
  return {
    list: async () => {
      const [paths, folders]: [string[], string[]] = [[], []];
      await using top = await Folder.open(root);
      for await (const { path, type } of walk(top, '', { isPassed: (each) => each === '.git', isMetToo: true })) (type === 'folder' ? folders : paths).push(path);
      const filled = new Set([...paths, ...folders].map((path) => path.slice(0, Math.max(0, path.lastIndexOf('/')))));
      return { paths: paths.sort(), submodules: folders.filter((path) => !filled.has(path)).sort() };
    },
    read: async (paths, limitBytes) => {
      const read = new Map<string, Uint8Array>();
      await using top = await Folder.open(root);
      for (const path of paths) {
        try {
          const bytes = await top.read(path, limitBytes);
          if (bytes) read.set(path, bytes);
        } catch (thrown) {
          // A link, or what left the folder meanwhile, has no bytes to give.
          if (!(thrown instanceof TrunklineError) && !isAbsent(thrown)) throw thrown;
        }
      }
      return read;
    },
  };
}
