/**
 * The part of the tar format (POSIX ustar and pax) that artifacts are made of: files and folders, nothing else.
 * Written and read here, and pulled rather than pushed, so that a reader that refuses an entry has nothing running
 * behind it that still writes.
 */
import { shown } from './entrypath.ts';
import { Pieces } from './pieces.ts';
import { BLOCK, headerOf, padding, parseHeader, pathOfPax, refused, type TarHeader } from './tarheader.ts';

const LONGEST_PAX = 64 * 1024;

export interface TarEntry extends TarHeader {
  /** To be read, or left, before the next entry is asked for. */
  readonly content: AsyncIterable<Uint8Array>;
}

/** The entries as a tar archive. Times, owners and groups are zero: equal entries give equal bytes. */
export async function* writeTar(entries: AsyncIterable<TarEntry>): AsyncGenerator<Uint8Array> {
  for await (const entry of entries) {
    yield headerOf(entry);
    yield* entry.content;
    yield padding(entry.size);
  }
  yield Buffer.alloc(2 * BLOCK);
}

/** @throws {TrunklineError} `ARCHIVE_REFUSED` for anything that {@link writeTar} would not have written. */
export async function* readTar(bytes: AsyncIterable<Uint8Array>): AsyncGenerator<TarEntry> {
  const source = new Pieces(bytes);
  let longPath: string | undefined;
  for (;;) {
    const block = await source.exactly(BLOCK);
    if (block.every((byte) => byte === 0)) break;
    const { kind, ...header } = parseHeader(block);
    if (kind === 'x') {
      if (header.size > LONGEST_PAX) throw refused('an extended header is too long');
      longPath = pathOfPax(await source.exactly(header.size));
      await source.exactly(padding(header.size).length);
      continue;
    }
    const path = longPath ?? header.path;
    longPath = undefined;
    if (kind !== '0' && kind !== '5') throw refused(`${shown(path)} is ${KINDS[kind] ?? `of the unknown kind ${shown(kind)}`}`);
    const { size } = header;
    if (kind === '5' && size > 0) throw refused(`${shown(path)} is a folder with bytes of its own`);
    let rest = size;
    const content = (async function* () {
      while (rest > 0) {
        const piece = await source.atMost(rest);
        rest -= piece.length;
        yield piece;
      }
    })();
    yield { path: kind === '5' ? path.replace(/\/$/, '') : path, type: kind === '5' ? 'folder' : 'file', mode: header.mode, size, content };
    while (rest > 0) rest -= (await source.atMost(rest)).length;
    await source.exactly(padding(size).length);
  }
  // The end is two empty blocks and what padding follows; anything more would be content that nobody checks.
  if (!await source.onlyZeros()) throw refused('something follows the end of the archive');
}

const KINDS: { readonly [kind: string]: string } = {
  1: 'a hard link', 2: 'a symbolic link', 3: 'a character device', 4: 'a block device', 6: 'a FIFO',
  7: 'a contiguous file', g: 'a global header', L: 'a GNU long name', K: 'a GNU long link', S: 'a sparse file',
};
