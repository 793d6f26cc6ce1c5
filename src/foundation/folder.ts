import { constants, existsSync } from 'node:fs';
import { lchown, lstat, open, opendir, readlink, writeFile, type FileHandle } from 'node:fs/promises';
import { TrunklineError } from './errors.ts';

/** What is called so in a folder; never followed where it is a link. */
export interface Entry { readonly name: string; readonly type: 'file' | 'folder' | 'link' | 'other' }

/** No honest folder holds more, and whoever lists it holds all of them in memory. */
const MOST_ENTRIES = 1_000_000;
const AT_ONCE = 1_024;
const { O_DIRECTORY, O_NOFOLLOW, O_NONBLOCK, O_RDONLY } = constants;
/** What a name below an open folder is reached by, whatever its path has become: openat(2) for those who have none. */
const DESCRIPTORS = '/proc/self/fd';
const canPin = existsSync(DESCRIPTORS);

/**
 * A folder that is held open (a directory file descriptor): in it somebody else may write, exchange and rename at any
 * time, and nothing that is done through it leaves it. One name is resolved at a time, and no link is followed. Where
 * there is no `/proc` (macOS) names are looked up by path instead: do it there when all who write in it have ended.
 * @throws {TrunklineError} each method: `FILE_OUTSIDE` for what is neither a plain file nor a folder, or has another
 * name elsewhere; `FILE_SHUT` for what its mode keeps from us; and as `open` does where nothing is.
 */
export class Folder implements AsyncDisposable {
  readonly #handle: FileHandle;
  /** Means this folder for as long as it is open. */
  readonly path: string;
  /** Whoever the folder that was opened first belongs to. */
  readonly #owner: number;
  /** For people: relative to the folder that was opened first. */
  readonly #shown: string;

  private constructor(handle: FileHandle, path: string, owner: number, shown: string) {
    this.#handle = handle;
    this.path = canPin ? `${DESCRIPTORS}/${handle.fd}` : path;
    this.#owner = owner;
    this.#shown = shown;
  }

  /** @param path absolute; links on the way to its last part are followed, its last part is none. */
  static async open(path: string): Promise<Folder> {
    const handle = await openFolder(path, '.');
    try {
      return new Folder(handle, path, (await handle.stat()).uid, '');
    } catch (error) {
      await handle.close();
      throw error;
    }
  }

  /** @param path relative, of one part or many. */
  async enter(path: string): Promise<Folder> {
    const [first, ...others] = partsOf(path);
    if (first === undefined) throw outside(path);
    let at = await this.#child(first);
    for (const name of others) {
      const from = at;
      at = await from.#child(name).finally(() => from.close());
    }
    return at;
  }

  /** A path that means this name in this folder for as long as it is open; its last part may be a link. */
  at(name: string): string {
    if (name === '' || name === '.' || name === '..' || name.includes('/') || name.includes('\0')) throw outside(this.#named(name));
    return `${this.path}/${name}`;
  }

  /** Opens a plain file for reading. */
  async file(path: string): Promise<FileHandle> {
    return this.#within(path, async (folder, name) => {
      const file = await open(folder.at(name), O_RDONLY | O_NOFOLLOW | O_NONBLOCK).catch((error: NodeJS.ErrnoException) => {
        throw told(error, folder.#named(name));
      });
      try {
        const status = await file.stat();
        // A second name of somebody else's file (a hard link): its content is not the folder's.
        if (!status.isFile() || status.nlink > 1 && status.uid !== this.#owner) throw outside(folder.#named(name));
        return file;
      } catch (error) {
        await file.close();
        throw error;
      }
    });
  }

  /** The whole of a plain file; undefined where it has more than `mostBytes`, also where it grew to that meanwhile. */
  async read(path: string, mostBytes: number): Promise<Buffer | undefined> {
    await using file = await this.file(path);
    return await readAtMost(file, mostBytes);
  }

  /** Writes a file where nothing is yet. */
  async write(name: string, content: string | Uint8Array): Promise<void> {
    await writeFile(this.at(name), content, { flag: 'wx', mode: 0o644 });
  }

  /** What is there; undefined where nothing is, or the way to it is none. */
  async look(path: string): Promise<Entry['type'] | undefined> {
    try {
      return await this.#within(path, async (folder, name) => typeOf(await lstat(folder.at(name))));
    } catch (error) {
      if (error instanceof TrunklineError || isAbsent(error)) return undefined;
      throw error;
    }
  }

  /** Where a link points, as bytes. */
  async link(name: string): Promise<Buffer> {
    return readlink(this.at(name), { encoding: 'buffer' });
  }

  /** Unsorted. */
  async list(): Promise<readonly Entry[]> {
    const entries: Entry[] = [];
    try {
      for await (const entry of await opendir(this.path, { bufferSize: AT_ONCE })) {
        if (entries.length === MOST_ENTRIES) throw new TrunklineError('FOLDER_TOO_LARGE', 'code', `${this.#named('')} holds more than ${MOST_ENTRIES} files`, 'let the commands of the commit leave fewer there');
        entries.push({ name: entry.name, type: typeOf(entry) });
      }
    } catch (error) {
      throw told(error as NodeJS.ErrnoException, this.#named(''));
    }
    return entries;
  }

  /** Gives the folder itself to another user. */
  async chown(uid: number, gid: number): Promise<void> {
    await this.#handle.chown(uid, gid);
  }

  /** Gives what a name means to another user, but for a file that has another name elsewhere: that one would change hands too. */
  async chownEntry(name: string, uid: number, gid: number): Promise<void> {
    const status = await lstat(this.at(name));
    if ((status.isDirectory() || status.nlink === 1) && status.uid !== uid) await lchown(this.at(name), uid, gid);
  }

  async close(): Promise<void> {
    await this.#handle.close();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close();
  }

  /** Does something by name in the folder that `path` lies in. */
  async #within<Value>(path: string, use: (folder: Folder, name: string) => Promise<Value>): Promise<Value> {
    const parts = partsOf(path);
    const name = parts.pop();
    if (name === undefined) throw outside(path);
    if (parts.length === 0) return use(this, name);
    await using folder = await this.enter(parts.join('/'));
    return await use(folder, name);
  }

  async #child(name: string): Promise<Folder> {
    const handle = await openFolder(this.at(name), this.#named(name));
    return new Folder(handle, this.at(name), this.#owner, this.#named(name));
  }

  #named(name: string): string {
    return [this.#shown, name].filter((part) => part !== '').join('/') || '.';
  }
}

/** One file below a folder that is opened for it. @returns undefined where it has more than `mostBytes`. */
export async function readBelow(root: string, path: string, mostBytes: number): Promise<Buffer | undefined> {
  await using folder = await Folder.open(root);
  return await folder.read(path, mostBytes);
}

/** What an open file holds; undefined where that is more than `mostBytes`. */
export async function readAtMost(file: FileHandle, mostBytes: number): Promise<Buffer | undefined> {
  const { size } = await file.stat();
  if (size > mostBytes) return undefined;
  const pieces: Buffer[] = [];
  let total = 0;
  for (;;) {
    const { buffer, bytesRead } = await file.read(Buffer.allocUnsafe(Math.min(Math.max(size - total, 4_096), 1_048_576)), { position: total });
    if (bytesRead === 0) return Buffer.concat(pieces, total);
    pieces.push(buffer.subarray(0, bytesRead));
    total += bytesRead;
    if (total > mostBytes) return undefined;
  }
}

export function isAbsent(error: unknown): boolean {
  return ['ENOENT', 'ENOTDIR', 'ENAMETOOLONG'].includes((error as NodeJS.ErrnoException | null)?.code ?? '');
}

async function openFolder(path: string, shown: string): Promise<FileHandle> {
  return open(path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW).catch(async (error: NodeJS.ErrnoException) => {
    if (error.code !== 'ENOTDIR') throw told(error, shown);
    // A file on the way is like nothing there; a link is refused.
    throw (await lstat(path).catch(() => undefined))?.isSymbolicLink() ? outside(shown) : error;
  });
}

function partsOf(path: string): string[] {
  return path.split('/').filter((part) => part !== '' && part !== '.');
}

function typeOf(status: { isFile(): boolean; isDirectory(): boolean; isSymbolicLink(): boolean }): Entry['type'] {
  if (status.isFile()) return 'file';
  if (status.isDirectory()) return 'folder';
  return status.isSymbolicLink() ? 'link' : 'other';
}

function told(error: NodeJS.ErrnoException, path: string): Error {
  if (error.code === 'ELOOP' || error.code === 'EMLINK' || error.code === 'ENXIO' || error.code === 'ENODEV') return outside(path);
  if (error.code === 'EACCES' || error.code === 'EPERM') return new TrunklineError('FILE_SHUT', 'code', `${JSON.stringify(path.slice(0, 200))} can't be read: its mode does not allow it`, 'let the commands of the commit leave readable files and folders');
  return error;
}

function outside(path: string): TrunklineError {
  return new TrunklineError('FILE_OUTSIDE', 'refused', `${JSON.stringify(path.slice(0, 200))} is no plain file of the checkout, but a link or something else that leads elsewhere`, 'write a plain file there');
}
