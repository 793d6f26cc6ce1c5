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

/** Every file and link that the patterns mean, and every empty folder: what it is for, the actions after it know. */
export async function filesLeft(checkout: string, outputs: readonly string[]): Promise<Left> {
  const there: string[] = [];
  const full = new Set<string>();
  const folders: string[] = [];
  await using root = await Folder.open(checkout);
  for await (const { path, type } of walk(root, '', { isPassed: (each) => each === '.git', isMetToo: true })) {
    for (const parent of parents(path).slice(-1)) full.add(parent);
    (type === 'folder' ? folders : there).push(path);
  }
  const empty = folders.filter((path) => !full.has(path));
  // A pattern such as `dist/**` means what is in a folder: it means the folder, too, that holds nothing.
  const inside = new Set(await meantBy(outputs, empty.map((path) => `${path}/_`)));
  const whole = new Set([...await meantBy(outputs, empty), ...empty.filter((path) => inside.has(`${path}/_`))]);
  const paths = [...await meantBy(outputs, there), ...whole];
  const missing = outputs.find((glob) => !paths.some((path) => globMatcher([glob])(path) || (whole.has(path) && globMatcher([glob])(`${path}/_`))));
  return missing === undefined ? { paths: paths.toSorted() } : { why: `it left nothing that "${missing}" means` };
}

function parents(path: string): readonly string[] {
  const parts = path.split('/');
  return parts.slice(1).map((_, index) => parts.slice(0, index + 1).join('/'));
}
