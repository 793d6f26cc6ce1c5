import { randomInt } from 'node:crypto';
import { lstat, readdir, readFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { z } from 'zod';
import type { User } from '../../sandbox/tools.ts';
import { writeWhole } from './agent/stored.ts';
import type { Layout } from './layout.ts';

/** Who runs what in a region whose agent is root: nobody else on this machine has these numbers. */
export interface RegionUsers {
  readonly application: User;
  readonly database: User;
}

/**
 * Numbers that no system gives out: above those of containers and below the ones that systemd keeps, or, where a
 * container knows only 65,536 of them, in a gap of systemd's own table.
 */
const RANGES = [{ first: 1_900_000_000, count: 100_000_000 }, { first: 60_706, count: 478 }] as const;
const NOBODY = 65_534;

const schema = z.strictObject({ application: z.int().min(1), database: z.int().min(1) });

/** The region's users, chosen once and kept, because files belong to them. Undefined where the agent is no root. */
export async function usersOf(layout: Layout): Promise<RegionUsers | undefined> {
  if (process.geteuid?.() !== 0) return undefined;
  const kept = await read(layout.users) ?? await choose(layout);
  return { application: { uid: kept.application, gid: kept.application }, database: { uid: kept.database, gid: kept.database } };
}

async function choose(layout: Layout): Promise<z.infer<typeof schema>> {
  const taken = new Set(await others(layout));
  const known = await Promise.all(['uid_map', 'gid_map'].map((map) => readFile(`/proc/self/${map}`, 'utf8')));
  const range = RANGES.find((one) => known.every((map) => isMapped(map, one)));
  const one = (): number => {
    if (!range) return NOBODY;
    for (;;) {
      const number = randomInt(range.first, range.first + range.count);
      if (!taken.has(number)) return number;
    }
  };
  // What is there already says whose it is, should the record be lost.
  const chosen = { application: await ownerOf(layout.data) ?? one(), database: await ownerOf(join(layout.database, 'cluster')) ?? one() };
  await writeWhole(layout.users, JSON.stringify(chosen));
  return chosen;
}

/** Lines of `inside outside count`. */
export function isMapped(map: string, { first, count }: { readonly first: number; readonly count: number }): boolean {
  return map.trim().split('\n').some((line) => {
    const [inside = 0, , length = 0] = line.trim().split(/\s+/).map(Number);
    return inside <= first && first + count <= inside + length;
  });
}

/** Undefined also where it is somebody that this machine knows: a host that was an ordinary user left it. */
async function ownerOf(folder: string): Promise<number | undefined> {
  const uid = await lstat(folder).then((found) => found.uid, () => 0);
  return RANGES.some(({ first, count }) => first <= uid && uid < first + count) ? uid : undefined;
}

/** The numbers of all regions of this state folder. */
async function others({ folder }: Layout): Promise<readonly number[]> {
  const root = dirname(dirname(folder));
  const folders = await Promise.all((await readdir(root)).map(async (name) => (await readdir(join(root, name)).catch(() => [])).map((region) => join(root, name, region))));
  const all = await Promise.all(folders.flat().map((path) => read(join(path, 'users.json')).catch(() => undefined)));
  return all.flatMap((one) => (one ? [one.application, one.database] : []));
}

async function read(file: string): Promise<z.infer<typeof schema> | undefined> {
  const text = await readFile(file, 'utf8').catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return undefined;
    throw error;
  });
  return text === undefined ? undefined : schema.parse(JSON.parse(text));
}
