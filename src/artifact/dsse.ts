/** DSSE envelopes (github.com/secure-systems-lab/dsse, v1): what is signed is the type and the exact bytes. */
import { z } from 'zod';
import { TrunklineError } from '../foundation/errors.ts';
import type { Instant } from '../foundation/units.ts';
import { decodeBase64, encodeBase64 } from './base64.ts';
import { isSignedBy, type Signer, type TrustedKey } from './keys.ts';

export interface Envelope {
  readonly payloadType: string;
  readonly payload: Uint8Array;
  readonly signatures: readonly { readonly sig: Uint8Array; readonly keyid?: string }[];
}

const base64 = z.string().transform((text, context) => {
  const bytes = decodeBase64(text);
  if (bytes === undefined) context.addIssue({ code: 'custom', message: 'is not strict base64' });
  return bytes ?? z.NEVER;
});

/** The envelope as it stands in JSON: these keys and no others. At most 16 signatures. */
export const envelopeSchema = z.strictObject({
  payloadType: z.string().min(1).max(255),
  payload: base64,
  signatures: z.array(z.strictObject({ sig: base64, keyid: z.string().max(255).exactOptional() })).min(1).max(16),
});

export interface EnvelopeJson {
  readonly payloadType: string;
  readonly payload: string;
  readonly signatures: readonly { readonly sig: string; readonly keyid?: string }[];
}

export function encodeEnvelope({ payloadType, payload, signatures }: Envelope): EnvelopeJson {
  return { payloadType, payload: encodeBase64(payload), signatures: signatures.map(({ sig, ...rest }) => ({ sig: encodeBase64(sig), ...rest })) };
}

/** The pre-authentication encoding: the bytes that are signed. Lengths are in bytes. */
export function pae(payloadType: string, payload: Uint8Array): Uint8Array {
  return Buffer.concat([Buffer.from(`DSSEv1 ${Buffer.byteLength(payloadType)} ${payloadType} ${payload.byteLength} `), payload]);
}

export async function signEnvelope(payloadType: string, payload: Uint8Array, signers: readonly Signer[]): Promise<Envelope> {
  if (signers.length === 0) throw new TrunklineError('NO_SIGNER', 'usage', 'nothing was signed: there is no key to sign with');
  const message = pae(payloadType, payload);
  return { payloadType, payload, signatures: await Promise.all(signers.map(async (signer) => ({ sig: await signer.sign(message), keyid: signer.keyid }))) };
}

export interface Signatures {
  /** The trusted keys that signed, each once, however often it signed or is listed. */
  readonly keys: readonly TrustedKey[];
  /** Keys that signed and are not believed at this instant, and why. */
  readonly refused: readonly { readonly keyid: string; readonly why: Distrust }[];
}

type Distrust = 'revoked' | 'expired';

/** Who signed an envelope. The `keyid` in it is not looked at: every trusted key is tried on every signature. */
export function signaturesOf(envelope: Envelope, trusted: readonly TrustedKey[], at: Instant): Signatures {
  const message = pae(envelope.payloadType, envelope.payload);
  const signed = trusted.filter((key) => envelope.signatures.some(({ sig }) => isSignedBy(key, message, sig)));
  const refused = signed.flatMap((key) => {
    const why = distrustOf(key, at);
    return why === undefined ? [] : [{ keyid: key.keyid, why }];
  });
  // A key that is listed twice, once as revoked, is revoked.
  const distrusted = new Set(refused.map(({ keyid }) => keyid));
  const keys = new Map(signed.filter(({ keyid }) => !distrusted.has(keyid)).map((key) => [key.keyid, key]));
  return { keys: [...keys.values()], refused };
}

function distrustOf({ revokedAt, notAfter }: TrustedKey, at: Instant): Distrust | undefined {
  if (revokedAt !== undefined && at >= revokedAt) return 'revoked';
  return notAfter !== undefined && at > notAfter ? 'expired' : undefined;
}
