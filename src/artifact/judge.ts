/** What an authentic attestation says, against what is expected. Every fault is named; none means that it holds. */
import { z } from 'zod';
import { isDigest } from '../foundation/digest.ts';
import type { Digest } from '../foundation/units.ts';
import type { Expectations, Requirement } from './expectations.ts';
import { APPROVAL, BUILD_TYPE, CYCLONEDX, PROVENANCE, SPDX, SUMMARY, TEST_RESULT, levelOf, type Statement } from './statement.ts';

export type Fault = readonly [code: string, message: string];

const digest = z.custom<Digest>((value) => typeof value === 'string' && isDigest(value), 'is no digest');
const instant = z.iso.datetime().transform((text) => Date.parse(text));
const sha256 = z.object({ sha256: z.string() });

const provenanceSchema = z.object({
  buildDefinition: z.object({
    buildType: z.string(),
    externalParameters: z.record(z.string(), z.unknown()),
    internalParameters: z.strictObject({
      isolation: z.enum(['namespaces', 'none']), sequence: z.int(),
      network: z.strictObject({ of: z.enum(['own', 'machine']), actions: z.record(z.string(), z.union([z.string(), z.array(z.string())])) }).optional(),
      tools: z.array(z.strictObject({ name: z.string(), version: z.string(), digest })).optional(),
    }),
  }),
  runDetails: z.object({ builder: z.object({ id: z.string() }) }),
});

const testsSchema = z.object({ result: z.string(), configuration: z.array(z.object({ name: z.string(), digest: sha256 })), failedTests: z.array(z.string()) });

const summarySchema = z.object({
  verifier: z.object({ id: z.string() }),
  policy: z.object({ digest: sha256 }),
  verificationResult: z.string(),
  verifiedLevels: z.array(z.string()),
});

const approvalSchema = z.strictObject({
  environment: z.string(), run: z.string(), plan: digest, evidence: digest, attestations: z.array(digest), shown: digest.optional(),
  approvers: z.array(z.strictObject({ user: z.string().min(1), at: instant, text: z.string().optional() })),
  expiresAt: instant,
});

const rollbackSchema = z.strictObject({
  environment: z.string(), from: z.strictObject({ artifact: digest, sequence: z.int() }), sequence: z.int(),
  by: z.string().min(1), reason: z.string().min(1), authorizedAt: instant, expiresAt: instant,
});

/** Whether a statement is of the kind that a requirement asks for; not yet whether it satisfies it. */
export function concerns(requirement: Requirement, { predicateType, predicate }: Statement): boolean {
  switch (requirement.evidence) {
    case 'provenance': return predicateType === PROVENANCE;
    case 'tests': return predicateType === TEST_RESULT && testsNamed(predicate, requirement.name) !== undefined;
    case 'sbom': return predicateType === CYCLONEDX || predicateType === SPDX;
    case 'stage': return predicateType === SUMMARY && summarySchema.safeParse(predicate).data?.verifiedLevels.includes(levelOf(requirement.stage)) === true;
    case 'approval': return predicateType === APPROVAL;
  }
}

/** What an approval was given for; undefined where it cannot be read. */
export function approvedBy({ predicate }: Statement): { readonly evidence: Digest; readonly attestations: readonly Digest[] } | undefined {
  return approvalSchema.safeParse(predicate).data;
}

function testsNamed(predicate: unknown, name: string): z.infer<typeof testsSchema>['configuration'][number] | undefined {
  return testsSchema.safeParse(predicate).data?.configuration.find((one) => one.name === name);
}

/** @param rollback an authorised rollback: then the approval of its day is enough, though it has expired since. */
export function faultsOf(requirement: Requirement, { predicate, predicateType }: Statement, expectations: Expectations, rollback = false): Fault[] {
  switch (requirement.evidence) {
    case 'provenance': return read(provenanceSchema, predicate, (found) => [...provenanceFaults(found, expectations)]);
    case 'tests': return read(testsSchema, predicate, (found) => [...testFaults(found, requirement.name, expectations)]);
    case 'sbom': return read(predicateType === SPDX ? z.object({ spdxVersion: z.string() }) : z.object({ bomFormat: z.literal('CycloneDX') }), predicate, () => []);
    case 'stage': return read(summarySchema, predicate, (found) => [...summaryFaults(found, expectations)]);
    case 'approval': return read(approvalSchema, predicate, (found) => [...approvalFaults(found, requirement.atLeast, rollback, expectations)]);
  }
}

export function rollbackFaults({ predicate }: Statement, expectations: Expectations): Fault[] {
  return read(rollbackSchema, predicate, (found) => [...authorizationFaults(found, expectations)]);
}

function* provenanceFaults({ buildDefinition, runDetails }: z.infer<typeof provenanceSchema>, expectations: Expectations): Iterable<Fault> {
  const { buildType, externalParameters, internalParameters } = buildDefinition;
  const { builders, repository, ref, commit, plan, isolation, sequence } = expectations;
  if (!builders.includes(runDetails.builder.id)) yield ['BUILDER_UNKNOWN', `it was built by ${JSON.stringify(runDetails.builder.id)}, which is not one of ${builders.join(', ')}`];
  const expectedType = expectations.buildType ?? BUILD_TYPE;
  if (buildType !== expectedType) yield ['BUILD_TYPE', `it was built as ${JSON.stringify(buildType)}, not as ${expectedType}`];
  const expected: Readonly<Record<string, readonly [code: string, value: string]>> = {
    repository: ['REPOSITORY_MISMATCH', repository],
    ref: ['REF_MISMATCH', ref],
    commit: ['COMMIT_MISMATCH', commit],
    plan: ['PLAN_MISMATCH', plan],
  };
  for (const [name, [code, value]] of Object.entries(expected)) {
    if (externalParameters[name] !== value) yield [code, `it was built from the ${name} ${JSON.stringify(externalParameters[name])}, not ${JSON.stringify(value)}`];
  }
  for (const name of Object.keys(externalParameters)) {
    if (!Object.hasOwn(expected, name)) yield ['PARAMETER_UNKNOWN', `the build had the parameter ${JSON.stringify(name)}, which nobody expects`];
  }
  if (isolation === 'namespaces' && internalParameters.isolation !== 'namespaces') yield ['ISOLATION', 'it was built with no isolation, and this environment asks for namespaces'];
  if (internalParameters.sequence !== sequence.candidate) yield ['SEQUENCE_MISMATCH', `it belongs to release ${internalParameters.sequence}, not to ${sequence.candidate}`];
}

function* testFaults({ result, configuration, failedTests }: z.infer<typeof testsSchema>, name: string, { plan }: Expectations): Iterable<Fault> {
  for (const { digest: { sha256: under } } of configuration) {
    if (`sha256:${under}` !== plan) yield ['PLAN_MISMATCH', `the tests ran under the plan sha256:${under}, not ${plan}`];
  }
  if ((result !== 'PASSED' && result !== 'WARNED') || failedTests.length > 0) yield ['EVIDENCE_FAILED', `the tests ${name} did not pass`];
}

function* summaryFaults({ verifier, policy, verificationResult }: z.infer<typeof summarySchema>, { builders, plan }: Expectations): Iterable<Fault> {
  if (verificationResult !== 'PASSED') yield ['EVIDENCE_FAILED', `it says that verification came to ${JSON.stringify(verificationResult)}`];
  if (!builders.includes(verifier.id)) yield ['BUILDER_UNKNOWN', `it was verified by ${JSON.stringify(verifier.id)}, which is not one of ${builders.join(', ')}`];
  if (`sha256:${policy.digest.sha256}` !== plan) yield ['PLAN_MISMATCH', `it passed under the plan sha256:${policy.digest.sha256}, not ${plan}`];
}

function* approvalFaults(found: z.infer<typeof approvalSchema>, atLeast: number, rollback: boolean, { environment, plan, now, floor }: Expectations): Iterable<Fault> {
  if (found.environment !== environment) yield ['APPROVAL_MISMATCH', `it is for the environment ${JSON.stringify(found.environment)}, not ${environment}`];
  if (found.plan !== plan) yield ['APPROVAL_MISMATCH', `it is for the plan ${found.plan}, not ${plan}`];
  const people = new Set(found.approvers.map(({ user }) => user));
  if (people.size < Math.max(1, atLeast)) yield ['APPROVAL_TOO_FEW', `${people.size} have approved, and ${Math.max(1, atLeast)} are needed; a person counts once`];
  if (!rollback && Math.max(now, floor) >= found.expiresAt) yield ['APPROVAL_EXPIRED', `it expired at ${new Date(found.expiresAt).toISOString()}`];
}

function* authorizationFaults(found: z.infer<typeof rollbackSchema>, { environment, sequence, now, floor }: Expectations): Iterable<Fault> {
  if (found.environment !== environment) yield ['ROLLBACK_MISMATCH', `it is for the environment ${JSON.stringify(found.environment)}, not ${environment}`];
  if (found.sequence !== sequence.candidate) yield ['ROLLBACK_MISMATCH', `it is for release ${found.sequence}, not ${sequence.candidate}`];
  if (found.from.artifact !== sequence.live) yield ['ROLLBACK_MISMATCH', `it replaces ${found.from.artifact}, and what is live is ${sequence.live ?? 'nothing'}`];
  if (Math.max(now, floor) >= found.expiresAt) yield ['ROLLBACK_EXPIRED', `it expired at ${new Date(found.expiresAt).toISOString()}`];
}

function read<Schema extends z.ZodType>(schema: Schema, predicate: unknown, faults: (found: z.output<Schema>) => Fault[]): Fault[] {
  const parsed = schema.safeParse(predicate);
  if (parsed.success) return faults(parsed.data);
  return parsed.error.issues.slice(0, 3).map((issue) => ['PREDICATE_INVALID', `${issue.path.join('.') || 'predicate'}: ${issue.message}`] as const);
}
