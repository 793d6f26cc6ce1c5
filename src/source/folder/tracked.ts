import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { TrunklineError } from '../../foundation/errors.ts';
import { openInside } from '../../foundation/inside.ts';
import type { Tracked } from '../tracked.ts';

/** All that lies in a fresh checkout. Git lays out no empty folder but for a submodule. */
export function trackedInFolder(root: string): Tracked {
  return {
    list: async () => {
      const [paths, submodules]: [string[], string[]] = [[], []];
      const pending = [''];
      for (let folder = pending.pop(); folder !== undefined; folder = pending.pop()) {
        const entries = await readdir(join(root, folder), { withFileTypes: true });
        if (entries.length === 0) submodules.push(folder);
        for (const entry of entries) {
          const path = folder === '' ? entry.name : `${folder}/${entry.name}`;
          if (path === '.git') continue;
          if (entry.isDirectory()) pending.push(path);
          else paths.push(path);
        }
      }
      return { paths: paths.sort(), submodules: submodules.filter((path) => path !== '').sort() };
    },
    read: async (paths, limitBytes) => {
      const read = new Map<string, Uint8Array>();
      for (const path of paths) {
        try {
          await using file = await openInside(root, path);
          if ((await file.stat()).size <= limitBytes) read.set(path, await file.readFile());
        } catch (thrown) {
          // A link, or what left the folder meanwhile, has no bytes to give.
          if (!(thrown instanceof TrunklineError) && (thrown as NodeJS.ErrnoException).code !== 'ENOENT') throw thrown;
        }
      }
      return read;
    },
  };
}
