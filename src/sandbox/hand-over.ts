import { lstat } from 'node:fs/promises';
import { Folder } from '../foundation/folder.ts';
import { walk } from '../foundation/walk.ts';
import type { User } from './tools.ts';

/**
 * Gives away a folder and all in it, itself last: but for files that have another name elsewhere, because that one would
 * change hands too. By descriptors, since a commit may have run here for an earlier host.
 */
export async function handOver(path: string, { uid, gid }: User): Promise<void> {
  await using root = await Folder.open(path);
  for await (const { folder, name } of walk(root, '', { isPassed: () => false, isMetToo: true })) await folder.chownEntry(name, uid, gid);
  await root.chown(uid, gid);
}

/**
 * The same for a folder that nobody but `user` writes in from then on: at once where it is done already. Killed amid it,
 * it is done again from the start, since the folder itself changes hands last.
 */
export async function handOverOnce(path: string, user: User): Promise<void> {
  if ((await lstat(path)).uid !== user.uid) await handOver(path, user);
}
