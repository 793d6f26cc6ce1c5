import { TrunklineError } from '../foundation/errors.ts';
import { shown } from './entrypath.ts';

/** Everything in a tar archive is a multiple of this many bytes. */
export const BLOCK = 512;

export interface TarHeader {
  readonly path: string;
  readonly type: 'file' | 'folder';
  /** Permission bits. */
  readonly mode: number;
  /** Bytes; 0 for a folder. */
  readonly size: number;
}

/** The header of an entry, behind an extended one where its name does not fit. */
export function headerOf({ path, type, mode, size }: TarHeader): Uint8Array {
  const name = type === 'folder' ? `${path}/` : path;
  const short = splitName(name);
  if (short) return block(short.name, short.prefix, type === 'folder' ? '5' : '0', mode, size);
  const record = paxRecord('path', name);
  return Buffer.concat([block('pax', '', 'x', 0o644, record.length), record, padding(record.length), block('long', '', type === 'folder' ? '5' : '0', mode, size)]);
}

/** As ustar holds it: up to 100 bytes of name, behind up to 155 of folders; undefined where that is not enough. */
function splitName(path: string): { readonly name: string; readonly prefix: string } | undefined {
  if (!/^[\x20-\x7e]*$/.test(path)) return undefined;
  if (path.length <= 100) return { name: path, prefix: '' };
  const cut = path.indexOf('/', path.length - 101);
  return cut > 0 && cut <= 155 && cut < path.length - 1 ? { name: path.slice(cut + 1), prefix: path.slice(0, cut) } : undefined;
}

function block(name: string, prefix: string, kind: string, mode: number, size: number): Buffer {
  const header = Buffer.alloc(BLOCK);
  header.write(name, 0, 100, 'latin1');
  header.write(octal(mode, 7), 100);
  header.write(octal(0, 7), 108);
  header.write(octal(0, 7), 116);
  header.write(octal(size, 11), 124);
  header.write(octal(0, 11), 136);
  header.write(kind, 156);
  header.write('ustar\0' + '00', 257);
  header.write(prefix, 345, 155, 'latin1');
  header.write(`${octal(checksumOf(header), 6)}\0 `, 148);
  return header;
}

function octal(value: number, digits: number): string {
  const text = value.toString(8).padStart(digits, '0');
  if (text.length > digits) throw refused('a file is larger than the 8 GiB that the archive format holds');
  return text;
}

/** @throws {TrunklineError} `ARCHIVE_REFUSED`. */
export function parseHeader(header: Buffer): { readonly path: string; readonly kind: string; readonly mode: number; readonly size: number } {
  if (field(header, 257, 8) !== 'ustar' || header.toString('latin1', 263, 265) !== '00') throw refused('it has an entry that is not in the ustar format');
  if (number(header, 148, 8) !== checksumOf(header)) throw refused('the checksum of an entry is wrong');
  const prefix = field(header, 345, 155);
  const name = field(header, 0, 100);
  const kind = header.toString('latin1', 156, 157);
  return { path: prefix === '' ? name : `${prefix}/${name}`, kind: kind === '\0' ? '0' : kind, mode: number(header, 100, 8), size: number(header, 124, 12) };
}

function field(header: Buffer, start: number, length: number): string {
  const end = header.indexOf(0, start);
  return header.toString('utf8', start, end === -1 || end > start + length ? start + length : end);
}

function number(header: Buffer, start: number, length: number): number {
  const text = header.toString('latin1', start, start + length).replace(/[\0 ]+$/, '').trimStart();
  if (!/^[0-7]+$/.test(text)) throw refused('an entry has a number that is not octal');
  return Number.parseInt(text, 8);
}

/** The sum of all bytes, the checksum's own eight counted as spaces. */
function checksumOf(header: Buffer): number {
  return header.reduce((sum, byte, at) => sum + (at >= 148 && at < 156 ? 0x20 : byte), 0);
}

/** `"<length> <key>=<value>\n"`, where the length counts itself. */
function paxRecord(key: string, value: string): Buffer {
  const rest = Buffer.byteLength(` ${key}=${value}\n`);
  let length = rest + String(rest).length;
  if (String(length).length > String(rest).length) length = rest + String(length).length;
  return Buffer.from(`${length} ${key}=${value}\n`);
}

/** Extended headers may say the times and owners of an entry, which nobody reads, and its path; nothing else. */
const UNREAD = new Set(['atime', 'ctime', 'mtime', 'uid', 'gid', 'uname', 'gname', 'comment']);

/** The path that an extended header gives to the next entry. */
export function pathOfPax(records: Buffer): string | undefined {
  let path: string | undefined;
  for (let at = 0; at < records.length;) {
    const [, digits, key] = /^(\d{1,6}) ([A-Za-z.]+)=/.exec(records.toString('latin1', at, at + 64)) ?? [];
    const end = at + Number(digits);
    if (digits === undefined || key === undefined || end > records.length || end < at + digits.length + key.length + 3 || records[end - 1] !== 0x0a) throw refused('an extended header is garbled');
    if (key === 'path') path = records.toString('utf8', at + digits.length + key.length + 2, end - 1);
    else if (!UNREAD.has(key)) throw refused(`an extended header sets ${shown(key)}`);
    at = end;
  }
  return path;
}

/** What fills the last block of an entry. */
export function padding(size: number): Buffer {
  return Buffer.alloc((BLOCK - (size % BLOCK)) % BLOCK);
}

export function refused(why: string): TrunklineError {
  return new TrunklineError('ARCHIVE_REFUSED', 'refused', `the archive was refused as a whole: ${why}`, 'an artifact holds plain files and folders below its own root; package it again');
}
