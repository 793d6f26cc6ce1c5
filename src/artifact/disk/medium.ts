import { statSync, unlinkSync } from 'node:fs';
import { open, readFile, readdir, rm, stat, type FileHandle } from 'node:fs/promises';
import { join } from 'node:path';
import { isDigest } from '../../foundation/digest.ts';
import type { Digest, Instant } from '../../foundation/units.ts';
import type { Medium, StoredBlob } from '../medium.ts';
import { storageFault } from '../storagefault.ts';
import type { Descriptor } from '../store.ts';
import { syncFolder, writeAtomically } from './atomic.ts';

const PIECE_BYTES = 256 * 1024;

/** One queue per folder, so that two stores on one folder cannot lose each other's changes of the index. */
const queues = new Map<string, Promise<unknown>>();

/** An OCI image layout in a folder. One process at a time may write to it. */
export class DiskMedium implements Medium {
  readonly #root: string;
  readonly #blobs: string;
  readonly #staging: string;

  /** @param root a folder that has `blobs/sha256` and `staging`; see `openDiskStore`. */
  constructor(root: string) {
    this.#root = root;
    this.#blobs = join(root, 'blobs', 'sha256');
    this.#staging = join(root, 'staging');
  }

  write(bytes: AsyncIterable<Uint8Array> | Uint8Array): Promise<Descriptor> {
    return writeAtomically(this.#staging, bytes, ({ digest }) => this.#path(digest));
  }

  async read(digest: Digest): Promise<AsyncIterable<Uint8Array> | undefined> {
    try {
      return pieces(await open(this.#path(digest), 'r'), digest);
    } catch (error) {
      if (isMissing(error)) return undefined;
      throw storageFault(error, `read ${digest}`);
    }
  }

  async list(): Promise<readonly StoredBlob[]> {
    const digests = (await readdir(this.#blobs)).map((name) => `sha256:${name}`).filter(isDigest);
    return await Promise.all(digests.map(async (digest) => {
      const { size, mtimeMs } = await stat(this.#path(digest));
      return { digest, size, storedAt: mtimeMs };
    }));
  }

  async remove(digest: Digest, before: Instant): Promise<boolean> {
    const path = this.#path(digest);
    // Both in one turn of the loop, as is the rename of a writer: nobody's fresh blob is taken for the old one.
    if (statSync(path).mtimeMs >= before) return false;
    unlinkSync(path);
    return true;
  }

  async readIndex(): Promise<Uint8Array | undefined> {
    try {
      return await readFile(join(this.#root, 'index.json'));
    } catch (error) {
      if (isMissing(error)) return undefined;
      throw storageFault(error, 'read index.json');
    }
  }

  async replaceIndex(bytes: Uint8Array): Promise<void> {
    await writeAtomically(this.#staging, bytes, () => join(this.#root, 'index.json'));
  }

  async sweep(before: Instant): Promise<number> {
    let freed = 0;
    for (const name of await readdir(this.#staging)) {
      const path = join(this.#staging, name);
      const found = statSync(path, { throwIfNoEntry: false });
      if (found === undefined || found.mtimeMs >= before) continue;
      await rm(path, { force: true });
      freed += found.size;
    }
    await syncFolder(this.#blobs);
    return freed;
  }

  async exclusively<T>(work: () => Promise<T>): Promise<T> {
    const mine = (queues.get(this.#root) ?? Promise.resolve()).then(work);
    const settled = mine.catch(() => {});
    queues.set(this.#root, settled);
    void settled.then(() => {
      if (queues.get(this.#root) === settled) queues.delete(this.#root);
    });
    return await mine;
  }

  #path(digest: Digest): string {
    return join(this.#blobs, digest.slice('sha256:'.length));
  }
}

async function* pieces(opened: FileHandle, digest: Digest): AsyncIterable<Uint8Array> {
  await using file = opened;
  try {
    for (;;) {
      const { bytesRead, buffer } = await file.read(Buffer.allocUnsafe(PIECE_BYTES));
      if (bytesRead === 0) return;
      yield buffer.subarray(0, bytesRead);
    }
  } catch (error) {
    throw storageFault(error, `read ${digest}`);
  }
}

function isMissing(error: unknown): boolean {
  return (error as NodeJS.ErrnoException).code === 'ENOENT';
}
