import { z } from 'zod';
import { canonicalJson } from '../foundation/digest.ts';
import { TrunklineError } from '../foundation/errors.ts';
import type { Json } from '../foundation/units.ts';
import { encodeEnvelope, envelopeSchema, signEnvelope, type Envelope } from './dsse.ts';
import type { Signer } from './keys.ts';
import { BUNDLE_TYPE } from './oci.ts';
import { PAYLOAD_TYPE, type Statement } from './statement.ts';
import { parseStrictJson } from './strictjson.ts';

/** Larger attestations are refused unread. A software bill of materials of 10,000 packages takes about a third. */
export const BUNDLE_LIMIT = 16 * 1024 * 1024;

/** A Sigstore bundle, v0.3, whose proof is a public key: no certificate, no transparency log. */
const bundleSchema = z.strictObject({
  mediaType: z.literal(BUNDLE_TYPE),
  verificationMaterial: z.strictObject({
    publicKey: z.strictObject({ hint: z.string().max(255) }),
    tlogEntries: z.array(z.never()).max(0).optional(),
  }),
  dsseEnvelope: envelopeSchema,
});

export function encodeBundle(envelope: Envelope): Uint8Array {
  const hint = envelope.signatures[0]?.keyid ?? '';
  return Buffer.from(canonicalJson({ mediaType: BUNDLE_TYPE, verificationMaterial: { publicKey: { hint } }, dsseEnvelope: encodeEnvelope(envelope) as unknown as Json }));
}

/** @throws {TrunklineError} `ATTESTATION_TOO_LARGE`, `JSON_INVALID`, `ATTESTATION_MALFORMED`. */
export function decodeBundle(bytes: Uint8Array): Envelope {
  if (bytes.byteLength > BUNDLE_LIMIT) throw new TrunklineError('ATTESTATION_TOO_LARGE', 'refused', `it has ${bytes.byteLength} bytes, and ${BUNDLE_LIMIT} are allowed`);
  const parsed = bundleSchema.safeParse(parseStrictJson(bytes, 'the bundle'));
  if (parsed.success) return parsed.data.dsseEnvelope;
  const faults = parsed.error.issues.slice(0, 3).map((issue) => `${issue.path.join('.') || 'the bundle'}: ${issue.message}`);
  throw new TrunklineError('ATTESTATION_MALFORMED', 'refused', `it is no Sigstore bundle as Trunkline writes them: ${faults.join('; ')}`);
}

/** A statement, signed and bundled, ready for `ArtifactStore.attest`. Equal statements and keys give equal bytes. */
export async function signStatement(statement: Statement, signers: readonly Signer[]): Promise<Uint8Array> {
  const payload = Buffer.from(canonicalJson(statement as unknown as Json));
  const bundle = encodeBundle(await signEnvelope(PAYLOAD_TYPE, payload, signers));
  if (bundle.byteLength > BUNDLE_LIMIT) throw new TrunklineError('ATTESTATION_TOO_LARGE', 'code', `the attestation ${statement.predicateType} has ${bundle.byteLength} bytes, and ${BUNDLE_LIMIT} are allowed`, 'attest a summary, and keep the rest with the run');
  return bundle;
}
