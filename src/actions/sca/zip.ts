import { crc32, inflateRawSync } from 'node:zlib';
import { setImmediate } from 'node:timers/promises';

/** A file in a zip archive. Its name is data: nothing is ever written under it. */
export interface ZipEntry { readonly name: string; readonly bytes: Buffer }

export class ZipFault extends Error {}

export interface ZipLimits {
  readonly entries: number;
  readonly entryBytes: number;
  /** Of all that was unpacked. */
  readonly bytes: number;
}

const END = 0x06054b50;
const END_64_LOCATOR = 0x07064b50;
const END_64 = 0x06064b50;
const CENTRAL = 0x02014b50;
const LOCAL = 0x04034b50;
const UNKNOWN = 0xffffffff;
const AT_ONCE = 200;

/**
 * The wanted files of an archive, in memory, one after the other; whatever it says of their sizes, no more is unpacked than the limits allow.
 * @throws {ZipFault}
 */
export async function* readZip(archive: Buffer, limits: ZipLimits, isWanted: (name: string) => boolean): AsyncGenerator<ZipEntry> {
  let unpacked = 0;
  for (const [index, entry] of (await placesOf(archive, limits, isWanted)).entries()) {
    const bytes = unpack(archive, entry, Math.min(limits.entryBytes, limits.bytes - unpacked));
    unpacked += bytes.length;
    yield { name: entry.name, bytes };
    // Others want the thread too.
    if (index % AT_ONCE === AT_ONCE - 1) await setImmediate();
  }
}

/** What the directory says of a file, and where its bytes lie. */
interface Placed { readonly at: number; readonly name: string; readonly start: number; readonly end: number }

/** Where the wanted files lie, in the order of the directory. Files that share bytes are a bomb: each of them lies alone. */
async function placesOf(archive: Buffer, limits: ZipLimits, isWanted: (name: string) => boolean): Promise<readonly Placed[]> {
  let { at, count } = directoryOf(archive);
  if (count > limits.entries) throw new ZipFault(`it holds ${count} files; at most ${limits.entries} are read`);
  const places: Placed[] = [];
  for (let index = 0; index < count; index += 1) {
    if (at + 46 > archive.length || archive.readUInt32LE(at) !== CENTRAL) throw new ZipFault('its directory is cut off');
    const [nameLength, extraLength, commentLength] = [archive.readUInt16LE(at + 28), archive.readUInt16LE(at + 30), archive.readUInt16LE(at + 32)];
    const name = archive.toString('utf8', at + 46, at + 46 + nameLength);
    if (isWanted(name)) places.push({ at, name, ...extentOf(archive, at, name) });
    at += 46 + nameLength + extraLength + commentLength;
    if (index % AT_ONCE === AT_ONCE - 1) await setImmediate();
  }
  const sorted = places.toSorted((a, b) => a.start - b.start);
  const overlapping = sorted.find(({ start }, index) => index > 0 && start < (sorted[index - 1] as Placed).end);
  if (overlapping) throw new ZipFault(`${JSON.stringify(overlapping.name.slice(0, 100))} shares its bytes with another file`);
  return places;
}

function directoryOf(archive: Buffer): { at: number; readonly count: number } {
  for (let at = archive.length - 22; at >= Math.max(0, archive.length - 22 - 65_535); at -= 1) {
    if (archive.readUInt32LE(at) !== END) continue;
    const [count, start] = [archive.readUInt16LE(at + 10), archive.readUInt32LE(at + 16)];
    if (count !== 0xffff && start !== UNKNOWN) return { at: start, count };
    if (at < 20 || archive.readUInt32LE(at - 20) !== END_64_LOCATOR) throw new ZipFault('its directory is not where it says');
    const end = Number(archive.readBigUInt64LE(at - 12));
    if (end + 56 > archive.length || archive.readUInt32LE(end) !== END_64) throw new ZipFault('its directory is not where it says');
    return { at: Number(archive.readBigUInt64LE(end + 48)), count: Number(archive.readBigUInt64LE(end + 32)) };
  }
  throw new ZipFault('it is no zip archive, or cut off');
}

/** From the file's own header to the end of its bytes. */
function extentOf(archive: Buffer, at: number, name: string): { readonly start: number; readonly end: number } {
  const [packed, size, nameLength, extraLength] = [archive.readUInt32LE(at + 20), archive.readUInt32LE(at + 24), archive.readUInt16LE(at + 28), archive.readUInt16LE(at + 30)];
  const label = JSON.stringify(name.slice(0, 100));
  const extra = archive.subarray(at + 46 + nameLength, at + 46 + nameLength + extraLength);
  const start = localOffset(archive.readUInt32LE(at + 42), extra, [size, packed]);
  if (packed === UNKNOWN || size === UNKNOWN) throw new ZipFault(`${label} has more than 4 GiB`);
  if (start + 30 > archive.length || archive.readUInt32LE(start) !== LOCAL) throw new ZipFault(`${label} is not where the directory says`);
  const end = start + 30 + archive.readUInt16LE(start + 26) + archive.readUInt16LE(start + 28) + packed;
  if (end > archive.length) throw new ZipFault(`${label} is cut off`);
  return { start, end };
}

function unpack(archive: Buffer, { at, name, end }: Placed, most: number): Buffer {
  const [flags, method, sum, packed, size] = [archive.readUInt16LE(at + 8), archive.readUInt16LE(at + 10), archive.readUInt32LE(at + 16), archive.readUInt32LE(at + 20), archive.readUInt32LE(at + 24)];
  const label = JSON.stringify(name.slice(0, 100));
  if ((flags & 1) !== 0) throw new ZipFault(`${label} is encrypted`);
  if (size > most) throw new ZipFault(`${label} has more than ${most} bytes`);
  const bytes = inflated(archive.subarray(end - packed, end), method, size, label);
  if (bytes.length !== size || crc32(bytes) !== sum) throw new ZipFault(`${label} is damaged`);
  return bytes;
}

function inflated(packed: Buffer, method: number, size: number, label: string): Buffer {
  if (method === 0) return packed;
  if (method !== 8) throw new ZipFault(`${label} is packed by the method ${method}; only "deflate" is read`);
  try {
    return inflateRawSync(packed, { maxOutputLength: Math.max(1, size) });
  } catch {
    throw new ZipFault(`${label} is damaged, or larger than it says`);
  }
}

/** Where the archive is larger than 4 GiB, or says so, the place stands in a field of its own, behind the sizes that are there too. */
function localOffset(offset: number, extra: Buffer, sizes: readonly number[]): number {
  if (offset !== UNKNOWN) return offset;
  for (let at = 0; at + 4 <= extra.length; at += 4 + extra.readUInt16LE(at + 2)) {
    const place = at + 4 + 8 * sizes.filter((each) => each === UNKNOWN).length;
    if (extra.readUInt16LE(at) === 1 && place + 8 <= extra.length) return Number(extra.readBigUInt64LE(place));
  }
  throw new ZipFault('a file is not where the directory says');
}
