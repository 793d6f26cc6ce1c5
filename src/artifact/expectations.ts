import type { Digest, Instant } from '../foundation/units.ts';

/** What must be true of a release before its first byte is deployed. All of it comes from the control plane. */
export interface Expectations {
  readonly environment: string;
  readonly repository: string;
  /** The trunk, in full: `refs/heads/main`. */
  readonly ref: string;
  readonly commit: string;
  readonly plan: Digest;
  /** That of Trunkline's own builds where absent. */
  readonly buildType?: string;
  /** Those whose builds and verifications are believed. */
  readonly builders: readonly string[];
  /** What the build must have been held in; `any` also takes a build that was held in nothing. */
  readonly isolation: 'namespaces' | 'any';
  /** Provenance is required whether it is listed or not: what else is expected is read from it. */
  readonly required: readonly Requirement[];
  readonly sequence: SequenceExpectation;
  /** How many different trusted keys must have signed each attestation; default 1. */
  readonly threshold?: number;
  readonly now: Instant;
  /** The latest instant that the journal knows of: a clock that was set back makes nothing valid again. */
  readonly floor: Instant;
}

export interface SequenceExpectation {
  /** Of the release to be deployed; its signed provenance must say the same. */
  readonly candidate: number;
  /** The highest that was ever live in this environment; a lower one is an older release. */
  readonly highest?: number;
  /** The artifact that is live in this environment. */
  readonly live?: Digest;
}

export type Requirement =
  | { readonly evidence: 'provenance' }
  /** Tests that stand for a row of the catalogue, passed. */
  | { readonly evidence: 'tests'; readonly name: string }
  /** CycloneDX or SPDX. */
  | { readonly evidence: 'sbom' }
  /** The artifact passed that stage, under the same plan. */
  | { readonly evidence: 'stage'; readonly stage: string }
  /** Of so many different people. */
  | { readonly evidence: 'approval'; readonly atLeast: number };

/** What a build has shown of its artifact, as its pipeline says: only what that leaves out on purpose is not asked for. */
export interface BuildEvidence {
  /** The rows whose tests or findings are attested. */
  readonly tests: readonly string[];
  readonly sbom: boolean;
}

/** What each stage wants to see before it deploys. Provenance, the stages before and the approval are always asked for. */
export function requiredEvidence(stage: 'beta' | 'gamma' | 'prod', { tests, sbom }: BuildEvidence, approvals = 1): readonly Requirement[] {
  const built: readonly Requirement[] = [
    { evidence: 'provenance' },
    ...tests.map((name) => ({ evidence: 'tests', name } as const)),
    ...(sbom ? [{ evidence: 'sbom' } as const] : []),
  ];
  switch (stage) {
    case 'beta': return built;
    case 'gamma': return [...built, { evidence: 'stage', stage: 'beta' }];
    case 'prod': return [...built, { evidence: 'stage', stage: 'beta' }, { evidence: 'stage', stage: 'gamma' }, { evidence: 'approval', atLeast: approvals }];
  }
}

/** What is required, for people. */
export function nameOf(requirement: Requirement): string {
  switch (requirement.evidence) {
    case 'provenance': return 'provenance';
    case 'tests': return `result of ${requirement.name}`;
    case 'sbom': return 'software bill of materials';
    case 'stage': return `proof that it passed ${requirement.stage}`;
    case 'approval': return 'approval';
  }
}
