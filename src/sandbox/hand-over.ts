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
