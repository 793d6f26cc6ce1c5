import { stat } from 'node:fs/promises';
import { dirname } from 'node:path';
import { fileURLToPath } from 'node:url';
import { TrunklineError } from '../foundation/errors.ts';

const READ = 0o004;
const PASS = 0o001;

/**
 * Proves that a user who owns nothing here can run this Node and read Trunkline's own code: where the host is root,
 * commands run as nobody. One program and one file stand for all, since a strict umask shuts whatever it made.
 * @param root the product's folder: on the way to it the cell opens doors by itself, and what lies in it at first hand
 * @throws {TrunklineError} `PRODUCT_SHUT`
 */
export async function requireOpen(root: string, files: readonly string[] = [process.execPath, fileURLToPath(import.meta.url)]): Promise<void> {
  for (const file of files.filter((path) => path.startsWith(`${root}/`))) {
    const shut = await firstShut(file, root);
    if (shut === undefined) continue;
    throw new TrunklineError('PRODUCT_SHUT', 'usage', `where the host is root, commands run as nobody, and nobody may not read ${shut}, which is Trunkline's own`,
      `let every user read it: chmod -R go+rX '${root.replaceAll("'", String.raw`'\''`)}'`);
  }
}

/** The outermost of the file and the folders below `root` that lead to it which others may not use. */
async function firstShut(file: string, root: string): Promise<string | undefined> {
  const way = [file];
  for (let folder = dirname(file); folder !== root; folder = dirname(folder)) way.unshift(folder);
  for (const path of way) {
    const status = await stat(path);
    const wanted = status.isDirectory() ? READ | PASS : READ | ((status.mode & 0o100) === 0 ? 0 : PASS);
    if ((status.mode & wanted) !== wanted) return path;
  }
  return undefined;
}
