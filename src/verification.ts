import { authenticate } from './artifact/authentic.ts';
import { openDiskStore } from './artifact/disk/store.ts';
import { openKeys } from './artifact/keys/file/keyfile.ts';
import { unpack } from './artifact/unpack.ts';
import { mkdir, mkdtemp, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { systemClock } from './foundation/clock.ts';
import { errorRecord } from './foundation/errors.ts';
import type { Digest } from './foundation/units.ts';
import type { VerifyAnswer } from './cli/product.ts';
import type { Place } from './place.ts';

/** All evidence of a stored artifact, checked with nothing but the store and the keys: each byte, each signature. */
export async function verifyStored(place: Place, artifact: Digest): Promise<VerifyAnswer> {
  const store = await openDiskStore(place.artifacts);
  const { trusted } = await openKeys(place.keys);
  const failures: { code: string; message: string }[] = [];
  const evidence: { digest: Digest; predicateType: string; name: string; ok: boolean; message?: string }[] = [];
  const failed = (error: unknown): void => void failures.push(errorRecord(error));
  await mkdir(place.scratch, { recursive: true, mode: 0o700 });
  const folder = await mkdtemp(join(place.scratch, 'verify-'));
  try {
    await unpack(store, artifact, join(folder, 'files')).catch(failed);
    for (const attestation of await store.attestations(artifact).catch((error: unknown) => (failed(error), []))) {
      const found = authenticate(attestation, artifact, { keys: trusted, threshold: 1, at: systemClock.now() });
      if ('code' in found) {
        failures.push(found);
        evidence.push({ digest: attestation.digest, predicateType: '', name: '', ok: false, message: found.message });
      } else {
        evidence.push({ digest: attestation.digest, predicateType: found.statement.predicateType, name: nameOf(found.statement.predicate), ok: true });
      }
    }
    if (evidence.length === 0) failures.push({ code: 'EVIDENCE_MISSING', message: `nothing is attested about ${artifact}` });
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
  return { artifact, ok: failures.length === 0, evidence, failures };
}

/** What a statement is about, where it says so: the tests, the stage, the environment. */
function nameOf(predicate: unknown): string {
  const { configuration, verifiedLevels, environment } = predicate as { configuration?: readonly { name?: string }[]; verifiedLevels?: readonly string[]; environment?: string };
  return configuration?.[0]?.name ?? verifiedLevels?.[0] ?? environment ?? '';
}
