import type { Digest } from '../foundation/units.ts';

/**
 * Where artifacts and their attestations live: content-addressed and append-only, in the shape of an OCI image
 * layout. An artifact is an OCI image manifest; an attestation is a Sigstore bundle held by a manifest whose
 * `subject` is the artifact (an OCI referrer). Every read recomputes the digest of what it gives out.
 */
export interface ArtifactStore {
  /** Whole or absent: bytes are on disk under their digest when this resolves. Storing them again changes nothing. */
  put(bytes: AsyncIterable<Uint8Array> | Uint8Array): Promise<Descriptor>;
  /** @throws {TrunklineError} `BLOB_NOT_FOUND`; `BLOB_CORRUPT` when the bytes no longer hash to `digest`, naming it. */
  get(digest: Digest, limitBytes?: number): Promise<Uint8Array>;
  /** Lists a manifest in the index under its name, such as `orders:<commit>`. */
  publish(manifest: Descriptor, name: string): Promise<void>;
  /** Adds a Sigstore bundle to what is known about `subject`; the same bundle twice counts once. */
  attest(subject: Digest, bundle: Uint8Array, predicateType: string): Promise<Digest>;
  /** The bundles about `subject`, by digest, in the order of their digests. @throws like {@link get}. */
  attestations(subject: Digest): Promise<readonly Attestation[]>;
}

export interface Descriptor { readonly digest: Digest; readonly size: number }

/** The raw bytes of a bundle: verification decodes them itself. */
export interface Attestation { readonly digest: Digest; readonly bundle: Uint8Array }
