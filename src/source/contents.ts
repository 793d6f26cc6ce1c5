import { createHash, type Hash } from 'node:crypto';
import { TrunklineError } from '../foundation/errors.ts';
import { Folder, isAbsent } from '../foundation/folder.ts';
import { walk } from '../foundation/walk.ts';

/** Every file, by its path with `/`, as git tells contents apart: mode and hash of the blob, such as `100644 ce01…`. */
export type Contents = ReadonlyMap<string, string>;

/**
 * What lies in a folder, as git would name it. Follows no link; what is neither file nor link is not there, and neither
 * is git's own folder. @param sha256 where the repository's hashes have 64 digits.
 */
export async function contentsOfFolder(root: string, sha256 = false): Promise<Contents> {
  const contents = new Map<string, string>();
  await using top = await Folder.open(root);
  for await (const { path, folder, name } of walk(top, '', { isPassed: (each) => each === '.git' })) {
    const content = await contentOf(folder, name, sha256);
    if (content !== undefined) contents.set(path, content);
  }
  return contents;
}

/** Of one file or link of a folder; undefined where there is neither, or no longer. */
export async function contentOf(folder: Folder, name: string, sha256 = false): Promise<string | undefined> {
  try {
    const type = await folder.look(name);
    if (type === 'link') {
      const target = await folder.link(name);
      return `120000 ${blob(target.length, sha256).update(target).digest('hex')}`;
    }
    return type === 'file' ? await contentOfFile(folder, name, sha256) : undefined;
  } catch (error) {
    // It left, or became something else, since it was looked at.
    const isOther = error instanceof TrunklineError && error.record.code === 'FILE_OUTSIDE' || (error as NodeJS.ErrnoException).code === 'EINVAL';
    if (isAbsent(error) || isOther) return undefined;
    throw error;
  }
}

async function contentOfFile(folder: Folder, name: string, sha256: boolean): Promise<string> {
  await using file = await folder.file(name);
  const { size, mode } = await file.stat();
  const hash = blob(size, sha256);
  if (size > 0) for await (const chunk of file.createReadStream({ autoClose: false, end: size - 1 })) hash.update(chunk as Buffer);
  return `${(mode & 0o100) === 0 ? '100644' : '100755'} ${hash.digest('hex')}`;
}

function blob(size: number, sha256: boolean): Hash {
  return createHash(sha256 ? 'sha256' : 'sha1').update(`blob ${size}\0`);
}
