import type { Digest, Instant } from '../foundation/units.ts';
import type { Descriptor } from './store.ts';

/** Where the bytes of an OCI layout lie: what a place has to offer for {@link LayoutStore} to make a store of it. */
export interface Medium {
  /** Whole or absent, under the digest of what was written. A blob that is there is replaced by its equal. */
  write(bytes: AsyncIterable<Uint8Array> | Uint8Array): Promise<Descriptor>;
  /** The bytes as they lie there, unchecked; undefined where there are none. */
  read(digest: Digest): Promise<AsyncIterable<Uint8Array> | undefined>;
  list(): Promise<readonly StoredBlob[]>;
  /** Removes the blob unless it was stored, or stored again, at or after `before`; says whether it did. */
  remove(digest: Digest, before: Instant): Promise<boolean>;
  /** The bytes of the index; undefined where there is none. */
  readIndex(): Promise<Uint8Array | undefined>;
  /** Whole or not at all. */
  replaceIndex(bytes: Uint8Array): Promise<void>;
  /** Removes what writers that died before `before` left half-written; gives the bytes freed. */
  sweep(before: Instant): Promise<number>;
  /** Runs one at a time everything that changes the index, also for another store on the same place in this process. */
  exclusively<T>(work: () => Promise<T>): Promise<T>;
}

export interface StoredBlob extends Descriptor { readonly storedAt: Instant }
