/** in-toto statements: what the control plane says about an artifact, before it is signed. Pure builders, and types. */
import type { Digest, Instant, Json } from '../foundation/units.ts';

export const PAYLOAD_TYPE = 'application/vnd.in-toto+json';
export const STATEMENT_TYPE = 'https://in-toto.io/Statement/v1';

export const PROVENANCE = 'https://slsa.dev/provenance/v1';
export const TEST_RESULT = 'https://in-toto.io/attestation/test-result/v0.1';
export const CYCLONEDX = 'https://cyclonedx.org/bom';
export const SPDX = 'https://spdx.dev/Document';
export const SUMMARY = 'https://slsa.dev/verification_summary/v1';
export const APPROVAL = 'trunkline:approval/v1';
export const ROLLBACK = 'trunkline:rollback-authorization/v1';

/** How Trunkline builds; says what the external parameters of the provenance mean. */
export const BUILD_TYPE = 'trunkline:build/v1';

export interface Statement<Type extends string = string, Predicate = unknown> {
  readonly _type: typeof STATEMENT_TYPE;
  readonly subject: readonly { readonly name: string; readonly digest: { readonly sha256: string } }[];
  readonly predicateType: Type;
  readonly predicate: Predicate;
}

/** An artifact and the name that people know it by, such as the application's. */
export interface Subject { readonly name: string; readonly digest: Digest }

interface Sha256 { readonly sha256: string }

export interface ProvenancePredicate {
  readonly buildDefinition: {
    readonly buildType: string;
    /** What came from outside, complete: verification refuses a parameter that it does not know. */
    readonly externalParameters: { readonly repository: string; readonly ref: string; readonly commit: string; readonly plan: Digest };
    readonly internalParameters: { readonly isolation: 'namespaces' | 'none'; readonly sequence: number; readonly network?: NetworkFacts; readonly tools?: ToolFacts };
    readonly resolvedDependencies: readonly { readonly uri: string; readonly digest: { readonly [algorithm: string]: string } }[];
  };
  readonly runDetails: {
    readonly builder: { readonly id: string };
    readonly metadata: { readonly invocationId: string; readonly startedOn: string; readonly finishedOn: string };
  };
}

/** What commands of Build could reach. */
export interface NetworkFacts {
  /** `machine`: whatever the machine reaches, since no network namespaces can be made; what actions asked for was not held to. */
  readonly of: 'own' | 'machine';
  readonly actions: { readonly [action: string]: 'none' | 'registries' | readonly string[] };
}

/** The programs that Trunkline started itself in Build. */
export type ToolFacts = readonly { readonly name: string; readonly version: string; readonly digest: Digest }[];

export interface ProvenanceFacts {
  readonly repository: string;
  /** In full: `refs/heads/main`. */
  readonly ref: string;
  /** The full hash. */
  readonly commit: string;
  readonly plan: Digest;
  readonly isolation: 'namespaces' | 'none';
  readonly network?: NetworkFacts;
  readonly tools?: ToolFacts;
  /** Of the release: it rises with every release of the pipeline. */
  readonly sequence: number;
  readonly run: string;
  readonly builder: string;
  readonly startedAt: Instant;
  readonly finishedAt: Instant;
  /** What went into the build beside the commit, such as the lock file's packages. */
  readonly dependencies?: readonly { readonly uri: string; readonly digest: { readonly [algorithm: string]: string } }[];
}

export function provenance(subject: Subject, facts: ProvenanceFacts): Statement<typeof PROVENANCE, ProvenancePredicate> {
  const { repository, ref, commit, plan, isolation, network, tools, sequence, run, builder, startedAt, finishedAt, dependencies = [] } = facts;
  return statement(subject, PROVENANCE, {
    buildDefinition: {
      buildType: BUILD_TYPE,
      externalParameters: { repository, ref, commit, plan },
      internalParameters: { isolation, sequence, ...(network === undefined ? {} : { network }), ...(tools === undefined ? {} : { tools }) },
      resolvedDependencies: [{ uri: `git+${repository}@${ref}`, digest: { gitCommit: commit } }, ...dependencies],
    },
    runDetails: { builder: { id: builder }, metadata: { invocationId: run, startedOn: time(startedAt), finishedOn: time(finishedAt) } },
  });
}

export interface TestResultPredicate {
  readonly result: 'PASSED' | 'WARNED' | 'FAILED';
  /** Its name says which tests: a row of the catalogue, such as `build.unit-tests`; its digest is the plan's. */
  readonly configuration: readonly [{ readonly name: string; readonly digest: Sha256 }];
  readonly passedTests: readonly string[];
  readonly warnedTests: readonly string[];
  readonly failedTests: readonly string[];
}

export interface TestFacts {
  /** The row of the catalogue that these tests stand for. */
  readonly name: string;
  readonly plan: Digest;
  readonly passed: readonly string[];
  /** Skipped, or passed at another try. */
  readonly warned?: readonly string[];
  readonly failed: readonly string[];
}

/** No test at all is a failure. */
export function testResult(subject: Subject, { name, plan, passed, warned = [], failed }: TestFacts): Statement<typeof TEST_RESULT, TestResultPredicate> {
  const result = failed.length > 0 || passed.length === 0 ? 'FAILED' : warned.length > 0 ? 'WARNED' : 'PASSED';
  return statement(subject, TEST_RESULT, { result, configuration: [{ name, digest: sha256(plan) }], passedTests: passed, warnedTests: warned, failedTests: failed });
}

/** A CycloneDX document as it is. */
export function cyclonedx(subject: Subject, document: { readonly [key: string]: Json }): Statement<typeof CYCLONEDX, { readonly [key: string]: Json }> {
  return statement(subject, CYCLONEDX, document);
}

/** An SPDX document as it is. */
export function spdx(subject: Subject, document: { readonly [key: string]: Json }): Statement<typeof SPDX, { readonly [key: string]: Json }> {
  return statement(subject, SPDX, document);
}

export interface SummaryPredicate {
  readonly verifier: { readonly id: string };
  readonly timeVerified: string;
  readonly resourceUri: string;
  readonly policy: { readonly uri: string; readonly digest: Sha256 };
  readonly inputAttestations: readonly { readonly digest: Sha256 }[];
  readonly verificationResult: 'PASSED' | 'FAILED';
  /** `TRUNKLINE_<STAGE>_PASSED`. */
  readonly verifiedLevels: readonly string[];
}

export interface SummaryFacts {
  readonly stage: string;
  /** Of whoever verified: the control plane, by the same id as in the provenance. */
  readonly verifier: string;
  readonly plan: Digest;
  /** The evidence that the stage went by. */
  readonly inputs: readonly Digest[];
  readonly at: Instant;
}

/** Says that the artifact passed a stage. */
export function stagePassed(subject: Subject, { stage, verifier, plan, inputs, at }: SummaryFacts): Statement<typeof SUMMARY, SummaryPredicate> {
  return statement(subject, SUMMARY, {
    verifier: { id: verifier },
    timeVerified: time(at),
    resourceUri: `oci:${subject.name}@${subject.digest}`,
    policy: { uri: `trunkline:plan/${stage}`, digest: sha256(plan) },
    inputAttestations: [...inputs].sort().map((digest) => ({ digest: sha256(digest) })),
    verificationResult: 'PASSED',
    verifiedLevels: [levelOf(stage)],
  });
}

export function levelOf(stage: string): string {
  return `TRUNKLINE_${stage.toUpperCase()}_PASSED`;
}

export interface ApprovalPredicate {
  readonly environment: string;
  readonly run: string;
  readonly plan: Digest;
  /** The digest over `attestations`: what the approvers saw. */
  readonly evidence: Digest;
  readonly attestations: readonly Digest[];
  /** Of all that the approvers were shown: the changes of the plan, what is waived and forgiven, the commits. */
  readonly shown?: Digest;
  readonly approvers: readonly { readonly user: string; readonly at: string; readonly text?: string }[];
  readonly expiresAt: string;
}

export interface ApprovalFacts {
  readonly environment: string;
  readonly run: string;
  readonly plan: Digest;
  /** Of all attestations that were shown. */
  readonly attestations: readonly Digest[];
  readonly evidence: Digest;
  readonly shown?: Digest;
  readonly approvers: readonly { readonly user: string; readonly at: Instant; readonly text?: string }[];
  readonly expiresAt: Instant;
}

export function approval(subject: Subject, { environment, run, plan, attestations, evidence, shown, approvers, expiresAt }: ApprovalFacts): Statement<typeof APPROVAL, ApprovalPredicate> {
  return statement(subject, APPROVAL, {
    environment, run, plan, evidence,
    attestations: [...new Set(attestations)].sort(),
    ...(shown === undefined ? {} : { shown }),
    approvers: approvers.map(({ at, ...who }) => ({ ...who, at: time(at) })),
    expiresAt: time(expiresAt),
  });
}

export interface RollbackPredicate {
  readonly environment: string;
  /** What is live now and is to be replaced: with anything else live, this authorises nothing. */
  readonly from: { readonly artifact: Digest; readonly sequence: number };
  /** The older release, which is the subject. */
  readonly sequence: number;
  readonly by: string;
  readonly reason: string;
  readonly authorizedAt: string;
  readonly expiresAt: string;
}

export interface RollbackFacts extends Omit<RollbackPredicate, 'authorizedAt' | 'expiresAt'> {
  readonly at: Instant;
  readonly expiresAt: Instant;
}

/** Lets exactly this older release replace exactly the one that is live. */
export function rollbackAuthorization(subject: Subject, { at, expiresAt, ...facts }: RollbackFacts): Statement<typeof ROLLBACK, RollbackPredicate> {
  return statement(subject, ROLLBACK, { ...facts, authorizedAt: time(at), expiresAt: time(expiresAt) });
}

function statement<Type extends string, Predicate>({ name, digest }: Subject, predicateType: Type, predicate: Predicate): Statement<Type, Predicate> {
  return { _type: STATEMENT_TYPE, subject: [{ name, digest: sha256(digest) }], predicateType, predicate };
}

function sha256(digest: Digest): Sha256 {
  return { sha256: digest.slice('sha256:'.length) };
}

function time(at: Instant): string {
  return new Date(at).toISOString();
}
