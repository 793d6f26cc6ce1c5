import { readdir } from 'node:fs/promises';
import { join } from 'node:path';

/** A region's own copy of a release. */
export interface Copy { readonly environment: string; readonly region: string; readonly release: string; readonly folder: string }

/** Every copy of these releases that lies below the folder of all regions, whether it runs or not. */
export async function copiesOf(root: string, releases: ReadonlySet<string>): Promise<readonly Copy[]> {
  const copies: Copy[] = [];
  for (const environment of await namesIn(root)) {
    for (const region of await namesIn(join(root, environment))) {
      const folder = join(root, environment, region, 'releases');
      for (const release of await namesIn(folder)) if (releases.has(release)) copies.push({ environment, region, release, folder: join(folder, release) });
    }
  }
  return copies;
}

async function namesIn(folder: string): Promise<readonly string[]> {
  const entries = await readdir(folder, { withFileTypes: true }).catch(() => []);
  return entries.filter((entry) => entry.isDirectory()).map(({ name }) => name).toSorted();
}
