import { createPublicKey, verify as verifySignature, type KeyObject } from 'node:crypto';
import { digestOf } from '../foundation/digest.ts';
import { TrunklineError } from '../foundation/errors.ts';
import type { Instant } from '../foundation/units.ts';

/** Whatever holds a private key: a file, a key service. Only the control plane has one; a build never does. */
export interface Signer {
  /** The digest of the public key: helps to find it, and decides nothing. */
  readonly keyid: string;
  sign(message: Uint8Array): Promise<Uint8Array>;
}

/** A public key that this installation believes, and how far. */
export interface TrustedKey {
  readonly keyid: string;
  readonly publicKey: KeyObject;
  /** The predicate types that it may sign; all of them where absent. */
  readonly signs?: readonly string[];
  /** Refused from then on, also what it signed before: nothing proves when a signature was made. */
  readonly revokedAt?: Instant;
  /** The last instant at which it is believed. */
  readonly notAfter?: Instant;
}

export interface TrustTerms extends Pick<TrustedKey, 'signs' | 'revokedAt' | 'notAfter'> {}

/**
 * A public key from its PEM text. Ed25519 is what Trunkline signs with, because it gives the same signature for the
 * same bytes, so a repeated attestation is the same attestation; ECDSA on P-256, which key services offer, is
 * believed too. @throws {TrunklineError} `KEY_INVALID`.
 */
export function trustedKey(pem: string, terms: TrustTerms = {}): TrustedKey {
  let publicKey: KeyObject;
  try {
    if (pem.includes('PRIVATE KEY')) throw invalid('it is a private key, which belongs nowhere else');
    publicKey = createPublicKey(pem);
  } catch (error) {
    throw error instanceof TrunklineError ? error : invalid('it cannot be read');
  }
  const curve = publicKey.asymmetricKeyDetails?.namedCurve;
  if (publicKey.asymmetricKeyType !== 'ed25519' && curve !== 'prime256v1') throw invalid(`it is of the type ${curve ?? publicKey.asymmetricKeyType}`);
  return { keyid: keyIdOf(publicKey), publicKey, ...terms };
}

export function keyIdOf(publicKey: KeyObject): string {
  return digestOf(publicKey.export({ type: 'spki', format: 'der' }));
}

export function isSignedBy({ publicKey }: TrustedKey, message: Uint8Array, signature: Uint8Array): boolean {
  return verifySignature(publicKey.asymmetricKeyType === 'ed25519' ? null : 'sha256', message, publicKey, signature);
}

function invalid(why: string): TrunklineError {
  return new TrunklineError('KEY_INVALID', 'usage', `a trusted key is not usable: ${why}`, 'give an Ed25519 or P-256 public key in PEM form ("BEGIN PUBLIC KEY")');
}
