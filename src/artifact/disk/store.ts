import { readFile, realpath } from 'node:fs/promises';
import { join } from 'node:path';
import { TrunklineError } from '../../foundation/errors.ts';
import { LayoutStore } from '../layout.ts';
import { encodeNames } from '../layoutindex.ts';
import { storageFault } from '../storagefault.ts';
import { makeFolder, writeAtomically } from './atomic.ts';
import { DiskMedium } from './medium.ts';

const VERSION = '{"imageLayoutVersion":"1.0.0"}';

/**
 * Opens the OCI image layout in a folder, and makes it where there is none. One process at a time may write to it.
 * @throws {TrunklineError} `LAYOUT_CORRUPT`, `DISK_FULL`, `STORAGE_DENIED`.
 */
export async function openDiskStore(folder: string): Promise<LayoutStore> {
  try {
    await makeFolder(folder);
    const root = await realpath(folder);
    await makeFolder(join(root, 'blobs', 'sha256'));
    await makeFolder(join(root, 'staging'));
    const medium = new DiskMedium(root);
    const version = await readFile(join(root, 'oci-layout'), 'utf8').catch(absent);
    if (version === undefined) {
      // `oci-layout` comes last: with it but without an index, something was lost, and reading says so.
      if (await medium.readIndex() === undefined) await medium.replaceIndex(encodeNames(new Map()));
      await writeAtomically(join(root, 'staging'), Buffer.from(VERSION), () => join(root, 'oci-layout'));
    } else if (version !== VERSION) {
      throw new TrunklineError('LAYOUT_CORRUPT', 'refused', `the file oci-layout of ${folder} is corrupt, or of a version that this Trunkline does not know`, `it should read ${VERSION}; check the rest of the folder before you mend it`);
    }
    return new LayoutStore(medium);
  } catch (error) {
    throw storageFault(error, `open the artifact store in ${folder}`);
  }
}

function absent(error: NodeJS.ErrnoException): undefined {
  if (error.code !== 'ENOENT') throw error;
}
