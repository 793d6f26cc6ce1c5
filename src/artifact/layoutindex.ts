import { canonicalJson, digestOf } from '../foundation/digest.ts';
import { TrunklineError } from '../foundation/errors.ts';
import type { Digest, Json } from '../foundation/units.ts';
import { INDEX_TYPE, parseIndex, REF_NAME, type Index, type Link } from './oci.ts';

const CHECKSUM = 'trunkline.checksum';

/** What `index.json` says: which manifest each name stands for. */
export type Names = ReadonlyMap<string, Link>;

/**
 * The bytes of `index.json`. Nothing refers to it by digest, so it carries its own: without it, a flipped bit in a
 * name would read as evidence that was never there.
 */
export function encodeNames(names: Names): Uint8Array {
  const manifests = [...names].sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([name, link]) => ({ ...link, annotations: { ...link.annotations, [REF_NAME]: name } }));
  return encode({ schemaVersion: 2, mediaType: INDEX_TYPE, manifests, annotations: { [CHECKSUM]: checksum(manifests) } });
}

/** @throws {TrunklineError} `INDEX_CORRUPT`. */
export function decodeNames(bytes: Uint8Array | undefined): Names {
  if (bytes === undefined) throw corrupt('it is missing');
  let index: Index;
  try {
    index = parseIndex(bytes, 'index.json');
  } catch (error) {
    throw corrupt((error as Error).message);
  }
  if (index.annotations?.[CHECKSUM] !== checksum(index.manifests)) throw corrupt('its checksum does not fit its content');
  if (!encode(index).equals(bytes)) throw corrupt('it was written by another program');
  const names = new Map<string, Link>();
  for (const { annotations, ...link } of index.manifests) {
    const { [REF_NAME]: name, ...rest } = annotations ?? {};
    if (name === undefined) throw corrupt('it lists a manifest without a name');
    names.set(name, Object.keys(rest).length === 0 ? link : { ...link, annotations: rest });
  }
  return names;
}

function checksum(manifests: readonly Link[]): Digest {
  return digestOf(canonicalJson(manifests as unknown as Json));
}

function encode(index: Index): Buffer {
  return Buffer.from(canonicalJson(index as unknown as Json));
}

function corrupt(why: string): TrunklineError {
  return new TrunklineError('INDEX_CORRUPT', 'refused', `index.json of the artifact store is corrupt: ${why}`,
    'restore index.json from a backup, or move the artifact folder away and release again');
}
