import assert from 'node:assert/strict';
import { generateKeyPairSync, sign } from 'node:crypto';
import { mkdir, mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { digestOf } from '../foundation/digest.ts';
import { TrunklineError } from '../foundation/errors.ts';
import type { Digest } from '../foundation/units.ts';
import { signStatement } from './bundle.ts';
import { requiredEvidence } from './expectations.ts';
import { packageImage } from './image.ts';
import { trustedKey } from './keys.ts';
import { LayoutStore } from './layout.ts';
import { MemoryMedium } from './memory/store.testing.ts';
import { DOCUMENT_LIMIT } from './oci.ts';
import { cyclonedx, provenance, stagePassed, testResult } from './statement.ts';
import { unpack } from './unpack.ts';
import { refusal, verifyRelease } from './verify.ts';

const plan = digestOf('plan');
const shown = { tests: ['build.unit-tests'], sbom: true };
const build = { repository: 'https://example.test/orders.git', ref: 'refs/heads/main', commit: 'c'.repeat(40), plan };
const builder = 'trunkline:builder/this';
const { privateKey, publicKey } = generateKeyPairSync('ed25519');
const key = trustedKey(publicKey.export({ type: 'spki', format: 'pem' }).toString());
const signer = { keyid: key.keyid, sign: async (message: Uint8Array) => sign(null, message, privateKey) };

/** What a deployment does before it touches an environment: read, verify, unpack. */
async function deploy(store: LayoutStore, artifact: Digest, target: string): Promise<void> {
  const [manifestBytes, attestations] = [await store.get(artifact, DOCUMENT_LIMIT), await store.attestations(artifact)];
  const verdict = verifyRelease({
    artifact, manifestBytes, attestations, keys: [key],
    expectations: { ...build, environment: 'gamma', builders: [builder], isolation: 'namespaces', required: requiredEvidence('gamma', shown), sequence: { candidate: 1 }, now: 0, floor: 0 },
  });
  if (!verdict.ok) throw refusal(artifact, verdict.failures);
  await unpack(store, artifact, target);
}

describe('a release, from its package to its files', () => {
  it('is refused when any byte of anything stored is flipped, with a message that names it, and leaves nothing behind', async () => {
    const root = await mkdtemp(join(tmpdir(), 'trunkline-release-'));
    try {
      await mkdir(join(root, 'dist'));
      await writeFile(join(root, 'dist', 'index.js'), 'console.log("orders")');
      const medium = new MemoryMedium(() => 0);
      const store = new LayoutStore(medium);
      const { manifest: { digest: artifact } } = await packageImage(store, { root, files: ['dist'], annotations: { 'org.opencontainers.image.revision': build.commit } });
      const subject = { name: 'orders', digest: artifact };
      for (const statement of [
        provenance(subject, { ...build, isolation: 'namespaces', sequence: 1, run: 'run-1', builder, startedAt: 0, finishedAt: 0 }),
        testResult(subject, { name: 'build.unit-tests', plan, passed: ['adds'], failed: [] }),
        cyclonedx(subject, { bomFormat: 'CycloneDX' }),
        stagePassed(subject, { stage: 'beta', verifier: builder, plan, inputs: [], at: 0 }),
      ]) await store.attest(artifact, await signStatement(statement, [signer]), statement.predicateType);
      const blobs = [...medium.blobs];
      await deploy(store, artifact, join(root, 'good'));
      assert.deepEqual(await readdir(join(root, 'good', 'dist')), ['index.js']);
      const before = await readdir(root);
      await fc.assert(fc.asyncProperty(fc.nat(blobs.length - 1), fc.nat(), fc.integer({ min: 1, max: 255 }), async (which, place, mask) => {
        const [digest, blob] = blobs[which]!;
        const bytes = Uint8Array.from(blob.bytes);
        bytes[place % bytes.length]! ^= mask;
        medium.blobs.set(digest, { ...blob, bytes });
        await assert.rejects(deploy(store, artifact, join(root, 'bad')), (error) => error instanceof TrunklineError && error.record.class === 'refused' && error.message.includes(digest));
        medium.blobs.delete(digest);
        await assert.rejects(deploy(store, artifact, join(root, 'bad')), (error) => error instanceof TrunklineError && error.record.code === 'BLOB_NOT_FOUND' && error.message.includes(digest));
        medium.blobs.set(digest, blob);
        assert.deepEqual(await readdir(root), before);
      }), { numRuns: 300 });
      await deploy(store, artifact, join(root, 'again'));
    } finally {
      await rm(root, { recursive: true });
    }
  });
});
