import { homedir } from 'node:os';
import { basename, delimiter, dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { CERTIFICATES, searchPath } from './search-path.ts';
import { isInside } from './mounts.ts';

/**
 * What a command needs to see, wherever it lies: the product (a commit's configuration imports it), this Node, the
 * programs on the path with what belongs to them, and the certificates to trust.
 */
export function neededPaths(host: { readonly [name: string]: string | undefined }): readonly string[] {
  const certificates = CERTIFICATES.flatMap((name) => host[name]?.split(delimiter) ?? []);
  return [productFolder(), dirname(dirname(process.execPath)), ...searchPath(host['PATH']).split(delimiter).map(toolFolder), ...certificates];
}

/** With all that is installed beside it. */
export function productFolder(): string {
  const folder = fileURLToPath(new URL('../..', import.meta.url)).replace(/\/$/, '');
  const [before, ...inside] = folder.split('/node_modules/');
  return inside.length === 0 ? folder : `${before}/node_modules`;
}

/** Programs in a person's home need more than their own folder: all of `~/.nvm`, but not all of `~/.local`. */
function toolFolder(folder: string): string {
  const home = homedir();
  if (!isInside(folder, home)) return folder;
  const [first = '', second = '', third = ''] = folder.slice(home.length + 1).split('/');
  if (first === '.local' && second === 'share') return join(home, first, second, third);
  if (first.startsWith('.') && first !== '.local' && first !== '.config') return join(home, first);
  const prefix = dirname(folder);
  return basename(folder) === 'bin' && prefix !== home && prefix !== join(home, '.local') ? prefix : folder;
}
