import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { errorRecord } from '../../../foundation/errors.ts';
import { removeFolder } from '../../../foundation/removal.ts';
import type { Placed } from '../../desired.ts';
import type { Layout } from '../layout.ts';
import type { Counts } from './counts.ts';
import { letOthersRead } from './files.ts';

/** Nothing half-done of an earlier agent is adopted: what does not belong to a release that is meant to be here goes. */
export async function sweep({ releases, homes }: Layout, counts: Counts, meant: readonly (Placed | undefined)[], note: (line: string) => void): Promise<void> {
  // What can't be removed stands in nobody's way.
  const remove = (path: string): Promise<void> => removeFolder(path).catch((error: unknown) => note(errorRecord(error).message));
  const kept = new Set(meant.flatMap((placed) => placed?.release.id ?? []));
  for (const name of await readdir(releases)) if (!kept.has(name)) await remove(join(releases, name));
  await letOthersRead(releases);
  for (const name of await readdir(homes)) await remove(join(homes, name));
  for (const release of Object.keys(counts.toJSON())) if (!kept.has(release)) counts.forget(release);
}
