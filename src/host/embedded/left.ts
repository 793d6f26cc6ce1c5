import { Folder } from '../../foundation/folder.ts';
import { globMatcher, meantBy } from '../../foundation/glob.ts';
import { walk } from '../../foundation/walk.ts';
import { contentOf, type Contents } from '../../source/contents.ts';

/** What is in a checkout beside the commit's own files, or in their place; or why that can't be told apart from them. */
export type Left = { readonly paths: readonly string[] } | { readonly why: string };

/** Everything that is not the commit's; a folder that holds none of its files counts as a whole. @param except paths that something else brings back. */
export async function everythingLeft(checkout: string, contents: Contents, except: ReadonlySet<string>): Promise<Left> {
  const folders = new Set([...contents.keys()].flatMap(parents));
  const isLong = ([...contents.values()][0] ?? '').length > 50; // its hashes have 64 digits
  const paths: string[] = [];
  const seen = new Set<string>();
  await using root = await Folder.open(checkout);
  for await (const { path, folder, name } of walk(root, '', { isPassed: (each) => each === '.git' || except.has(each), isWhole: (each) => !folders.has(each) })) {
    if (contents.has(path)) {
      seen.add(path);
      if (await contentOf(folder, name, isLong) === contents.get(path)) continue;
    }
    paths.push(path);
  }
  const removed = [...contents.keys()].find((path) => !seen.has(path) && !except.has(path));
  return removed === undefined ? { paths: paths.toSorted() } : { why: `it took away ${removed}` };
}

/** Every file and link that the patterns mean. */
export async function filesLeft(checkout: string, outputs: readonly string[]): Promise<Left> {
  const there: string[] = [];
  await using root = await Folder.open(checkout);
  for await (const { path } of walk(root, '', { isPassed: (each) => each === '.git' })) there.push(path);
  const paths = await meantBy(outputs, there);
  const missing = outputs.find((glob) => !paths.some(globMatcher([glob])));
  return missing === undefined ? { paths: paths.toSorted() } : { why: `it left nothing that "${missing}" means` };
}

function parents(path: string): readonly string[] {
  const parts = path.split('/');
  return parts.slice(1).map((_, index) => parts.slice(0, index + 1).join('/'));
}
