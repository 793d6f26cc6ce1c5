import { createHash, type Hash } from 'node:crypto';
import { lstat, readdir, readlink } from 'node:fs/promises';
import { join } from 'node:path';
import { openInside } from '../foundation/inside.ts';

/** Every file, by its path with `/`, as git tells contents apart: mode and hash of the blob, such as `100644 ce01…`. */
export type Contents = ReadonlyMap<string, string>;

/**
 * What lies in a folder, as git would name it. Follows no link; what is neither file nor link is not there, and neither
 * is git's own folder. @param sha256 where the repository's hashes have 64 digits.
 */
export async function contentsOfFolder(root: string, sha256 = false): Promise<Contents> {
  const contents = new Map<string, string>();
  const pending = [''];
  for (let folder = pending.pop(); folder !== undefined; folder = pending.pop()) {
    for (const entry of await readdir(join(root, folder), { withFileTypes: true })) {
      const path = folder === '' ? entry.name : `${folder}/${entry.name}`;
      if (path === '.git') continue;
      if (entry.isDirectory()) {
        pending.push(path);
        continue;
      }
      const content = await contentOf(root, path, sha256);
      if (content !== undefined) contents.set(path, content);
    }
  }
  return contents;
}

/** Of one file or link; undefined where there is neither. Somebody else may write there: no link leads anywhere. */
export async function contentOf(root: string, path: string, sha256 = false): Promise<string | undefined> {
  const status = await lstat(join(root, path)).catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT' || error.code === 'ENOTDIR') return undefined;
    throw error;
  });
  if (status?.isSymbolicLink()) {
    const target = await readlink(join(root, path), { encoding: 'buffer' });
    return `120000 ${blob(target.length, sha256).update(target).digest('hex')}`;
  }
  if (!status?.isFile()) return undefined;
  await using file = await openInside(root, path);
  const { size, mode } = await file.stat();
  const hash = blob(size, sha256);
  for await (const chunk of file.createReadStream({ autoClose: false, end: Math.max(0, size - 1) })) hash.update(chunk as Buffer);
  return `${(mode & 0o100) === 0 ? '100644' : '100755'} ${hash.digest('hex')}`;
}

function blob(size: number, sha256: boolean): Hash {
  return createHash(sha256 ? 'sha256' : 'sha1').update(`blob ${size}\0`);
}
