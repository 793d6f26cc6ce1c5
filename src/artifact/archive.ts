import { constants } from 'node:fs';
import { lstat, open, readdir, type FileHandle } from 'node:fs/promises';
import { join } from 'node:path';
import { Readable, pipeline } from 'node:stream';
import { createGzip } from 'node:zlib';
import { TrunklineError } from '../foundation/errors.ts';
import { faultOfPath, shown } from './entrypath.ts';
import { writeTar, type TarEntry } from './tar.ts';

const PIECE_BYTES = 64 * 1024;

/** How much an artifact may hold. */
export interface ArchiveLimits {
  readonly entries: number;
  /** Of all files together, unpacked. */
  readonly bytes: number;
}

export const ARCHIVE_LIMITS: ArchiveLimits = { entries: 200_000, bytes: 4 * 1024 ** 3 };

/**
 * Files and whole folders below `root` as a tar.gz. The same files with the same content and the same executable bit
 * give the same bytes wherever the same Node runs: sorted, no times, no owners, mode 0644 or 0755, no empty folders.
 * What npm links in `node_modules/.bin` is left out.
 * @param files relative paths; a folder stands for everything in it.
 * @throws {TrunklineError} `PACKAGE_REFUSED`, naming the file: a link, a device, a path out of `root`, or too much.
 */
export function pack(root: string, files: readonly string[], limits: ArchiveLimits = ARCHIVE_LIMITS): AsyncIterable<Uint8Array> {
  return gzip(tarOf(root, files, limits));
}

/** The archive before compression. `seen` is told of every file. */
export async function* tarOf(root: string, files: readonly string[], limits: ArchiveLimits, seen?: (entry: TarEntry) => void): AsyncGenerator<Uint8Array> {
  const selected = await select(root, files, limits);
  yield* writeTar(entriesOf(root, selected, limits, seen));
}

/** Compressed, with a header that says neither when nor on which system. */
export async function* gzip(bytes: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
  // A failure of the source ends the compressor, whose iteration below then throws it.
  const compressor = pipeline(Readable.from(bytes), createGzip({ level: 6 }), () => {});
  let at = 0;
  for await (const piece of compressor as AsyncIterable<Buffer>) {
    if (at <= OS_BYTE && OS_BYTE < at + piece.length) piece[OS_BYTE - at] = UNKNOWN_OS;
    at += piece.length;
    yield piece;
  }
}

/** RFC 1952: the tenth byte names the system. */
const OS_BYTE = 9;
const UNKNOWN_OS = 255;

async function* entriesOf(root: string, paths: readonly string[], limits: ArchiveLimits, seen?: (entry: TarEntry) => void): AsyncGenerator<TarEntry> {
  let total = 0;
  for (const path of paths) {
    // Never through a link, also when one was put there since we looked.
    await using file = await open(join(root, path), constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK);
    const found = await file.stat();
    if (!found.isFile()) throw refused(`${shown(path)} is no longer a plain file`);
    total += found.size;
    if (total > limits.bytes) throw refused(`the files are larger than ${limits.bytes} bytes together, at ${shown(path)}`);
    const entry: TarEntry = { path, type: 'file', mode: (found.mode & 0o100) === 0 ? 0o644 : 0o755, size: found.size, content: contentOf(file, path, found.size) };
    seen?.(entry);
    yield entry;
  }
}

async function* contentOf(file: FileHandle, path: string, size: number): AsyncGenerator<Uint8Array> {
  let done = 0;
  for (;;) {
    const { bytesRead, buffer } = await file.read(Buffer.allocUnsafe(PIECE_BYTES));
    done += bytesRead;
    if (done > size || (bytesRead === 0 && done < size)) throw refused(`${shown(path)} changed while it was packaged`);
    if (bytesRead === 0) return;
    yield buffer.subarray(0, bytesRead);
  }
}

/** Every file, once, sorted by code unit. */
async function select(root: string, files: readonly string[], limits: ArchiveLimits): Promise<readonly string[]> {
  const selected = new Set<string>();
  const folders = new Set<string>();
  const visit = async (path: string): Promise<void> => {
    const fault = faultOfPath(path);
    if (fault !== undefined) throw refused(`${shown(path)} ${fault}`);
    const found = await lstat(join(root, path)).catch((error: NodeJS.ErrnoException) => {
      throw error.code === 'ENOENT' ? refused(`${shown(path)} does not exist`) : error;
    });
    if (found.isDirectory()) {
      folders.add(path);
      for (const name of await readdir(join(root, path))) if (!isNpmBin(`${path}/${name}`)) await visit(`${path}/${name}`);
    } else if (found.isFile()) {
      selected.add(path);
      if (selected.size > limits.entries) throw refused(`there are more than ${limits.entries} files`);
    } else {
      throw refused(`${shown(path)} is ${found.isSymbolicLink() ? 'a symbolic link' : 'neither a file nor a folder'}`);
    }
  };
  for (const path of files) {
    if (isNpmBin(path)) continue;
    // `lstat` looks at the last part only: a folder above it may be a link out of the root.
    const above = path.split('/').slice(0, -1);
    for (let depth = 1; depth <= above.length; depth += 1) {
      const folder = above.slice(0, depth).join('/');
      if (folders.has(folder) || faultOfPath(folder) !== undefined) continue;
      const found = await lstat(join(root, folder)).catch(() => undefined);
      if (found && !found.isDirectory()) throw refused(`${shown(path)} lies behind ${shown(folder)}, which is no folder but a link or a file`);
      folders.add(folder);
    }
    await visit(path);
  }
  return [...selected].sort();
}

/** What npm links there is found again by its package; links have no place in an artifact. */
function isNpmBin(path: string): boolean {
  return /(?:^|\/)node_modules\/\.bin(?:\/|$)/.test(path);
}

function refused(why: string): TrunklineError {
  return new TrunklineError('PACKAGE_REFUSED', 'code', `the artifact cannot be packaged: ${why}`, 'an artifact holds plain files below the repository only; correct what the "package" action lists, or what the build leaves there');
}
