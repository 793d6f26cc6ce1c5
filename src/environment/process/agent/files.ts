import { constants } from 'node:fs';
import { chmod, copyFile, mkdir, readdir, rename, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { TrunklineError } from '../../../foundation/errors.ts';
import { removeFolder } from '../../../foundation/removal.ts';

/**
 * The region's own, read-only copy of a release: whole under `target`, or not there. Blocks are shared with `source`
 * where the file system can, so that nothing that happens to `source` later reaches it.
 */
export async function place(source: string, target: string, signal: AbortSignal): Promise<void> {
  if (await stat(target).then(() => true, () => false)) return;
  const partial = `${target}.partial`;
  await removeFolder(partial);
  try {
    await copy(source, partial, signal);
    await rename(partial, target);
  } catch (error) {
    await removeFolder(partial);
    if ((error as NodeJS.ErrnoException).code !== 'ENOSPC') throw error;
    throw new TrunklineError('DISK_FULL', 'infra', `no space is left to place the release in ${target}`, 'free space, with "trunkline gc" or otherwise, and retry');
  }
}

async function copy(source: string, target: string, signal: AbortSignal): Promise<void> {
  signal.throwIfAborted();
  await mkdir(target, { recursive: true, mode: 0o755 });
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
