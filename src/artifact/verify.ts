import { digestOf, digestOfJson, isDigest } from '../foundation/digest.ts';
import { TrunklineError } from '../foundation/errors.ts';
import type { Digest } from '../foundation/units.ts';
import { authenticate, type Authentic, type Failure } from './authentic.ts';
import { nameOf, type Expectations, type Requirement } from './expectations.ts';
import { approvedBy, concerns, faultsOf, rollbackFaults, type Fault } from './judge.ts';
import type { TrustedKey } from './keys.ts';
import { DOCUMENT_LIMIT, parseManifest } from './oci.ts';
import { ROLLBACK } from './statement.ts';
import type { Attestation } from './store.ts';

export type { Failure } from './authentic.ts';

export interface Verification {
  readonly artifact: Digest;
  /** The bytes that will be deployed from, as they were read. */
  readonly manifestBytes: Uint8Array;
  readonly attestations: readonly Attestation[];
  readonly keys: readonly TrustedKey[];
  readonly expectations: Expectations;
}

/** One thing that was shown, and by which keys. */
export interface Evidence {
  readonly attestation: Digest;
  readonly predicateType: string;
  /** What it shows, for people. */
  readonly shows: string;
  readonly keyids: readonly string[];
}

export type Verdict =
  | { readonly ok: true; readonly evidence: readonly Evidence[] }
  | { readonly ok: false; readonly failures: readonly [Failure, ...Failure[]] };

/**
 * Whether a release may be deployed. Pure, and in this order: the bytes of the artifact; of each attestation its size,
 * its encoding, its signatures, its types, its subject and what its keys may sign; then what the attestations say,
 * against what is expected; then whether everything required is there; then the order of releases.
 *
 * An attestation that does not hold fails the whole, also where nothing requires it: it should not be there.
 */
export function verifyRelease({ artifact, manifestBytes, attestations, keys, expectations }: Verification): Verdict {
  const failures: Failure[] = [...artifactFailures(artifact, manifestBytes)];
  const at = Math.max(expectations.now, expectations.floor);
  const authentic: Authentic[] = [];
  for (const attestation of new Map(attestations.map((one) => [one.digest, one])).values()) {
    const result = authenticate(attestation, artifact, { keys, threshold: Math.max(1, expectations.threshold ?? 1), at });
    if ('code' in result) failures.push(result);
    else authentic.push(result);
  }
  const rollback = judgeRollback(artifact, authentic, expectations);
  const required = expectations.required.filter(({ evidence }) => evidence !== 'provenance' && evidence !== 'approval');
  const shown = [{ evidence: 'provenance' } as const, ...required].map((requirement) => judge(artifact, requirement, authentic, expectations));
  const approvals = expectations.required.filter(({ evidence }) => evidence === 'approval')
    .map((requirement) => judgeApproval(artifact, requirement, authentic, shown, rollback.needed, expectations));
  const judged = [...shown, ...approvals, ...(rollback.needed ? [rollback.judged] : [])];
  failures.push(...judged.flatMap(({ holds, failures: found }) => (holds.length > 0 ? [] : found)));
  const [first, ...others] = failures;
  return first ? { ok: false, failures: [first, ...others] } : { ok: true, evidence: judged.map(shownBy) };
}

/** The digest over a set of attestations, whatever their order: what an approval binds. */
export function evidenceDigest(attestations: readonly Digest[]): Digest {
  return digestOfJson([...new Set(attestations)].sort());
}

/** A refusal as an error: class `refused`, naming everything that failed. */
export function refusal(artifact: Digest, failures: readonly Failure[]): TrunklineError {
  const shown = failures.slice(0, 5).map(({ code, message }) => `${code}: ${message}`);
  const more = failures.length > shown.length ? `; and ${failures.length - shown.length} more` : '';
  return new TrunklineError('VERIFICATION_FAILED', 'refused', `${artifact} was not deployed: ${shown.join('; ')}${more}`, 'the environment was not touched; release the commit again, and find out who changed what was signed');
}

/** What was found for one requirement: what satisfies it, or why nothing does. */
interface Judged {
  readonly requirement: string;
  readonly holds: readonly Authentic[];
  readonly failures: readonly Failure[];
}

function* artifactFailures(artifact: Digest, bytes: Uint8Array): Iterable<Failure> {
  const found = digestOf(bytes);
  if (!isDigest(artifact) || found !== artifact) yield { code: 'ARTIFACT_MISMATCH', message: `the manifest of the artifact hashes to ${found}, not to ${artifact}` };
  else if (bytes.byteLength > DOCUMENT_LIMIT) yield { code: 'ARTIFACT_MALFORMED', message: `the manifest ${artifact} is larger than ${DOCUMENT_LIMIT} bytes` };
  else {
    try {
      parseManifest(bytes, `the manifest ${artifact}`);
    } catch (error) {
      if (!(error instanceof TrunklineError)) throw error;
      yield { code: 'ARTIFACT_MALFORMED', message: error.message };
    }
  }
}

function judge(artifact: Digest, requirement: Requirement, authentic: readonly Authentic[], expectations: Expectations): Judged {
  return weigh(artifact, nameOf(requirement), authentic.filter(({ statement }) => concerns(requirement, statement)), ({ statement }) => faultsOf(requirement, statement, expectations));
}

/** An approval holds when everything that the release rests on was among what the approvers saw, and all they saw is still there. */
function judgeApproval(artifact: Digest, requirement: Requirement, authentic: readonly Authentic[], shown: readonly Judged[], rollback: boolean, expectations: Expectations): Judged {
  const present = new Set(authentic.map(({ digest }) => digest));
  return weigh(artifact, nameOf(requirement), authentic.filter(({ statement }) => concerns(requirement, statement)), ({ statement }) => {
    const faults = faultsOf(requirement, statement, expectations, rollback);
    const approved = approvedBy(statement);
    if (approved === undefined) return faults;
    const { evidence, attestations } = approved;
    if (evidence !== evidenceDigest(attestations)) faults.push(['APPROVAL_EVIDENCE', `it approves the evidence ${evidence}, and what it lists comes to ${evidenceDigest(attestations)}`]);
    for (const digest of attestations) if (!present.has(digest)) faults.push(['APPROVAL_EVIDENCE', `what was approved included the attestation ${digest}, which is not there or does not hold`]);
    for (const { requirement: what, holds } of shown) {
      if (holds.length > 0 && !holds.some(({ digest }) => attestations.includes(digest))) faults.push(['APPROVAL_EVIDENCE', `the ${what} was not among what was approved`]);
    }
    return faults;
  });
}

/** An older release needs an authorisation for exactly it; putting again what is live needs none. */
function judgeRollback(artifact: Digest, authentic: readonly Authentic[], expectations: Expectations): { readonly needed: boolean; readonly judged: Judged } {
  const { candidate, highest, live } = expectations.sequence;
  const needed = highest !== undefined && candidate < highest && live !== artifact;
  const judged = weigh(artifact, 'authorisation of the rollback', authentic.filter(({ statement }) => statement.predicateType === ROLLBACK), ({ statement }) => rollbackFaults(statement, expectations));
  if (judged.holds.length > 0 || !needed) return { needed, judged };
  const older: Failure = { code: 'OLDER_RELEASE', message: `release ${candidate} is older than ${highest}, which ${expectations.environment} has had, and no signed authorisation lets exactly it go back there` };
  return { needed, judged: { ...judged, failures: [older, ...judged.failures.filter(({ code }) => code !== 'EVIDENCE_MISSING')] } };
}

function weigh(artifact: Digest, requirement: string, candidates: readonly Authentic[], faults: (one: Authentic) => readonly Fault[]): Judged {
  if (candidates.length === 0) return { requirement, holds: [], failures: [{ code: 'EVIDENCE_MISSING', message: `there is no ${requirement} for ${artifact}` }] };
  const weighed = candidates.map((one) => ({ one, faults: faults(one) }));
  return {
    requirement,
    holds: weighed.filter((each) => each.faults.length === 0).map(({ one }) => one),
    failures: weighed.flatMap(({ one: { digest }, faults: found }) => found.map(([code, message]) => ({ code, message: `${requirement} ${digest}: ${message}`, attestation: digest }))),
  };
}

function shownBy({ requirement, holds: [one] }: Judged): Evidence {
  return { attestation: one!.digest, predicateType: one!.statement.predicateType, shows: requirement, keyids: one!.keyids };
}
