import { readdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { Placed } from '../../desired.ts';
import type { Layout } from '../layout.ts';
import type { Counts } from './counts.ts';

/** Nothing half-done of an earlier agent is adopted: what does not belong to a release that is meant to be here goes. */
export async function sweep({ releases, homes }: Layout, counts: Counts, meant: readonly (Placed | undefined)[]): Promise<void> {
  const kept = new Set(meant.flatMap((placed) => placed?.release.id ?? []));
  for (const name of await readdir(releases)) if (!kept.has(name)) await rm(join(releases, name), { recursive: true, force: true });
  for (const name of await readdir(homes)) await rm(join(homes, name), { recursive: true, force: true });
  for (const release of Object.keys(counts.toJSON())) if (!kept.has(release)) counts.forget(release);
}
