import type { CommitHistory, TrackedFile } from '../../source/history.ts';
import type { Past } from './findings.ts';
import type { Hit } from './leak.ts';
import { LARGEST_TEXT } from './pieces.ts';
import type { Scanner } from './scanner.ts';
import type { Scans } from './scans.ts';
import { isVendored } from './vendored.ts';

export interface Searched {
  readonly hits: readonly { readonly path: string; readonly hit: Hit }[];
  readonly files: number;
  /** Too large to be looked at. */
  readonly leftOut: readonly string[];
}

/** Every file that is given, such as those of a commit, or those that are staged. */
export async function searchFiles(files: AsyncIterable<TrackedFile> | Iterable<TrackedFile>, scanner: Scanner, signal: AbortSignal): Promise<Searched> {
  const hits: { path: string; hit: Hit }[] = [];
  const leftOut: string[] = [];
  let count = 0;
  for await (const file of files) {
    count += 1;
    const found = await scanner.scan(file, signal);
    if (!found) leftOut.push(file.path);
    for (const hit of found ?? []) hits.push({ path: file.path, hit });
  }
  return { hits, files: count, leftOut };
}

export interface HistorySearched {
  /** Newest first. */
  readonly past: readonly Past[];
  readonly versions: number;
  /** Searched by an earlier run. */
  readonly known: number;
  /** Too large, or not a file any more. */
  readonly leftOut: number;
  /** Only ever lay where a package manager or a person put other people's code. */
  readonly vendored: number;
}

const KEPT_AT_ONCE = 1_000;

/** Every version of every file that was ever committed; those that an earlier run has searched are not read again. */
export async function searchHistory(history: CommitHistory, scans: Scans, scanner: Scanner, signal: AbortSignal): Promise<HistorySearched> {
  const known = await scans.read();
  const where = new Map<string, { readonly path: string; readonly commit: string }>();
  const found = new Map<string, readonly Hit[]>();
  const counts = { known: 0, read: 0, leftOut: 0, vendored: 0 };
  let fresh = new Map<string, readonly Hit[]>();
  const keep = async (): Promise<void> => {
    await scans.add(fresh);
    fresh = new Map();
  };
  const isWanted = ({ id, path, commit }: { readonly id: string; readonly path: string; readonly commit: string }): boolean => {
    if (isVendored(path)) {
      counts.vendored += 1;
      return false;
    }
    where.set(id, { path, commit });
    const before = known.get(id);
    if (!before) return true;
    counts.known += 1;
    if (before.length > 0) found.set(id, before);
    return false;
  };
  for await (const { id, path, bytes } of history.versions(signal, isWanted, (path) => !isVendored(path))) {
    counts.read += 1;
    const hits = await scanner.scan({ path, bytes, size: bytes.length }, signal);
    if (!hits) {
      counts.leftOut += 1;
      continue;
    }
    if (hits.length > 0) found.set(id, hits);
    fresh.set(id, hits);
    if (fresh.size >= KEPT_AT_ONCE) await keep();
  }
  await keep();
  const past = [...where].flatMap(([id, place]) => (found.get(id) ?? []).map((hit) => ({ ...place, hit })));
  return { past, versions: where.size, known: counts.known, vendored: counts.vendored, leftOut: where.size - counts.known - counts.read + counts.leftOut };
}

/** How much was looked at, and what was not: for people. */
export function scopeOf({ files, leftOut }: Searched, past?: HistorySearched): readonly string[] {
  return [
    `${files} files`,
    ...(leftOut.length === 0 ? [] : [`not looked at, as too large (text over ${LARGEST_TEXT / 1024 ** 2} MiB, other files over 4 MiB): ${leftOut.slice(0, 20).join(', ')}${leftOut.length > 20 ? ` and ${leftOut.length - 20} more` : ''}`]),
    ...(past ? [`history: ${past.versions} versions of files, ${past.known} of them searched by an earlier run`] : []),
    ...(past && past.vendored > 0 ? [`not looked at in history, as code of others that was kept there (node_modules, vendor, third_party and the like): ${past.vendored} versions`] : []),
    ...(past && past.leftOut > 0 ? [`not looked at in history, as over 4 MiB: ${past.leftOut} versions`] : []),
  ];
}
