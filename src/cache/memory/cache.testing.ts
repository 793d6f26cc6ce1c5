import { writeFile } from 'node:fs/promises';
import { buffer } from 'node:stream/consumers';
import type { Digest } from '../../foundation/units.ts';
import type { Cache, Keeping } from '../cache.ts';

/** Keeps what fits into `mostBytes` for as long as the process lives. */
export function memoryCache(mostBytes: number): Cache {
  const entries = new Map<Digest, { readonly kept: Keeping; readonly files: Buffer | undefined; readonly size: number }>();
  return {
    async find(key) {
      const entry = entries.get(key);
      if (!entry) return undefined;
      // A map remembers its order: the one used last stands at its end.
      entries.delete(key);
      entries.set(key, entry);
      const { files } = entry;
      return {
        ...structuredClone(entry.kept),
        files: files && { size: files.length, copyTo: async (path) => writeFile(path, files, { flag: 'wx', mode: 0o600 }).then(() => true) },
      };
    },
    async keep(key, kept, bytes) {
      const files = bytes && await buffer(bytes);
      const size = JSON.stringify(kept.value).length + (files?.length ?? 0);
      if (size > mostBytes) return false;
      entries.delete(key);
      entries.set(key, { kept: structuredClone(kept), files, size });
      let total = [...entries.values()].reduce((sum, entry) => sum + entry.size, 0);
      for (const [other, entry] of entries) {
        if (total <= mostBytes) break;
        entries.delete(other);
        total -= entry.size;
      }
      return true;
    },
  };
}
