import { chmodSync, lstatSync, readdirSync } from 'node:fs';
import { join } from 'node:path';

const READ = 0o044;
const PASS = 0o011;

/**
 * Lets every user of this machine read and run what lies there, as the owner may: where root hosts, code of commits
 * runs as nobody, and a clone made under a strict umask is root's alone. Changes nothing unless root asks, and nothing
 * that a link leads to.
 * @param {string} path a file or folder of the product; the folders around it stay as shut as they are
 */
export function makeReadable(path) {
  if (process.getuid?.() !== 0) return;
  const status = lstatSync(path, { throwIfNoEntry: false });
  if (status === undefined || status.isSymbolicLink()) return;
  const wanted = status.mode | READ | ((status.mode & 0o100) === 0 ? 0 : PASS);
  if (wanted !== status.mode) chmodSync(path, wanted & 0o7777);
  if (status.isDirectory()) for (const name of readdirSync(path)) makeReadable(join(path, name));
}
