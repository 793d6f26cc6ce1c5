import { mkdir, mkdtemp } from 'node:fs/promises';
import { join } from 'node:path';
import { authenticate } from './artifact/authentic.ts';
import { buildEvidenceOf } from './actions/verify/evidence.ts';
import { openDiskStore } from './artifact/disk/store.ts';
import { requiredEvidence } from './artifact/expectations.ts';
import { openKeys } from './artifact/keys/file/keyfile.ts';
import { differences, type Listing, listingOf } from './artifact/listing.ts';
import { unpack } from './artifact/unpack.ts';
import { verifyRelease } from './artifact/verify.ts';
import type { VerifyAnswer } from './cli/product.ts';
import { builderOf } from './compose.ts';
import { approvalsNeeded } from './core/approval-rule.ts';
import type { PipelineState, Run } from './core/state.ts';
import { copiesOf } from './environment/process/copies.ts';
import { systemClock } from './foundation/clock.ts';
import { errorRecord } from './foundation/errors.ts';
import { removeFolder } from './foundation/removal.ts';
import type { Digest } from './foundation/units.ts';
import type { StageName } from './pipeline/plan.ts';
import type { Place } from './place.ts';
import { readOperators } from './settings.ts';

const MOST_NAMED = 5;

/**
 * All evidence of a stored artifact, checked with nothing but the store, the keys and the journal: each byte, also of
 * the copies that regions have, each signature, and whether everything is there that the stage it has reached requires.
 */
export async function verifyStored(place: Place, repository: string, state: PipelineState, artifact: Digest): Promise<VerifyAnswer> {
  const store = await openDiskStore(place.artifacts);
  const { trusted } = await openKeys(place.keys);
  const failures: { code: string; message: string }[] = [];
  const failed = (error: unknown): undefined => void failures.push(errorRecord(error));
  await mkdir(place.scratch, { recursive: true, mode: 0o700 });
  const folder = await mkdtemp(join(place.scratch, 'verify-'));
  try {
    const unpacked = await unpack(store, artifact, join(folder, 'files')).catch(failed);
    if (unpacked) failures.push(...await alteredCopies(place, state, artifact, unpacked.listing));
  } finally {
    await removeFolder(folder);
  }
  const attestations = await store.attestations(artifact).catch(failed) ?? [];
  const evidence = attestations.map((attestation) => {
    const found = authenticate(attestation, artifact, { keys: trusted, threshold: 1, at: systemClock.now() });
    return 'code' in found ? { digest: attestation.digest, predicateType: '', name: '', ok: false, message: found.message }
      : { digest: attestation.digest, predicateType: found.statement.predicateType, name: nameOf(found.statement.predicate), ok: true };
  });
  const manifestBytes = await store.get(artifact).catch(() => undefined); // what is wrong with it was said above
  const run = [...state.runs.values()].find((one) => one.kind === 'STANDARD' && one.artifact === artifact);
  if (manifestBytes && run?.plan) {
    const verdict = verifyRelease({ artifact, manifestBytes, attestations, keys: trusted, expectations: expectationsOf(state, run, { repository, acceptsUnisolated: readOperators(place.operators).acceptsUnisolatedBuilds === true }) });
    if (!verdict.ok) failures.push(...verdict.failures);
  } else if (manifestBytes) {
    failures.push({ code: 'ARTIFACT_UNKNOWN', message: `no run of this pipeline made ${artifact}: what it should show is not known` });
  }
  return { artifact, ok: failures.length === 0, evidence, failures };
}

/** Whoever can write in the state folder can write in what runs: each copy is compared with what the layer holds. */
async function alteredCopies(place: Place, state: PipelineState, artifact: Digest, expected: Listing): Promise<readonly { code: string; message: string }[]> {
  const releases = new Set([...state.runs.values()].filter((run) => run.artifact === artifact).map(({ id }) => id));
  const failures: { code: string; message: string }[] = [];
  for (const { environment, region, release, folder } of await copiesOf(place.environments, releases)) {
    const odd = await listingOf(folder).then((found) => differences(expected, found), (error: unknown) => [errorRecord(error).message]);
    if (odd.length === 0) continue;
    const named = `${odd.slice(0, MOST_NAMED).join(', ')}${odd.length > MOST_NAMED ? ` and ${odd.length - MOST_NAMED} more` : ''}`;
    failures.push({ code: 'RELEASE_ALTERED', message: `release ${release} in ${environment}/${region} is not what the artifact holds: ${named}` });
  }
  return failures;
}

/** What the run does not say. @property acceptsUnisolated the operator's word, as Prod asks for it. */
interface Judged { readonly repository: string; readonly acceptsUnisolated: boolean }

/** What the last stage that let it in required of it, and proof of every stage that it has passed. */
function expectationsOf(state: PipelineState, run: Run, { repository, acceptsUnisolated }: Judged): Parameters<typeof verifyRelease>[0]['expectations'] {
  if (!run.plan) throw new Error(`run ${run.id} has no plan`);
  const { plan, digest } = run.plan;
  const approvals = run.approval ? approvalsNeeded(run.approval) : 1;
  const required = requiredEvidence('prod', buildEvidenceOf(plan), approvals).filter((one) => {
    if (one.evidence === 'stage') return run.stages[one.stage as StageName]?.state === 'passed';
    return one.evidence !== 'approval' || run.stages.prod?.rollout !== undefined;
  });
  return {
    environment: 'prod', repository, ref: `refs/heads/${plan.trunk}`, commit: run.commit, plan: digest, builders: [builderOf(plan.application)], isolation: acceptsUnisolated ? 'any' : 'namespaces',
    required, sequence: { candidate: run.sequence },
    // An approval that has expired since was good when it was used.
    now: Math.min(systemClock.now(), run.finished?.at ?? systemClock.now()), floor: Math.min(state.latest, run.finished?.at ?? state.latest),
  };
}

/** What a statement is about, where it says so: the tests, the stage, the environment. */
function nameOf(predicate: unknown): string {
  const { configuration, verifiedLevels, environment } = predicate as { configuration?: readonly { name?: string }[]; verifiedLevels?: readonly string[]; environment?: string };
  return configuration?.[0]?.name ?? verifiedLevels?.[0] ?? environment ?? '';
}
