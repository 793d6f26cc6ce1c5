/** The documents of an OCI image layout that Trunkline writes, and the strict schemas that it reads them with. */
import { z } from 'zod';
import { canonicalJson, digestOf, isDigest } from '../foundation/digest.ts';
import { TrunklineError } from '../foundation/errors.ts';
import type { Digest, Json } from '../foundation/units.ts';
import { parseStrictJson } from './strictjson.ts';

export const MANIFEST_TYPE = 'application/vnd.oci.image.manifest.v1+json';
export const INDEX_TYPE = 'application/vnd.oci.image.index.v1+json';
export const CONFIG_TYPE = 'application/vnd.oci.image.config.v1+json';
export const LAYER_TYPE = 'application/vnd.oci.image.layer.v1.tar+gzip';
export const EMPTY_TYPE = 'application/vnd.oci.empty.v1+json';
export const BUNDLE_TYPE = 'application/vnd.dev.sigstore.bundle.v0.3+json';
export const REF_NAME = 'org.opencontainers.image.ref.name';

/** Manifests, configurations and indexes are small; more than this is refused unread. */
export const DOCUMENT_LIMIT = 4 * 1024 * 1024;

const digest = z.custom<Digest>((value) => typeof value === 'string' && isDigest(value), 'is not "sha256:" and 64 hex digits');
const annotations = z.record(z.string(), z.string());

export const linkSchema = z.strictObject({
  mediaType: z.string().min(1),
  digest,
  size: z.int().nonnegative(),
  artifactType: z.string().optional(),
  annotations: annotations.optional(),
});

const manifestSchema = z.strictObject({
  schemaVersion: z.literal(2),
  mediaType: z.literal(MANIFEST_TYPE),
  artifactType: z.string().optional(),
  config: linkSchema,
  layers: z.array(linkSchema).min(1),
  subject: linkSchema.optional(),
  annotations: annotations.optional(),
});

const indexSchema = z.strictObject({
  schemaVersion: z.literal(2),
  mediaType: z.literal(INDEX_TYPE),
  manifests: z.array(linkSchema),
  annotations: annotations.optional(),
});

const configSchema = z.looseObject({
  architecture: z.string(),
  os: z.string(),
  rootfs: z.strictObject({ type: z.literal('layers'), diff_ids: z.array(digest) }),
});

/** A typed reference to a blob: what OCI calls a descriptor. */
export type Link = z.infer<typeof linkSchema>;
export type Manifest = z.infer<typeof manifestSchema>;
export type Index = z.infer<typeof indexSchema>;
export type ImageConfig = z.infer<typeof configSchema>;

/** @throws {TrunklineError} `MANIFEST_INVALID` naming `what`, and what is wrong with it. */
export function parseManifest(bytes: Uint8Array, what: string): Manifest {
  return parse(manifestSchema, bytes, what);
}

export function parseIndex(bytes: Uint8Array, what: string): Index {
  return parse(indexSchema, bytes, what);
}

export function parseConfig(bytes: Uint8Array, what: string): ImageConfig {
  return parse(configSchema, bytes, what);
}

/** The digests that a document needs to be whole; empty for bytes that are neither a manifest nor an index. */
export function referencesOf(bytes: Uint8Array): readonly Digest[] {
  let document: unknown;
  try {
    document = parseStrictJson(bytes, 'blob');
  } catch {
    return [];
  }
  const manifest = manifestSchema.safeParse(document);
  if (manifest.success) {
    const { config, layers, subject } = manifest.data;
    return [config, ...layers, ...(subject ? [subject] : [])].map((link) => link.digest);
  }
  const index = indexSchema.safeParse(document);
  return index.success ? index.data.manifests.map((link) => link.digest) : [];
}

/** The one encoding that Trunkline writes: canonical, so that equal documents have equal digests. */
export function encodeDocument(document: Manifest | Index | ImageConfig): Uint8Array {
  return Buffer.from(canonicalJson(document as unknown as Json));
}

export const EMPTY = Buffer.from('{}');

/** The referrer that ties a Sigstore bundle to its subject; the same bundle always gives the same manifest. */
export function referrerManifest(subject: Link, bundle: Uint8Array, predicateType: string): Manifest {
  return {
    schemaVersion: 2,
    mediaType: MANIFEST_TYPE,
    artifactType: BUNDLE_TYPE,
    config: { mediaType: EMPTY_TYPE, digest: digestOf(EMPTY), size: EMPTY.length },
    layers: [{ mediaType: BUNDLE_TYPE, digest: digestOf(bundle), size: bundle.length }],
    subject,
    annotations: { 'dev.sigstore.bundle.content': 'dsse-envelope', 'dev.sigstore.bundle.predicateType': predicateType },
  };
}

/** The tag under which a layout or registry without a referrers API lists what refers to `subject`. */
export function referrersTag(subject: Digest): string {
  return subject.replace(':', '-');
}

function parse<T>(schema: z.ZodType<T>, bytes: Uint8Array, what: string): T {
  const parsed = schema.safeParse(parseStrictJson(bytes, what));
  if (parsed.success) return parsed.data;
  const fault = parsed.error.issues.map((issue) => `${issue.path.join('.') || 'it'}: ${issue.message}`).slice(0, 3).join('; ');
  throw new TrunklineError('MANIFEST_INVALID', 'refused', `${what} is not what Trunkline writes: ${fault}`, 'release the commit again; nothing was deployed from it');
}
