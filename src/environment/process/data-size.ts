import { lstat, readdir } from 'node:fs/promises';
import { join } from 'node:path';

/** A folder with more entries than this is told as holding at least what was counted. */
const MOST_ENTRIES = 20_000;

export interface DataSize {
  readonly bytes: number;
  /** Whether there is more than was counted. */
  readonly more: boolean;
}

/**
 * The bytes of the files in a folder that processes of a commit write at the same time: none is opened, no link is
 * followed, and the count ends. What goes away meanwhile is not counted.
 */
export async function sizeOf(folder: string, most = MOST_ENTRIES): Promise<DataSize> {
  const waiting = [folder];
  let [bytes, seen] = [0, 0];
  for (let at = waiting.pop(); at !== undefined; at = waiting.pop()) {
    for (const name of await readdir(at).catch(() => [])) {
      if ((seen += 1) > most) return { bytes, more: true };
      const path = join(at, name);
      const found = await lstat(path).catch(() => undefined);
      if (found?.isDirectory()) waiting.push(path);
      else if (found?.isFile()) bytes += found.size;
    }
  }
  return { bytes, more: false };
}
