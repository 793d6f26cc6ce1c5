import { readFile, rename, writeFile, mkdir } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { openDiskStore } from './artifact/disk/store.ts';
import type { BuildLine, LastBuild } from './cli/product.ts';
import { errorRecord } from './foundation/errors.ts';
import type { Digest, Instant, Json } from './foundation/units.ts';
import type { Place } from './place.ts';

/** Beside the reports of runs, whose names are folders. */
const FILE = 'local.json';

/** Keeps what `trunkline build` reported, in the place of what it reported before; the build itself goes with its folder. */
export async function keepLastBuild(place: Place, { folder, at, staged, lines }: { readonly folder: string; readonly at: Instant; readonly staged: boolean; readonly lines: readonly BuildLine[] }): Promise<void> {
  const artifacts = await openDiskStore(join(folder, 'artifacts'));
  const documents: { [digest: string]: Json } = {};
  for (const report of lines.flatMap(({ reports = [] }) => reports)) {
    if (report.type === 'sbom') documents[report.document] = JSON.parse(Buffer.from(await artifacts.get(report.document)).toString('utf8')) as Json;
  }
  const kept: LastBuild = { at, staged, lines, documents };
  const file = join(place.reports, FILE);
  await mkdir(dirname(file), { recursive: true, mode: 0o700 });
  const fresh = `${file}.${process.pid}`;
  await writeFile(fresh, JSON.stringify(kept), { mode: 0o600 });
  await rename(fresh, file);
}

/** Undefined before the first. */
export async function readLastBuild(place: Place): Promise<LastBuild | undefined> {
  try {
    return JSON.parse(await readFile(join(place.reports, FILE), 'utf8')) as LastBuild;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw error;
  }
}

/** From the store of the pipeline; undefined where it was removed, as "trunkline gc" removes what nothing needs. */
export async function readDocument(place: Place, digest: Digest): Promise<Json | undefined> {
  const artifacts = await openDiskStore(place.artifacts);
  try {
    return JSON.parse(Buffer.from(await artifacts.get(digest)).toString('utf8')) as Json;
  } catch (thrown) {
    if (errorRecord(thrown).code === 'BLOB_NOT_FOUND') return undefined;
    throw thrown;
  }
}
