import { createHash, type Hash } from 'node:crypto';
import { mkdir, open, rename, stat } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { Readable, pipeline } from 'node:stream';
import { createGunzip } from 'node:zlib';
import { TrunklineError } from '../foundation/errors.ts';
import { removeFolder } from '../foundation/removal.ts';
import type { Digest } from '../foundation/units.ts';
import { ARCHIVE_LIMITS, type ArchiveLimits } from './archive.ts';
import { type Listing, listed } from './listing.ts';
import { faultOfPath, shown } from './entrypath.ts';
import { CONFIG_TYPE, DOCUMENT_LIMIT, LAYER_TYPE, parseConfig, parseManifest } from './oci.ts';
import { storageFault } from './storagefault.ts';
import type { ArtifactStore, Descriptor } from './store.ts';
import { readTar, type TarEntry } from './tar.ts';
import { refused } from './tarheader.ts';

export interface Unpacked {
  readonly files: number;
  readonly bytes: number;
  /** Of the very bytes that were verified, as they were written. */
  readonly listing: Listing;
}

/**
 * Puts the files of an artifact into `target`, which must not exist. Everything on the way from the manifest's digest
 * to the bytes of the files is checked, over the very bytes that are used; `target` appears only when all of it held.
 * Extraction happens beside it in `target.partial`, and what a dead process left there is removed first. Files get
 * mode 0444 or 0555 and the time of extraction, whatever the archive says. Not forced to disk: after a power failure,
 * unpack again.
 * @throws {TrunklineError} `BLOB_NOT_FOUND`, `BLOB_CORRUPT`, `MANIFEST_INVALID`, `ARCHIVE_REFUSED`, `TARGET_EXISTS`, `DISK_FULL`.
 */
export async function unpack(store: ArtifactStore, artifact: Digest, target: string, limits: ArchiveLimits = ARCHIVE_LIMITS): Promise<Unpacked> {
  if (await stat(target).then(() => true, () => false)) throw new TrunklineError('TARGET_EXISTS', 'usage', `${target} exists already`, 'unpack into a fresh folder');
  const { layer, uncompressed } = await layerOf(store, artifact);
  const staging = `${target}.partial`;
  try {
    await removeFolder(staging);
    await mkdir(staging, { recursive: true, mode: 0o755 });
    const unpacked = await extract(store, layer, uncompressed, staging, limits);
    await rename(staging, target);
    return unpacked;
  } catch (error) {
    await removeFolder(staging);
    throw storageFault(error, `unpack ${artifact} into ${target}`);
  }
}

async function layerOf(store: ArtifactStore, artifact: Digest): Promise<{ readonly layer: Descriptor; readonly uncompressed: Digest }> {
  const what = `the manifest ${artifact}`;
  const { config, layers: [layer, ...others] } = parseManifest(await named(what, store.get(artifact, DOCUMENT_LIMIT)), what);
  if (layer?.mediaType !== LAYER_TYPE || others.length > 0 || config.mediaType !== CONFIG_TYPE) {
    throw new TrunklineError('MANIFEST_INVALID', 'refused', `${what} is not an artifact of one tar.gz layer`, 'release the commit again');
  }
  const whose = `the configuration ${config.digest} of ${artifact}`;
  const [uncompressed, ...more] = parseConfig(await named(whose, store.get(config.digest, DOCUMENT_LIMIT)), whose).rootfs.diff_ids;
  if (uncompressed === undefined || more.length > 0) throw new TrunklineError('MANIFEST_INVALID', 'refused', `${whose} does not name the content of one layer`, 'release the commit again');
  return { layer, uncompressed };
}

async function extract(store: ArtifactStore, layer: Descriptor, uncompressed: Digest, staging: string, limits: ArchiveLimits): Promise<Unpacked> {
  const stored = store.stream(layer.digest, layer.size)[Symbol.asyncIterator]();
  // Kept, because whoever reads ahead may have given up on the stream before it hears of it.
  let fault: unknown;
  const next: Next = () => named('the layer', stored.next()).catch((error: unknown) => {
    throw fault = error;
  });
  const hash = createHash('sha256');
  const placed = await place(readTar(gunzip(next, hash, limits)), staging, limits).then((unpacked) => ({ unpacked }), (error: unknown) => ({ error }));
  // To the end, also after a refusal: an archive that cannot be read is most often a corrupt blob, and only its last
  // byte tells; then that is what is thrown.
  while ((await next()).done !== true);
  if (fault !== undefined) throw fault;
  if ('error' in placed) throw placed.error;
  const found = `sha256:${hash.digest('hex')}`;
  if (found !== uncompressed) throw refused(`the layer ${layer.digest} holds ${found}, and the configuration says ${uncompressed}`);
  return placed.unpacked;
}

/** One entry after the other, each awaited: when this throws, nothing writes any more. */
async function place(entries: AsyncIterable<TarEntry>, staging: string, limits: ArchiveLimits): Promise<Unpacked> {
  const folders = new Set<string>(['.']);
  let seen = 0;
  const listing = new Map<string, string>();
  let bytes = 0;
  for await (const entry of entries) {
    const fault = faultOfPath(entry.path);
    if (fault !== undefined) throw refused(`${shown(entry.path)} ${fault}`);
    seen += 1;
    if (seen > limits.entries) throw refused(`it has more than ${limits.entries} entries`);
    bytes += entry.size;
    if (bytes > limits.bytes) throw refused(`it holds more than ${limits.bytes} bytes, at ${shown(entry.path)}`);
    const folder = entry.type === 'folder' ? entry.path : dirname(entry.path);
    try {
      await makeFolders(staging, folder, folders);
      if (entry.type === 'folder') continue;
      listing.set(entry.path, await writeFile(join(staging, entry.path), entry));
    } catch (error) {
      const { code } = error as NodeJS.ErrnoException;
      // Also where the file system takes two names for one, such as those that differ in case on macOS.
      if (code === 'EEXIST' || code === 'ENOTDIR' || code === 'EISDIR') throw refused(`${shown(entry.path)} is there twice, or as a file and a folder`);
      throw error;
    }
  }
  return { files: listing.size, bytes, listing };
}

async function makeFolders(staging: string, folder: string, made: Set<string>): Promise<void> {
  if (made.has(folder)) return;
  await makeFolders(staging, dirname(folder), made);
  await mkdir(join(staging, folder), { mode: 0o755 });
  made.add(folder);
}

/** Read-only, and `wx`: never over or through what is there already. @returns what stands in the listing. */
async function writeFile(path: string, { content, mode }: TarEntry): Promise<string> {
  const isExecutable = (mode & 0o100) !== 0;
  const hash = createHash('sha256');
  await using file = await open(path, 'wx', isExecutable ? 0o555 : 0o444);
  for await (const piece of content) {
    hash.update(piece);
    for (let done = 0; done < piece.byteLength;) done += (await file.write(piece, done)).bytesWritten;
  }
  return listed(isExecutable, hash.digest('hex'));
}

async function* gunzip(next: Next, hash: Hash, limits: ArchiveLimits): AsyncGenerator<Uint8Array> {
  // Headers and padding come on top of the files: 3 KiB for each entry is more than any takes.
  const most = limits.bytes + limits.entries * 3_072 + 1_048_576;
  let total = 0;
  const expander = pipeline(Readable.from(pieces(next)), createGunzip(), () => {});
  try {
    for await (const piece of expander as AsyncIterable<Buffer>) {
      total += piece.length;
      if (total > most) throw refused(`it grows to more than ${most} bytes`);
      hash.update(piece);
      yield piece;
    }
  } catch (error) {
    if (error instanceof TrunklineError) throw error;
    throw refused(`it cannot be decompressed (${(error as Error).message})`);
  }
}

/** The layer, left open when its reader stops early. */
async function* pieces(next: Next): AsyncGenerator<Uint8Array> {
  for (let piece = await next(); piece.done !== true; piece = await next()) yield piece.value;
}

type Next = () => Promise<IteratorResult<Uint8Array>>;

/** An error of the store that says which part of the artifact it is about. */
async function named<T>(part: string, reading: Promise<T>): Promise<T> {
  try {
    return await reading;
  } catch (error) {
    if (!(error instanceof TrunklineError)) throw error;
    const { code, class: kind, message, hint } = error.record;
    throw new TrunklineError(code, kind, `${part}: ${message}`, hint);
  }
}
