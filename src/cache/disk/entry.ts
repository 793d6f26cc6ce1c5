import { createHash } from 'node:crypto';
import { rm, type FileHandle, open } from 'node:fs/promises';
import { z } from 'zod';
import { digestOf } from '../../foundation/digest.ts';
import type { Digest, Json } from '../../foundation/units.ts';
import type { Keeping } from '../cache.ts';

/**
 * One entry is one file, so that it is there or not as a whole: the bytes beside the value, then the head as JSON, then
 * a tail of fixed length that says where the head begins and what its digest is.
 */
const json: z.ZodType<Json> = z.json();
const headSchema = z.strictObject({ version: z.literal(1), key: z.string(), at: z.int(), value: json, files: z.strictObject({ size: z.int().nonnegative(), digest: z.string() }).nullable() });
export type Head = z.infer<typeof headSchema>;

const PIECE_BYTES = 1024 * 1024;
const LARGEST_HEAD = 64 * 1024 * 1024;
const TAIL_BYTES = 12 + 1 + 71 + 1;

/** Writes an entry to a path where nothing is yet. @returns whether it is no larger than `mostBytes`; else it is not whole. */
export async function writeEntry(path: string, key: Digest, { at, value }: Keeping, files: AsyncIterable<Uint8Array> | undefined, mostBytes: number): Promise<boolean> {
  await using target = await open(path, 'wx', 0o600);
  const beside = files === undefined ? null : await write(files, target, mostBytes);
  if (beside === undefined) return false;
  const head = Buffer.from(JSON.stringify({ version: 1, key, at, value, files: beside } satisfies Head));
  const tail = Buffer.from(`${String(head.length).padStart(12, '0')} ${digestOf(head)}\n`);
  await target.writeFile(Buffer.concat([head, tail]));
  // What a power failure leaves of it is seen by its digests, so nothing is forced to the disk here.
  return (beside?.size ?? 0) + head.length + tail.length <= mostBytes;
}

/** The head of an entry. @returns undefined for what was not written so, or no longer is what was written. */
export async function readHead(file: FileHandle, key: Digest): Promise<Head | undefined> {
  const { size } = await file.stat();
  if (size < TAIL_BYTES) return undefined;
  const tail = /^(\d{12}) (sha256:[0-9a-f]{64})\n$/.exec((await bytesAt(file, size - TAIL_BYTES, TAIL_BYTES)).toString('latin1'));
  const length = Number(tail?.[1] ?? 0);
  if (!tail || length > LARGEST_HEAD || length + TAIL_BYTES > size) return undefined;
  const bytes = await bytesAt(file, size - TAIL_BYTES - length, length);
  if (digestOf(bytes) !== tail[2]) return undefined;
  const head = headSchema.safeParse(JSON.parse(bytes.toString('utf8')));
  const fits = head.data?.key === key && (head.data.files?.size ?? 0) === size - TAIL_BYTES - length;
  return fits ? head.data : undefined;
}

/** Copies what lies beside the value, and says whether it is what was written; else nothing is left of the copy. */
export async function copyFiles(entry: string, { size, digest }: NonNullable<Head['files']>, path: string): Promise<boolean> {
  await using source = await open(entry, 'r');
  await using target = await open(path, 'wx', 0o600);
  const hash = createHash('sha256');
  for await (const piece of pieces(source, size)) {
    hash.update(piece);
    await target.writeFile(piece);
  }
  if (`sha256:${hash.digest('hex')}` === digest) return true;
  await rm(path, { force: true });
  return false;
}

async function write(bytes: AsyncIterable<Uint8Array>, target: FileHandle, mostBytes: number): Promise<NonNullable<Head['files']> | undefined> {
  const hash = createHash('sha256');
  let size = 0;
  for await (const piece of bytes) {
    size += piece.length;
    if (size > mostBytes) return undefined;
    hash.update(piece);
    await target.writeFile(piece);
  }
  return { size, digest: `sha256:${hash.digest('hex')}` };
}

async function* pieces(file: FileHandle, limit: number): AsyncGenerator<Buffer> {
  const buffer = Buffer.allocUnsafe(PIECE_BYTES);
  for (let at = 0; at < limit;) {
    const { bytesRead } = await file.read(buffer, 0, Math.min(PIECE_BYTES, limit - at), at);
    if (bytesRead === 0) return;
    at += bytesRead;
    yield buffer.subarray(0, bytesRead);
  }
}

async function bytesAt(file: FileHandle, at: number, length: number): Promise<Buffer> {
  const { bytesRead, buffer } = await file.read(Buffer.alloc(length), 0, length, at);
  return buffer.subarray(0, bytesRead);
}
