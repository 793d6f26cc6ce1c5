import { z } from 'zod';
import { requiredEvidence } from '../../artifact/expectations.ts';
import type { TrustedKey } from '../../artifact/keys.ts';
import { refusal, verifyRelease } from '../../artifact/verify.ts';
import type { Digest, Instant } from '../../foundation/units.ts';
import type { ActionContext, ActionKind } from '../action.ts';
import { buildEvidenceOf } from './evidence.ts';

const input = z.strictObject({});

/** What the control plane knows and the commit can't say. */
export interface Trust {
  readonly keys: readonly TrustedKey[];
  readonly builder: string;
  readonly repository: string;
  /** Whether production also takes what was built without isolation: the operator's word. */
  readonly acceptsUnisolated: () => boolean;
  /** About the run and its stage's environment, from the journal. */
  facts(run: string, environment: string): ReleaseFacts;
}

export interface ReleaseFacts {
  /** Under which the artifact was built: for a rollback, that of the run that is put back. */
  readonly plan: Digest;
  readonly approvals: number;
  /** The highest release that was ever settled in the environment. */
  readonly highest?: number;
  /** The latest instant that the journal knows of. */
  readonly floor: Instant;
}

/** Proves, before an environment is touched, that the stored artifact is what was built, tested and approved. */
export function verifyKind(trust: Trust): ActionKind<z.infer<typeof input>> {
  return {
    kind: 'verify',
    input,
    checkout: false,
    missing: async () => [],
    run: async (_input, context) => {
      const { release, artifacts, plan, environment } = context;
      if (!release || !environment) throw new Error('only a packaged release is verified, for an environment');
      const facts = trust.facts(context.run, environment.name);
      const stage = context.stage as 'beta' | 'gamma' | 'prod';
      const live = await liveIn(context);
      const verdict = verifyRelease({
        artifact: release.artifact,
        manifestBytes: await artifacts.get(release.artifact),
        attestations: await artifacts.attestations(release.artifact),
        keys: trust.keys,
        expectations: {
          environment: environment.name, repository: trust.repository, ref: `refs/heads/${plan.trunk}`, commit: context.commit, plan: facts.plan,
          builders: [trust.builder], isolation: stage === 'prod' && !trust.acceptsUnisolated() ? 'namespaces' : 'any',
          required: requiredEvidence(stage, buildEvidenceOf(plan), facts.approvals),
          sequence: { candidate: release.sequence, ...(facts.highest === undefined ? {} : { highest: facts.highest }), ...(live === undefined ? {} : { live }) },
          now: context.clock.now(), floor: facts.floor,
        },
      });
      if (!verdict.ok) throw refusal(release.artifact, verdict.failures);
      await context.files(); // every byte of every layer is hashed here, before anything is touched
      for (const { shows, attestation } of verdict.evidence) context.log(`${shows}: ${attestation}`);
      return { passed: true, output: { artifact: release.artifact, evidence: verdict.evidence.map(({ shows, attestation }) => ({ shows, attestation })) } };
    },
  };
}

async function liveIn(context: ActionContext): Promise<Digest | undefined> {
  const states = await Promise.all((context.environment?.regions ?? []).map((region) => context.region(region).observe()));
  return states.find(({ stable }) => stable)?.stable?.release.artifact;
}
