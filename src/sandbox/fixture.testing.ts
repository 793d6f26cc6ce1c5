/** For tests that root runs: words as those of a user who owns nothing here, wherever the clone lies. */
import { statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname } from 'node:path';
import { productFolder } from './needed.ts';

export const NOBODY = 65_534;
const PASS = 0o001;

/** Lays an open folder over the shut one, in a mount namespace that ends with the words, and shows the clone's own in it. */
const OPEN = `set -e
shut=$1 clone=$2 temporary=$3; shift 3
stage=$(mktemp -d "$temporary/tl-open-XXXXXX")
mount -t tmpfs -o mode=0755 tmpfs "$stage"
mkdir "$stage/src" "$stage/node_modules"
mount --bind "$clone/src" "$stage/src"
mount --bind "$clone/node_modules" "$stage/node_modules"
mount -t tmpfs -o mode=0755 tmpfs "$shut"
mkdir -p "$clone"
mount --rbind "$stage" "$clone"
umount -R "$stage"
rmdir "$stage"
exec "$@"`;

/** @returns the words that run what follows them as nobody, at the same paths, though the way to the clone is shut to others. */
export function asNobody(): readonly string[] {
  const words = ['setpriv', `--reuid=${NOBODY}`, `--regid=${NOBODY}`, '--clear-groups', '--'];
  const clone = productFolder();
  const shut = wayTo(clone).find((folder) => (statSync(folder).mode & PASS) === 0);
  return shut === undefined ? words : ['unshare', '--mount', 'sh', '-c', OPEN, 'sh', shut, clone, tmpdir(), ...words];
}

function wayTo(folder: string): readonly string[] {
  return folder === '/' ? [] : [...wayTo(dirname(folder)), folder];
}
