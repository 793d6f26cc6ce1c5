import { createHash, randomUUID } from 'node:crypto';
import { renameSync } from 'node:fs';
import { mkdir, open, rm, type FileHandle } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import type { Descriptor } from '../store.ts';
import { storageFault } from '../storagefault.ts';

/**
 * Writes a file whole or not at all, also across a power failure: a temporary file on the same file system, its bytes
 * forced to the disk, then the rename, then the folder's entry forced to the disk. `place` is asked for the path
 * once the digest is known.
 */
export async function writeAtomically(staging: string, bytes: AsyncIterable<Uint8Array> | Uint8Array, place: (written: Descriptor) => string): Promise<Descriptor> {
  const temporary = join(staging, randomUUID());
  try {
    const written = await writeTemporary(temporary, bytes);
    const path = place(written);
    // Not asynchronous: so that it cannot fall between the two halves of a removal (see DiskMedium.remove).
    renameSync(temporary, path);
    await syncFolder(dirname(path));
    return written;
  } catch (error) {
    await rm(temporary, { force: true });
    throw storageFault(error, `write to ${staging}`);
  }
}

/** Makes the folder and forces its own entry to the disk. */
export async function makeFolder(path: string): Promise<void> {
  const made = await mkdir(path, { recursive: true, mode: 0o700 });
  if (made !== undefined) await syncFolder(dirname(path));
}

export async function syncFolder(path: string): Promise<void> {
  await using folder = await open(path, 'r');
  await folder.sync();
}

async function writeTemporary(path: string, bytes: AsyncIterable<Uint8Array> | Uint8Array): Promise<Descriptor> {
  await using file = await open(path, 'wx', 0o600);
  const hash = createHash('sha256');
  let size = 0;
  for await (const piece of bytes instanceof Uint8Array ? [bytes] : bytes) {
    hash.update(piece);
    size += piece.byteLength;
    await writeAll(file, piece);
  }
  await file.sync();
  return { digest: `sha256:${hash.digest('hex')}`, size };
}

/** One `write` may take less than it is given, above all on a disk that is filling up. */
async function writeAll(file: FileHandle, piece: Uint8Array): Promise<void> {
  for (let done = 0; done < piece.byteLength;) {
    const { bytesWritten } = await file.write(piece, done);
    done += bytesWritten;
  }
}
