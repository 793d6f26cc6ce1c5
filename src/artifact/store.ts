import type { Digest, Instant } from '../foundation/units.ts';

/**
 * Where artifacts and their attestations live: content-addressed and append-only, in the shape of an OCI image
 * layout. An artifact is an OCI image manifest; an attestation is a Sigstore bundle held by a manifest whose
 * `subject` is the artifact (an OCI referrer). Every read recomputes the digest of what it gives out.
 */
export interface ArtifactStore {
  /** Whole or absent: bytes are on disk under their digest when this resolves. Storing them again changes nothing. */
  put(bytes: AsyncIterable<Uint8Array> | Uint8Array): Promise<Descriptor>;
  /**
   * The whole of a blob, in memory. `limitBytes` is {@link GET_LIMIT} unless given.
   * @throws {TrunklineError} `BLOB_NOT_FOUND`; `BLOB_CORRUPT` when the bytes no longer hash to `digest`, naming it;
   * `BLOB_TOO_LARGE`.
   */
  get(digest: Digest, limitBytes?: number): Promise<Uint8Array>;
  /**
   * A blob of any size, piece by piece. The pieces are proven only when the last one has been taken: a corrupt blob
   * throws at its end, so nothing made from them may be used before. @throws like {@link get}.
   */
  stream(digest: Digest, limitBytes: number): AsyncIterable<Uint8Array>;
  /**
   * Lists a manifest in the index under its name, such as `orders:<commit>`. A name never moves.
   * @throws {TrunklineError} `NAME_TAKEN` when the name stands for another manifest; `NAME_INVALID`.
   */
  publish(manifest: Descriptor, name: string): Promise<void>;
  /** Adds a Sigstore bundle to what is known about `subject`; the same bundle twice counts once. Gives the digest of the bundle. */
  attest(subject: Digest, bundle: Uint8Array, predicateType: string): Promise<Digest>;
  /** The bundles about `subject`, by digest, in the order of their digests. @throws like {@link get}, and `INDEX_CORRUPT`. */
  attestations(subject: Digest): Promise<readonly Attestation[]>;
}

/** What `trunkline gc` needs of a store, beside reading and writing. */
export interface Collector {
  /**
   * Removes what was stored before `before` and is not reachable from `keep`. A kept manifest keeps its blobs and
   * every attestation about it. A kept digest that is not there is no error; a kept manifest that is corrupt is,
   * because then nobody knows what it needs.
   */
  collect(keep: ReadonlySet<Digest>, before: Instant): Promise<Collected>;
}

export interface Collected { readonly bytes: number; readonly blobs: number }

export interface Descriptor { readonly digest: Digest; readonly size: number }

/** The raw bytes of a bundle and their digest: verification checks and decodes them itself. */
export interface Attestation { readonly digest: Digest; readonly bundle: Uint8Array }

/** What {@link ArtifactStore.get} holds in memory at most, unless told otherwise. */
export const GET_LIMIT = 64 * 1024 * 1024;
