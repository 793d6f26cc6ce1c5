import { z } from 'zod';
import { digestOf } from '../foundation/digest.ts';
import { TrunklineError } from '../foundation/errors.ts';
import type { Digest, Instant } from '../foundation/units.ts';
import { decodeBundle } from './bundle.ts';
import { signaturesOf, type Envelope, type Signatures } from './dsse.ts';
import type { TrustedKey } from './keys.ts';
import { PAYLOAD_TYPE, STATEMENT_TYPE, type Statement } from './statement.ts';
import type { Attestation } from './store.ts';
import { parseStrictJson } from './strictjson.ts';

/** One thing that failed; `code` is stable, `message` names what failed, `attestation` which one it was in. */
export interface Failure {
  readonly code: string;
  readonly message: string;
  readonly attestation?: Digest;
}

/** An attestation whose bytes, signatures and subject hold. What it says is not judged yet. */
export interface Authentic {
  readonly digest: Digest;
  readonly statement: Statement;
  readonly keyids: readonly string[];
}

export interface Trust {
  readonly keys: readonly TrustedKey[];
  /** How many different keys must have signed. */
  readonly threshold: number;
  readonly at: Instant;
}

const statementSchema = z.strictObject({
  _type: z.string(),
  subject: z.array(z.strictObject({ name: z.string(), digest: z.strictObject({ sha256: z.string() }) })),
  predicateType: z.string().min(1).max(255),
  predicate: z.unknown(),
});

/** The bytes that were signed are the ones that are read: nothing is decoded twice. */
export function authenticate({ digest, bundle }: Attestation, artifact: Digest, trust: Trust): Authentic | Failure {
  const failed = (code: string, message: string): Failure => ({ code, message: `attestation ${digest}: ${message}`, attestation: digest });
  const found = digestOf(bundle);
  if (found !== digest) return failed('ATTESTATION_CORRUPT', `its bytes hash to ${found}`);
  let envelope: Envelope;
  try {
    envelope = decodeBundle(bundle);
  } catch (error) {
    return failed(...asFailure(error));
  }
  const signatures = signaturesOf(envelope, trust.keys, trust.at);
  const untrusted = distrust(signatures, trust.threshold);
  if (untrusted) return failed(...untrusted);
  if (envelope.payloadType !== PAYLOAD_TYPE) return failed('PAYLOAD_TYPE', `its payload is of the type ${JSON.stringify(envelope.payloadType)}, not ${PAYLOAD_TYPE}`);
  let document: unknown;
  try {
    document = parseStrictJson(envelope.payload, 'its statement');
  } catch (error) {
    return failed(...asFailure(error));
  }
  const parsed = statementSchema.safeParse(document);
  if (!parsed.success) return failed('STATEMENT_INVALID', `its payload is no in-toto statement (${parsed.error.issues.map((issue) => `${issue.path.join('.') || 'statement'}: ${issue.message}`).slice(0, 3).join('; ')})`);
  const { _type, subject, predicateType, predicate } = parsed.data;
  if (_type !== STATEMENT_TYPE) return failed('STATEMENT_TYPE', `its statement is of the type ${JSON.stringify(_type)}, not ${STATEMENT_TYPE}`);
  const [about, ...others] = subject;
  if (about === undefined || others.length > 0 || `sha256:${about.digest.sha256}` !== artifact) {
    return failed('SUBJECT_MISMATCH', `it is about ${subject.map(({ digest: { sha256 } }) => `sha256:${sha256}`).join(', ') || 'nothing'}, not about ${artifact}`);
  }
  const allowed = signatures.keys.filter(({ signs }) => signs === undefined || signs.includes(predicateType));
  if (allowed.length < trust.threshold) return failed('KEY_NOT_ALLOWED', `${signatures.keys.map(({ keyid }) => keyid).join(', ')} may not sign ${predicateType}`);
  return { digest, statement: { _type, subject, predicateType, predicate }, keyids: allowed.map(({ keyid }) => keyid) };
}

function distrust({ keys, refused }: Signatures, threshold: number): [code: string, message: string] | undefined {
  if (keys.length >= threshold) return undefined;
  const revoked = refused.find(({ why }) => why === 'revoked');
  if (revoked) return ['KEY_REVOKED', `the key ${revoked.keyid} that signed it is revoked`];
  if (refused[0]) return ['KEY_EXPIRED', `the key ${refused[0].keyid} that signed it has expired`];
  if (keys.length === 0) return ['SIGNATURE_INVALID', 'no trusted key has signed these bytes'];
  return ['SIGNATURES_TOO_FEW', `${keys.length} trusted keys have signed it, and ${threshold} are needed; a key counts once`];
}

function asFailure(error: unknown): [code: string, message: string] {
  if (!(error instanceof TrunklineError)) throw error;
  return [error.record.code, error.message];
}
