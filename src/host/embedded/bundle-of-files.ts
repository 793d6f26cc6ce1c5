import { randomBytes } from 'node:crypto';
import { dirname, join } from 'node:path';
import { TrunklineError } from '../../foundation/errors.ts';
import { Folder } from '../../foundation/folder.ts';
import { removeIn } from '../../foundation/removal.ts';
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
  await using folder = await Folder.open(dirname(root));
  const [bundle, list] = [name('bundle'), name('list')];
  try {
    await folder.write(list, paths.map((path) => `./${path}\0`).join(''));
    const beside = (each: string): string => join(dirname(root), each);
    await succeeds(exec, ['tar', '--create', LARGE_READS, '--file', beside(bundle), '--directory', root, '--null', '--files-from', beside(list)]);
    await using file = await folder.file(bundle);
    const { size } = await file.stat();
    return await use(file.createReadStream({ autoClose: false, highWaterMark: 1024 * 1024, end: Math.max(0, size - 1) }));
  } finally {
    for (const each of [bundle, list]) await removeIn(folder, each);
  }
}

/** Puts files where they were, over what is there. @returns false where they are no longer what was kept. */
export async function unpack(root: string, files: NonNullable<Kept['files']>, exec: Exec): Promise<boolean> {
  await using folder = await Folder.open(dirname(root));
  const bundle = name('bundle');
  try {
    if (!await files.copyTo(folder.at(bundle))) return false;
    await using copied = await folder.file(bundle);
    await copied.chmod(0o644); // commands may be another user's
    await succeeds(exec, ['tar', '--extract', LARGE_READS, '--file', join(dirname(root), bundle), '--directory', root]);
    return true;
  } finally {
    await removeIn(folder, bundle);
  }
}

/** A mebibyte at a time. */
const LARGE_READS = '--blocking-factor=2048';

/** Code of the commit can write in this folder: nobody knows the name before it is there. */
function name(what: string): string {
  return `.trunkline-${what}-${randomBytes(12).toString('hex')}`;
}

async function succeeds(exec: Exec, command: readonly string[]): Promise<void> {
  const { code, signal, ended } = await exec(command);
  if (code !== 0) throw new TrunklineError('FILES_NOT_MOVED', 'infra', `"tar" ended with ${ended === 'by-itself' ? signal ?? `exit code ${code}` : ended}`, 'see the last lines; it needs GNU tar');
}
