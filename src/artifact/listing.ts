import { createHash } from 'node:crypto';
import { digestOf } from '../foundation/digest.ts';
import { TrunklineError } from '../foundation/errors.ts';
import { Folder } from '../foundation/folder.ts';
import type { Digest } from '../foundation/units.ts';
import { walk } from '../foundation/walk.ts';

/** Every file of a release by its path with `/`: whether it is executable, and the digest of its bytes, such as `x sha256:ce01…`. */
export type Listing = ReadonlyMap<string, string>;

/** A release that was unpacked: where, and what must be there. */
export interface ReleaseFiles {
  readonly folder: string;
  /** Of the {@link Listing}. */
  readonly content: Digest;
}

export function listed(isExecutable: boolean, sha256: string): string {
  return `${isExecutable ? 'x' : '-'} sha256:${sha256}`;
}

/** The same for the same files, whatever their order. */
export function contentOf(listing: Listing): Digest {
  return digestOf([...listing].map(([path, file]) => `${file} ${path}\0`).toSorted().join(''));
}

/** What lies in a folder now. @throws {TrunklineError} `RELEASE_ALTERED` for a link, or anything else that no release holds. */
export async function listingOf(folder: string): Promise<Listing> {
  const listing = new Map<string, string>();
  await using top = await Folder.open(folder);
  for await (const { path, type, folder: within, name } of walk(top, '', { isPassed: () => false })) {
    if (type !== 'file') throw altered(folder, `${path} is ${type === 'link' ? 'a link' : 'no plain file'}`);
    await using file = await within.file(name);
    const hash = createHash('sha256');
    for await (const piece of file.createReadStream({ autoClose: false, highWaterMark: 256 * 1024 })) hash.update(piece as Buffer);
    listing.set(path, listed(((await file.stat()).mode & 0o100) !== 0, hash.digest('hex')));
  }
  return listing;
}

/** @throws {TrunklineError} `RELEASE_ALTERED` where a folder does not hold exactly what the artifact does. */
export async function requireContent({ folder, content }: ReleaseFiles): Promise<void> {
  const found = contentOf(await listingOf(folder));
  if (found !== content) throw altered(folder, `its files are ${found}, and those of the artifact ${content}`);
}

/** Each file that is not as the artifact has it, with what became of it. */
export function differences(expected: Listing, found: Listing): readonly string[] {
  const paths = [...new Set([...expected.keys(), ...found.keys()])].toSorted();
  return paths.flatMap((path) => {
    const [wanted, is] = [expected.get(path), found.get(path)];
    if (wanted === is) return [];
    if (is === undefined) return [`${path} is missing`];
    return [wanted === undefined ? `${path} was added` : `${path} was changed`];
  });
}

export function altered(folder: string, why: string): TrunklineError {
  return new TrunklineError('RELEASE_ALTERED', 'refused', `the unpacked release in ${folder} is not what the artifact holds: ${why}`, 'see with "trunkline verify" which files, and who can write there; then release again, or roll back');
}
