import { chmod, rm, writeFile } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { TrunklineError } from '../../foundation/errors.ts';
import { openInside } from '../../foundation/inside.ts';
import type { Kept } from '../../cache/cache.ts';
import type { Exit } from '../../runner/cell.ts';

/** Runs a command in the cell that sees the folder. */
export type Exec = (command: readonly string[]) => Promise<Exit>;

/**
 * Files of a commit are packed and unpacked by `tar`, in the cell, as all that writes among them: no link leads the host
 * anywhere, and they belong to whom they should. The host itself only moves bytes that it does not read.
 * @param root the folder from which the paths begin; the bundle lies beside it meanwhile.
 * @param use gets the bundle's bytes.
 */
export async function pack<Value>(root: string, paths: readonly string[], exec: Exec, use: (bytes: AsyncIterable<Uint8Array>) => Promise<Value>): Promise<Value> {
  const bundle = beside(root, 'bundle');
  const list = beside(root, 'list');
  try {
    await writeFresh(list, paths.map((path) => `./${path}\0`).join(''));
    await succeeds(exec, ['tar', '--create', LARGE_READS, '--file', bundle, '--directory', root, '--null', '--files-from', list]);
    await using file = await openInside(dirname(root), basename(bundle));
    return await use(file.createReadStream({ autoClose: false, highWaterMark: 1024 * 1024 }));
  } finally {
    await Promise.all([bundle, list].map((path) => rm(path, { recursive: true, force: true })));
  }
}

/** Puts files where they were, over what is there. @returns false where they are no longer what was kept. */
export async function unpack(root: string, files: NonNullable<Kept['files']>, exec: Exec): Promise<boolean> {
  const bundle = beside(root, 'bundle');
  await rm(bundle, { recursive: true, force: true });
  try {
    if (!await files.copyTo(bundle)) return false;
    await chmod(bundle, 0o644); // commands may be another user's
    await succeeds(exec, ['tar', '--extract', LARGE_READS, '--file', bundle, '--directory', root]);
    return true;
  } finally {
    await rm(bundle, { recursive: true, force: true });
  }
}

/** A mebibyte at a time. */
const LARGE_READS = '--blocking-factor=2048';
let count = 0;

function beside(root: string, what: string): string {
  return join(dirname(root), `.trunkline-${what}-${process.pid}-${count += 1}`);
}

/** Code of the commit can write in this folder: what may stand there is never written through. */
async function writeFresh(path: string, text: string): Promise<void> {
  await rm(path, { recursive: true, force: true });
  await writeFile(path, text, { flag: 'wx', mode: 0o644 });
}

async function succeeds(exec: Exec, command: readonly string[]): Promise<void> {
  const { code, signal, ended } = await exec(command);
  if (code !== 0) throw new TrunklineError('FILES_NOT_MOVED', 'infra', `"tar" ended with ${ended === 'by-itself' ? signal ?? `exit code ${code}` : ended}`, 'see the last lines; it needs GNU tar');
}
