import { constants } from 'node:fs';
import { chmod, copyFile, mkdir, readdir, rename, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { requireContent, type ReleaseFiles } from '../../../artifact/listing.ts';
import { TrunklineError } from '../../../foundation/errors.ts';
import { removeFolder } from '../../../foundation/removal.ts';
import type { Digest } from '../../../foundation/units.ts';

/**
 * The region's own, read-only copy of a release: whole under `target`, or not there. Blocks are shared with `folder`
 * where the file system can, so that nothing that happens to `folder` later reaches it.
 * @throws {TrunklineError} `RELEASE_ALTERED` where the copy is not what the artifact holds; `DISK_FULL`.
 */
export async function place({ folder, content }: ReleaseFiles, target: string, signal: AbortSignal): Promise<void> {
  if (await isWhole(target, content)) return;
  await removeFolder(target);
  const partial = `${target}.partial`;
  await removeFolder(partial);
  try {
    await copy(folder, partial, signal);
    // The bytes that will run are hashed, so nothing that happened to `folder` since it was verified gets here.
    await requireContent({ folder: partial, content });
    await rename(partial, target);
  } catch (error) {
    await removeFolder(partial);
    if ((error as NodeJS.ErrnoException).code !== 'ENOSPC') throw error;
    throw new TrunklineError('DISK_FULL', 'infra', `no space is left to place the release in ${target}`, 'free space, with "trunkline gc" or otherwise, and retry');
  }
}

async function isWhole(folder: string, content: Digest): Promise<boolean> {
  return requireContent({ folder, content }).then(() => true, () => false);
}

/** Whatever the agent's own mask: instances may be another user's. */
const READABLE = 0o755;

/** Nobody else comes as far: the region's folder is for its owner alone. What an earlier version placed was so, too. */
export async function letOthersRead(folder: string): Promise<void> {
  await chmod(folder, READABLE);
  for (const entry of await readdir(folder, { withFileTypes: true })) if (entry.isDirectory()) await letOthersRead(join(folder, entry.name));
}

async function copy(source: string, target: string, signal: AbortSignal): Promise<void> {
  signal.throwIfAborted();
  await mkdir(target, { recursive: true });
  await chmod(target, READABLE);
  const entries = await readdir(source, { withFileTypes: true });
  const folders = entries.filter((entry) => entry.isDirectory());
  for (const entry of entries) {
    if (entry.isDirectory()) continue;
    if (!entry.isFile()) {
      throw new TrunklineError('RELEASE_IRREGULAR', 'refused', `${join(source, entry.name)} is neither a file nor a folder`, 'package plain files and folders only');
    }
    const to = join(target, entry.name);
    await copyFile(join(source, entry.name), to, constants.COPYFILE_FICLONE);
    const { mode } = await stat(to);
    await chmod(to, mode & 0o111 ? 0o555 : 0o444);
  }
  for (const { name } of folders) await copy(join(source, name), join(target, name), signal);
}
