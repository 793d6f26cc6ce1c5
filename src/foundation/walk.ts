import { TrunklineError } from './errors.ts';
import { type Entry, Folder, isAbsent } from './folder.ts';
import { globBase, globMatcher } from './glob.ts';

/** Something below a folder; `path` is relative to it, with `/`. */
export interface Found { readonly path: string; readonly type: Entry['type'] }

/** The same while its folder is open: valid until the next one is asked for. */
export interface Met extends Found { readonly folder: Folder; readonly name: string }

export interface Way {
  /** What is not looked at. */
  readonly isPassed: (path: string, name: string) => boolean;
  /** Folders that count as a whole, and are not looked into. */
  readonly isWhole?: (path: string) => boolean;
  /** Folders that are looked into are met too, before what is in them. */
  readonly isMetToo?: boolean;
}

/** What no pattern means: it is git's and the package manager's. */
const NEVER = new Set(['.git', 'node_modules']);
/** Each level holds a file descriptor; nothing honest is nested so deep. */
const DEEPEST = 200;
const MOST_FILES = 2_000_000;

/**
 * Everything below an open folder, or below `base` in it, that is no folder, or one that counts as a whole. No link is
 * followed, no path is walked twice, and what leaves meanwhile is passed over.
 * @throws {TrunklineError} `FOLDER_TOO_DEEP`, `FOLDER_TOO_LARGE`, `FILE_SHUT`.
 */
export async function* walk(root: Folder, base: string, { isPassed, isWhole = () => false, isMetToo = false }: Way): AsyncGenerator<Met> {
  const levels: { readonly folder: Folder; readonly path: string; readonly entries: Entry[] }[] = [];
  const descend = async (from: Folder, way: string, path: string): Promise<void> => {
    if (levels.length === DEEPEST) throw new TrunklineError('FOLDER_TOO_DEEP', 'code', `${path.slice(0, 200)}… holds more than ${DEEPEST} folders in one another`, 'let the commands of the commit nest them less');
    const folder = await entered(from, way);
    if (!folder) return;
    levels.push({ folder, path, entries: [] });
    levels.at(-1)!.entries.push(...await folder.list());
  };
  let seen = 0;
  try {
    await descend(root, base === '' ? '.' : base, base);
    for (let level = levels.at(-1); level; level = levels.at(-1)) {
      const entry = level.entries.pop();
      if (!entry) {
        levels.pop();
        if (level.folder !== root) await level.folder.close();
        continue;
      }
      const path = level.path === '' ? entry.name : `${level.path}/${entry.name}`;
      if (isPassed(path, entry.name)) continue;
      seen += 1;
      if (seen > MOST_FILES) throw new TrunklineError('FOLDER_TOO_LARGE', 'code', `there are more than ${MOST_FILES} files and folders`, 'let the commands of the commit leave fewer there');
      const isEntered = entry.type === 'folder' && !isWhole(path);
      if (!isEntered || isMetToo) yield { path, type: entry.type, folder: level.folder, name: entry.name };
      if (isEntered) await descend(level.folder, entry.name, path);
    }
  } finally {
    for (const { folder } of levels) if (folder !== root) await folder.close();
  }
}

/** What the patterns mean below a folder, each with all that it means, sorted; nothing in `.git` or `node_modules` is ever meant. */
export async function filesMatching(root: string, patterns: readonly string[]): Promise<ReadonlyMap<string, readonly Found[]>> {
  const matched = new Map(patterns.map((pattern) => [pattern, { matches: globMatcher([pattern]), found: [] as Found[] }]));
  await using top = await Folder.open(root);
  for (const base of new Set(patterns.map(globBase))) {
    const wanted = [...matched].filter(([pattern]) => globBase(pattern) === base).map(([, each]) => each);
    for await (const { path, type } of meant(top, base)) {
      for (const { matches, found } of wanted) if (matches(path)) found.push({ path, type });
    }
  }
  return new Map([...matched].map(([pattern, { found }]) => [pattern, found.sort((a, b) => (a.path < b.path ? -1 : 1))]));
}

async function* meant(top: Folder, base: string): AsyncGenerator<Found> {
  const parts = base.split('/');
  const name = parts.pop() ?? '';
  if ([...parts, name].some((part) => NEVER.has(part))) return;
  const type = name === '' ? 'folder' : await top.look(base);
  if (type === 'folder') yield* walk(top, base, { isPassed: (_path, each) => NEVER.has(each) });
  else if (type !== undefined) yield { path: base, type };
}

/** What is gone, or became something else since it was listed, is no folder to look into. */
async function entered(from: Folder, way: string): Promise<Folder | undefined> {
  try {
    return way === '.' ? from : await from.enter(way);
  } catch (error) {
    if (isAbsent(error) || error instanceof TrunklineError && error.record.code === 'FILE_OUTSIDE') return undefined;
    throw error;
  }
}
