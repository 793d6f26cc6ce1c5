import { randomUUID } from 'node:crypto';
import { mkdir, open, readdir, rename, rm, stat, utimes } from 'node:fs/promises';
import { join } from 'node:path';
import type { Digest, Instant, Millis } from '../../foundation/units.ts';
import type { Cache, Keeping, Kept } from '../cache.ts';
import { copyFiles, readHead, writeEntry } from './entry.ts';

export interface DiskCacheOptions {
  /** Belongs to this user alone. */
  readonly folder: string;
  readonly mostBytes: number;
  /** Looks and changes nothing, not even when an entry was used last. */
  readonly readOnly?: boolean;
}

/** After this, what a writer has not finished was left by one that died. */
const ABANDONED: Millis = 3_600_000;

/** A cache in a folder: one file for each entry, used last when it was changed last. */
export class DiskCache implements Cache {
  readonly #entries: string;
  readonly #staging: string;
  readonly #mostBytes: number;
  readonly #readOnly: boolean;

  constructor({ folder, mostBytes, readOnly = false }: DiskCacheOptions) {
    this.#entries = join(folder, 'entries');
    this.#staging = join(folder, 'staging');
    this.#mostBytes = mostBytes;
    this.#readOnly = readOnly;
  }

  async find(key: Digest, tell: (line: string) => void): Promise<Kept | undefined> {
    const path = this.#path(key);
    const file = await open(path, 'r').catch(absent);
    if (!file) return undefined;
    await using opened = file;
    const head = await readHead(opened, key).catch(() => undefined); // what can't be read is not what was kept
    const lost = async (): Promise<void> => {
      tell(`what was kept as ${key} is no longer what it was; the work is done again`);
      if (!this.#readOnly) await rm(path, { force: true });
    };
    if (!head) return void await lost();
    const now = new Date();
    if (!this.#readOnly) await utimes(path, now, now).catch(absent);
    const { files, at, value } = head;
    return {
      at, value,
      files: files === null ? undefined : {
        size: files.size,
        copyTo: async (target) => {
          const isWhole = await copyFiles(path, files, target).catch((error: NodeJS.ErrnoException) => {
            if (error.code !== 'ENOENT') throw error;
            return false;
          });
          if (!isWhole) await lost();
          return isWhole;
        },
      },
    };
  }

  async keep(key: Digest, kept: Keeping, files?: AsyncIterable<Uint8Array>): Promise<boolean> {
    if (this.#readOnly) return false;
    for (const folder of [this.#entries, this.#staging]) await mkdir(folder, { recursive: true, mode: 0o700 });
    const part = join(this.#staging, randomUUID());
    try {
      if (!await writeEntry(part, key, kept, files, this.#mostBytes)) return false;
      await rename(part, this.#path(key));
    } finally {
      await rm(part, { force: true });
    }
    await this.shrink(this.#mostBytes);
    return true;
  }

  /** Removes what was used least recently until no more than `mostBytes` are left. */
  async shrink(mostBytes: number, now: Instant = Date.now()): Promise<void> {
    await this.#sweep(now - ABANDONED);
    const found = (await filesIn(this.#entries)).toSorted((a, b) => a.usedAt - b.usedAt);
    let left = found.reduce((sum, { size }) => sum + size, 0);
    for (const { path, size } of found) {
      if (left <= mostBytes) break;
      await rm(path, { force: true });
      left -= size;
    }
  }

  /** Removes what nobody has looked for since. @returns what was freed. */
  async forget(since: Instant): Promise<{ readonly bytes: number; readonly entries: number }> {
    await this.#sweep(Date.now() - ABANDONED);
    const old = (await filesIn(this.#entries)).filter(({ usedAt }) => usedAt < since);
    for (const { path } of old) await rm(path, { force: true });
    return { bytes: old.reduce((sum, { size }) => sum + size, 0), entries: old.length };
  }

  async #sweep(before: Instant): Promise<void> {
    for (const { path, usedAt } of await filesIn(this.#staging)) if (usedAt < before) await rm(path, { force: true });
  }

  #path(key: Digest): string {
    return join(this.#entries, key.slice('sha256:'.length));
  }
}

async function filesIn(folder: string): Promise<readonly { readonly path: string; readonly size: number; readonly usedAt: Instant }[]> {
  const names = await readdir(folder).catch(absent) ?? [];
  const found = await Promise.all(names.map(async (name) => {
    const path = join(folder, name);
    const status = await stat(path).catch(absent); // another process may have been faster
    return status ? [{ path, size: status.size, usedAt: status.mtimeMs }] : [];
  }));
  return found.flat();
}

function absent(error: NodeJS.ErrnoException): undefined {
  if (error.code !== 'ENOENT') throw error;
}
