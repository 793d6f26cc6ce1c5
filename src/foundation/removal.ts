import { randomBytes } from 'node:crypto';
import { chmod, lstat, open, opendir, realpath, rename, rmdir, unlink, type FileHandle } from 'node:fs/promises';
import { constants, existsSync } from 'node:fs';
import { basename, dirname } from 'node:path';
import { TrunklineError } from './errors.ts';
import type { Folder } from './folder.ts';

const { O_DIRECTORY, O_NOFOLLOW, O_RDONLY } = constants;
/** Linux: a descriptor that only names a folder, also one that its mode shuts to us. */
const O_PATH = 0o10000000;
/** Each level holds a descriptor; what is nested deeper is moved up first. */
const DEEPEST = 64;
const AT_ONCE = 256;
/** How often a folder in which somebody still writes is emptied again. */
const MOST_ROUNDS = 5;

/**
 * Removes a file, a link or a folder with all that is in it, however deep, wide, long or shut to us, by descriptors: what
 * is exchanged meanwhile leads nowhere else, and a link is removed itself. Gone already is fine.
 * @param path in a folder that is our own; for what lies among files of others there is {@link removeIn}.
 * @throws {TrunklineError} `FOLDER_NOT_REMOVED`, naming the first that stayed, when all else is gone.
 */
export async function removeFolder(path: string): Promise<void> {
  const parent = await realpath(dirname(path)).catch((error: NodeJS.ErrnoException) => {
    if (error.code !== 'ENOENT' && error.code !== 'ENOTDIR') throw error;
  });
  if (parent === undefined) return;
  await using holding = await held(parent);
  await new Removal(path).remove(holding, Buffer.from(basename(path)));
}

/** The same, of a name in an open folder. */
export async function removeIn(folder: Folder, name: string): Promise<void> {
  await new Removal(name).remove(folder, Buffer.from(name));
}

/** Whether something is only not removed: all that wrote there is dead, and it can be tried again. */
export function isLeft(error: unknown): boolean {
  return error instanceof TrunklineError && error.record.code === 'FOLDER_NOT_REMOVED';
}

/** An open folder, by a path that means it while it is open. Names in it are bytes: they need not be UTF-8. */
type Pinned = Pick<Folder, 'path'>;
type Held = Pinned & AsyncDisposable;

class Removal {
  readonly #shown: string;
  readonly #mark = `.trunkline-gone-${randomBytes(8).toString('hex')}-`;
  #moved = 0;
  #stayed: { readonly name: string; readonly why: string } | undefined;

  constructor(shown: string) {
    this.#shown = shown;
  }

  async remove(parent: Pinned, name: Buffer): Promise<void> {
    for (let idle = 0; !await this.#isGone(parent, name); idle += 1) {
      if (idle === MOST_ROUNDS) throw this.#fault();
      const before = this.#moved;
      this.#stayed = undefined;
      await using top = await this.#enter(parent, name);
      if (top) await this.#empty(top, top, 0);
      if (this.#moved > before) idle = 0;
    }
    if (this.#stayed) throw this.#fault();
  }

  async #empty(folder: Pinned, top: Pinned, depth: number): Promise<void> {
    let names: Buffer[] = [];
    const flush = async (): Promise<void> => {
      const folders: Buffer[] = [];
      await Promise.all(names.map(async (name) => {
        if (!await this.#isGone(folder, name)) folders.push(name);
      }));
      names = [];
      for (const name of folders) await this.#removeFolder(folder, name, top, depth);
    };
    // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- the types know names as text only
    const entries = await opendir(folder.path, { bufferSize: AT_ONCE, encoding: 'buffer' as BufferEncoding }) as unknown as AsyncIterable<{ readonly name: Buffer }>;
    for await (const { name } of entries) {
      names.push(name);
      if (names.length >= AT_ONCE) await flush();
    }
    await flush();
  }

  async #removeFolder(folder: Pinned, name: Buffer, top: Pinned, depth: number): Promise<void> {
    try {
      if (depth === DEEPEST) return await this.#moveUp(folder, name, top);
      const child = await this.#enter(folder, name);
      if (!child) return;
      try {
        await this.#empty(child, top, depth + 1);
      } finally {
        await child[Symbol.asyncDispose]();
      }
      await rmdir(at(folder, name));
    } catch (error) {
      this.#keep(name, error as NodeJS.ErrnoException);
    }
  }

  /** Into the top folder, where the next round finds it: so no tree is too deep for paths or descriptors. */
  async #moveUp(folder: Pinned, name: Buffer, top: Pinned): Promise<void> {
    const child = await this.#enter(folder, name); // opened up, since a folder that moves is written to
    await child?.[Symbol.asyncDispose]();
    await rename(at(folder, name), at(top, Buffer.from(`${this.#mark}${this.#moved}`)));
    this.#moved += 1;
  }

  /** @returns false for a folder that holds something. */
  async #isGone(folder: Pinned, name: Buffer): Promise<boolean> {
    try {
      const isFolder = (await lstat(at(folder, name))).isDirectory();
      await (isFolder ? rmdir(at(folder, name)) : unlink(at(folder, name)));
      return true;
    } catch (error) {
      const { code = '' } = error as NodeJS.ErrnoException;
      if (code === 'ENOTEMPTY' || code === 'EEXIST' || code === 'EISDIR') return false;
      this.#keep(name, error as NodeJS.ErrnoException);
      return true;
    }
  }

  /** Opens a folder to be emptied, and its mode where that shuts it to us; undefined where there is none. */
  async #enter(folder: Pinned, name: Buffer): Promise<Held | undefined> {
    try {
      return await held(at(folder, name));
    } catch (error) {
      this.#keep(name, error as NodeJS.ErrnoException);
      return undefined;
    }
  }

  #keep(name: Buffer, { code = '', message }: NodeJS.ErrnoException): void {
    if (code !== 'ENOENT') this.#stayed ??= { name: name.toString(), why: code || message };
  }

  #fault(): TrunklineError {
    const { name, why } = this.#stayed ?? { name: this.#shown, why: 'somebody still writes in it' };
    return new TrunklineError('FOLDER_NOT_REMOVED', 'infra', `${this.#shown} could not be removed whole: ${JSON.stringify(name.slice(0, 200))} stayed (${why})`, 'remove it by hand; it is tried again when the host starts');
  }
}

const DESCRIPTORS = '/proc/self/fd';
const canPin = existsSync(DESCRIPTORS);

function at(folder: Pinned, name: Buffer): Buffer {
  return Buffer.concat([Buffer.from(`${folder.path}/`), name]);
}

/** Opens a folder, which is never a link; with a mode that lets us empty it. */
async function held(path: string | Buffer, isOpenedUp = true): Promise<Held> {
  const handle = await opened(path, isOpenedUp);
  return { path: canPin ? `${DESCRIPTORS}/${handle.fd}` : path.toString(), [Symbol.asyncDispose]: () => handle.close() };
}

async function opened(path: string | Buffer, isOpenedUp: boolean): Promise<FileHandle> {
  try {
    const handle = await open(path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW);
    try {
      if (isOpenedUp && ((await handle.stat()).mode & 0o700) !== 0o700 && process.getuid?.() !== 0) await handle.chmod(0o700);
      return handle;
    } catch (error) {
      await handle.close();
      throw error;
    }
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EACCES' || !isOpenedUp || !canPin) throw error;
    const named = await open(path, O_PATH | O_DIRECTORY | O_NOFOLLOW);
    try {
      await chmod(`${DESCRIPTORS}/${named.fd}`, 0o700);
    } finally {
      await named.close();
    }
    return open(path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW);
  }
}
