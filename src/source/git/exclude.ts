import { mkdir, readFile, rename, writeFile } from 'node:fs/promises';
import { dirname, join, relative, sep } from 'node:path';
import type { Repository } from './repository.ts';

/** Tells git, on this machine only, that the state folder is none of its business. Once; a folder elsewhere needs nothing. */
export async function excludeState(repository: Repository, stateFolder: string): Promise<void> {
  // Beside the common git folder lies the main work tree, whichever one this is.
  const inside = [dirname(repository.commonFolder), repository.root].map((root) => relative(root, stateFolder)).find((path) => path !== '' && !path.startsWith('..') && !path.startsWith(sep));
  if (inside === undefined) return;
  const pattern = `/${inside.split(sep).map((part) => part.replace(/[\\*?[\]#! ]/g, '\\$&')).join('/')}/`;
  const file = join(repository.commonFolder, 'info', 'exclude');
  const found = await readFile(file, 'utf8').catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return '';
    throw error;
  });
  if (found.split('\n').includes(pattern)) return;
  await mkdir(dirname(file), { recursive: true });
  await writeFile(`${file}.${process.pid}`, `${found}${found === '' || found.endsWith('\n') ? '' : '\n'}${pattern}\n`);
  await rename(`${file}.${process.pid}`, file);
}
