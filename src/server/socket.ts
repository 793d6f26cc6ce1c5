import { closeSync, openSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { TrunklineError } from '../foundation/errors.ts';

/** The kernel takes no longer path for a socket: 108 bytes on Linux, 104 on macOS, the last one a zero. */
const LONGEST = 103;

/** A path by which the socket can be opened, however deep its folder lies. Call `release` once that has happened. */
export function socketAddress(path: string): { readonly path: string; release(): void } {
  if (Buffer.byteLength(path) <= LONGEST) return { path, release: () => undefined };
  if (process.platform !== 'linux') {
    throw new TrunklineError('PATH_TOO_LONG', 'usage', `the state folder's path is too long for a socket: ${path}`, 'give a shorter one with --state');
  }
  const folder = openSync(dirname(path), 'r');
  return { path: join('/proc/self/fd', String(folder), basename(path)), release: () => closeSync(folder) };
}
