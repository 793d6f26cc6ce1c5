/** Where what was done once is kept for the next time, and who may believe whom. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { inFrontOf, type Cache } from './cache/cache.ts';
import { DiskCache } from './cache/disk/cache.ts';
import type { Millis } from './foundation/units.ts';
import { productOf } from './host/embedded/machine.ts';
import type { ResultParts } from './host/embedded/results.ts';
import type { Place } from './place.ts';
import { contentsOfFolder } from './source/contents.ts';
import { contentsOfCommit } from './source/git/contents.ts';
import { resolve } from './source/git/resolve.ts';

const GIB = 1024 ** 3;
const MOST_BYTES = { trunk: 4 * GIB, local: 2 * GIB } as const;

/** What `trunkline gc` removes when nobody has looked for it so long. */
const FORGOTTEN: Millis = 14 * 86_400_000;

function open(place: Place, namespace: keyof typeof MOST_BYTES, readOnly = false): DiskCache {
  return new DiskCache({ folder: join(place.cache, namespace), mostBytes: MOST_BYTES[namespace], readOnly });
}

/** Runs of the trunk believe only what runs of the trunk have kept. What others built of another commit is never theirs. */
export function keptByTrunk(place: Place): ResultParts {
  return {
    cache: open(place, 'trunk'), product: product(), origin: (run) => run,
    contents: (commit) => contentsOfCommit(place.repository, commit), history: async (commit) => commit, builtFrom: (commit) => commit,
  };
}

/** Whoever works on what is not committed believes the trunk too, and keeps what is theirs apart. */
export function keptLocally(place: Place): ResultParts {
  const head = (): Promise<string | undefined> => resolve(place.repository, 'HEAD');
  let found: ReturnType<typeof contentsOfFolder> | undefined;
  return {
    cache: localCache(place), product: product(), origin: () => 'an earlier build here',
    // Before the first action works there; afterwards it holds more than what is to be committed.
    contents: (_commit, checkout) => found ??= head().then((commit) => contentsOfFolder(checkout, commit?.length === 64)),
    history: async () => `what would follow ${await head() ?? 'nothing'}`, builtFrom: () => undefined,
  };
}

export function localCache(place: Place): Cache {
  return inFrontOf(open(place, 'local'), open(place, 'trunk', true));
}

export async function forgetKept(place: Place, now: number): Promise<{ readonly bytes: number; readonly entries: number }> {
  const [trunk, local] = await Promise.all((['trunk', 'local'] as const).map((namespace) => open(place, namespace).forget(now - FORGOTTEN)));
  return { bytes: trunk!.bytes + local!.bytes, entries: trunk!.entries + local!.entries };
}

function product(): ReturnType<typeof productOf> {
  const { version } = JSON.parse(readFileSync(new URL('../package.json', import.meta.url), 'utf8')) as { version: string };
  return productOf(version);
}
