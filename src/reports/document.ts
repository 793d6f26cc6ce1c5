import type { FileHandle } from 'node:fs/promises';
import { realpath } from 'node:fs/promises';
import { TrunklineError } from '../foundation/errors.ts';
import { Folder } from '../foundation/folder.ts';
import { filesMatching } from '../foundation/walk.ts';
import { parseJson, ReportFault } from './json.ts';
import { readXml, XmlFault, type XmlOptions, type XmlReader } from './xml.ts';

/** What is read as a whole is limited more than what is read piece by piece. */
export const LARGEST_JSON_BYTES = 64 * 1024 * 1024;
const LARGEST_STREAM_BYTES = 1024 ** 3;
const LONGEST_LINE = 64 * 1024;
const CHUNK = 64 * 1024;

/** A file that a tool wrote, opened and not yet read: each way to read it is bounded in memory. */
export interface ReportDocument {
  /** Relative to the checkout. */
  readonly path: string;
  isXml(): Promise<boolean>;
  json(): Promise<unknown>;
  /** Longer ones than 64 KiB are cut. */
  lines(): AsyncIterable<string>;
  xml(reader: XmlReader, options?: XmlOptions): Promise<void>;
}

/** The checkout by all its names: tools write the one that they were started in, or the one it really has. */
export async function rootsOf(root: string): Promise<readonly string[]> {
  return [...new Set([root, await realpath(root)])];
}

/**
 * Reads every file below `root` that a pattern means, in turn. Links out of it are not followed.
 * @param what it is, for people, such as `"sarif" report`.
 * @throws {TrunklineError} `REPORT_MISSING`; `REPORT_INVALID`, naming file and place.
 */
export async function readDocuments(root: string, pattern: string, what: string, read: (document: ReportDocument) => Promise<void>): Promise<void> {
  const found = (await filesMatching(root, [pattern])).get(pattern) ?? [];
  if (found.length === 0) throw new TrunklineError('REPORT_MISSING', 'code', `there is no ${what} at ${pattern}`, 'have the command write it there, or correct the path in trunkline.config.ts');
  await using folder = await Folder.open(root);
  for (const { path } of found) {
    await using file = await folder.file(path);
    try {
      await read(documentOf(file, path));
    } catch (thrown) {
      const place = thrown instanceof ReportFault ? thrown.place : thrown instanceof XmlFault ? `line ${thrown.line}` : undefined;
      if (place === undefined) throw thrown;
      throw new TrunklineError('REPORT_INVALID', 'code', `the ${what} ${path} cannot be read, at ${place}: ${(thrown as Error).message}`, 'have the command write the format that trunkline.config.ts names; a file cut short means that it was ended while it wrote');
    }
  }
}

function documentOf(file: FileHandle, path: string): ReportDocument {
  return {
    path,
    isXml: async () => (await startOf(file)).trimStart().startsWith('<'),
    json: async () => parseJson(decoded(await whole(chunksOf(file, LARGEST_JSON_BYTES)))),
    lines: () => linesOf(chunksOf(file, LARGEST_STREAM_BYTES)),
    xml: (reader, options) => readXml(chunksOf(file, LARGEST_STREAM_BYTES), reader, options),
  };
}

/** No more than was measured at first, should it still grow. */
async function* chunksOf(file: FileHandle, largest: number): AsyncGenerator<Buffer> {
  const { size } = await file.stat();
  if (size > largest) throw new ReportFault('its end', `it has ${size} bytes, and at most ${largest} are read`);
  for (let at = 0; at < size;) {
    const { buffer, bytesRead } = await file.read(Buffer.allocUnsafe(Math.min(CHUNK, size - at)), { position: at });
    if (bytesRead === 0) return;
    yield buffer.subarray(0, bytesRead);
    at += bytesRead;
  }
}

async function startOf(file: FileHandle): Promise<string> {
  const { buffer, bytesRead } = await file.read(Buffer.alloc(200), { position: 0 });
  const start = buffer.subarray(0, bytesRead);
  return new TextDecoder(encodingOf(start)).decode(start);
}

/** By the mark at its start, or by the zeros beside its first character: `>` in PowerShell writes UTF-16. */
function encodingOf(start: Uint8Array): 'utf-8' | 'utf-16le' | 'utf-16be' {
  const [first, second] = start;
  if (first === 0xff && second === 0xfe || first !== 0 && second === 0) return 'utf-16le';
  return first === 0xfe && second === 0xff || first === 0 ? 'utf-16be' : 'utf-8';
}

function decoded(bytes: Buffer): string {
  try {
    return new TextDecoder(encodingOf(bytes), { fatal: true }).decode(bytes);
  } catch {
    throw new ReportFault('line 1', `it is not the ${encodingOf(bytes).toUpperCase()} that it seems to be`);
  }
}

async function whole(chunks: AsyncIterable<Buffer>): Promise<Buffer> {
  const all: Buffer[] = [];
  for await (const chunk of chunks) all.push(chunk);
  return Buffer.concat(all);
}

async function* linesOf(chunks: AsyncIterable<Buffer>): AsyncGenerator<string> {
  let decoder: InstanceType<typeof TextDecoder> | undefined;
  let rest = '';
  for await (const chunk of chunks) {
    decoder ??= new TextDecoder(encodingOf(chunk));
    const pieces = `${rest}${decoder.decode(chunk, { stream: true })}`.split('\n');
    rest = (pieces.pop() ?? '').slice(0, LONGEST_LINE);
    for (const piece of pieces) yield piece.slice(0, LONGEST_LINE).replace(/\r$/, '');
  }
  if (rest !== '') yield rest;
}
