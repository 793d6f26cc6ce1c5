import { createHash } from 'node:crypto';
import type { Digest } from '../foundation/units.ts';
import { ARCHIVE_LIMITS, gzip, tarOf, type ArchiveLimits } from './archive.ts';
import { CONFIG_TYPE, LAYER_TYPE, MANIFEST_TYPE, encodeDocument } from './oci.ts';
import type { ArtifactStore, Descriptor } from './store.ts';

export interface Packaging {
  /** The folder that everything lies in. */
  readonly root: string;
  /** Relative paths; a folder stands for everything in it. */
  readonly files: readonly string[];
  /** Such as `org.opencontainers.image.revision`. Nothing that differs between two builds of one commit. */
  readonly annotations: { readonly [key: string]: string };
  /** What the files run on, in the words of OCI; by default this machine. */
  readonly platform?: { readonly os: string; readonly architecture: string };
  readonly limits?: ArchiveLimits;
}

export interface Packaged {
  readonly manifest: Descriptor;
  readonly files: number;
  /** Of all files together, unpacked. */
  readonly bytes: number;
}

/**
 * Stores files as an OCI image of one layer. The same files and annotations give the same manifest: it says nothing
 * about when it was made. @throws {TrunklineError} `PACKAGE_REFUSED`, `DISK_FULL`.
 */
export async function packageImage(store: ArtifactStore, packaging: Packaging): Promise<Packaged> {
  const { root, files, annotations, platform = thisMachine(), limits = ARCHIVE_LIMITS } = packaging;
  let count = 0;
  let bytes = 0;
  const hash = createHash('sha256');
  const tar = tarOf(root, files, limits, (entry) => {
    count += 1;
    bytes += entry.size;
  });
  const layer = await store.put(gzip(hashed(tar, hash)));
  const uncompressed: Digest = `sha256:${hash.digest('hex')}`;
  const config = await store.put(encodeDocument({ ...platform, rootfs: { type: 'layers', diff_ids: [uncompressed] } }));
  const manifest = await store.put(encodeDocument({
    schemaVersion: 2,
    mediaType: MANIFEST_TYPE,
    config: { mediaType: CONFIG_TYPE, ...config },
    layers: [{ mediaType: LAYER_TYPE, ...layer }],
    annotations,
  }));
  return { manifest, files: count, bytes };
}

async function* hashed(bytes: AsyncIterable<Uint8Array>, hash: ReturnType<typeof createHash>): AsyncGenerator<Uint8Array> {
  for await (const piece of bytes) {
    hash.update(piece);
    yield piece;
  }
}

const ARCHITECTURES: { readonly [node: string]: string } = { x64: 'amd64', ia32: '386' };

function thisMachine(): { readonly os: string; readonly architecture: string } {
  return { os: process.platform === 'win32' ? 'windows' : process.platform, architecture: ARCHITECTURES[process.arch] ?? process.arch };
}
