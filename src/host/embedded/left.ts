import { lstat, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { globMatches } from '../../foundation/glob.ts';
import { contentOf, type Contents } from '../../source/contents.ts';

/** What is in a checkout beside the commit's own files, or in their place; or why that can't be told apart from them. */
export type Left = { readonly paths: readonly string[] } | { readonly why: string };

/** Everything that is not the commit's; a folder that holds none of its files counts as a whole. @param except paths that something else brings back. */
export async function everythingLeft(checkout: string, contents: Contents, except: ReadonlySet<string>): Promise<Left> {
  const folders = new Set([...contents.keys()].flatMap(parents));
  const isLong = ([...contents.values()][0] ?? '').length > 50; // its hashes have 64 digits
  const paths: string[] = [];
  const seen = new Set<string>();
  const pending = [''];
  for (let folder = pending.pop(); folder !== undefined; folder = pending.pop()) {
    for (const { name, isFolder } of await entries(checkout, folder)) {
      const path = folder === '' ? name : `${folder}/${name}`;
      if (path === '.git' || except.has(path)) continue;
      if (isFolder && folders.has(path)) pending.push(path);
      else if (!contents.has(path)) paths.push(path);
      else {
        seen.add(path);
        if (await contentOf(checkout, path, isLong) !== contents.get(path)) paths.push(path);
      }
    }
  }
  const removed = [...contents.keys()].find((path) => !seen.has(path) && !except.has(path));
  return removed === undefined ? { paths: paths.toSorted() } : { why: `it took away ${removed}` };
}

/** Every file and link that the patterns mean. */
export async function filesLeft(checkout: string, outputs: readonly string[]): Promise<Left> {
  const paths: string[] = [];
  const pending = [''];
  for (let folder = pending.pop(); folder !== undefined; folder = pending.pop()) {
    for (const { name, isFolder } of await entries(checkout, folder)) {
      const path = folder === '' ? name : `${folder}/${name}`;
      if (path === '.git') continue;
      if (isFolder) pending.push(path);
      else if (outputs.some((glob) => globMatches(glob, path))) paths.push(path);
    }
  }
  const missing = outputs.find((glob) => !paths.some((path) => globMatches(glob, path)));
  return missing === undefined ? { paths: paths.toSorted() } : { why: `it left nothing that "${missing}" means` };
}

async function entries(checkout: string, folder: string): Promise<readonly { readonly name: string; readonly isFolder: boolean }[]> {
  // Whoever writes there may have put a link in the folder's place.
  if (!(await lstat(join(checkout, folder))).isDirectory()) return [];
  return (await readdir(join(checkout, folder), { withFileTypes: true })).map((entry) => ({ name: entry.name, isFolder: entry.isDirectory() }));
}

function parents(path: string): readonly string[] {
  const parts = path.split('/');
  return parts.slice(1).map((_, index) => parts.slice(0, index + 1).join('/'));
}
