import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { digestOf } from '../foundation/digest.ts';
import { TrunklineError } from '../foundation/errors.ts';
import { LayoutStore } from './layout.ts';
import { decodeNames, encodeNames } from './layoutindex.ts';
import { MemoryMedium } from './memory/store.testing.ts';
import { CONFIG_TYPE, EMPTY, LAYER_TYPE, MANIFEST_TYPE, encodeDocument } from './oci.ts';

async function attested() {
  const medium = new MemoryMedium(() => 0);
  const store = new LayoutStore(medium);
  const artifact = await store.put(encodeDocument({
    schemaVersion: 2, mediaType: MANIFEST_TYPE,
    config: { mediaType: CONFIG_TYPE, ...await store.put(EMPTY) }, layers: [{ mediaType: LAYER_TYPE, ...await store.put(Buffer.from('layer')) }],
  }));
  await store.publish(artifact, 'orders:abc');
  await store.attest(artifact.digest, Buffer.from('one bundle'), 'type');
  await store.attest(artifact.digest, Buffer.from('another bundle'), 'type');
  return { medium, store, artifact: artifact.digest };
}

describe('an image layout', () => {
  it('gives no evidence at all, and names what is corrupt, when any byte on the way to the evidence is flipped', async () => {
    const { medium, store, artifact } = await attested();
    await store.attestations(artifact);
    const needed = [...medium.blobs].filter(([, { bytes }]) => !/^layer|"rootfs"/.test(Buffer.from(bytes).toString()) && digestOf(bytes) !== artifact);
    assert.equal(needed.length, 6, 'a list, two manifests and their configuration, two bundles');
    for (const [digest, blob] of needed) {
      for (let at = 0; at < blob.bytes.length; at += 1) {
        medium.blobs.set(digest, { ...blob, bytes: flipped(blob.bytes, at) });
        await assert.rejects(store.attestations(artifact), (error) => error instanceof TrunklineError && error.record.code === 'BLOB_CORRUPT' && error.message.includes(digest), `${digest}[${at}]`);
      }
      medium.blobs.set(digest, blob);
    }
    assert.equal((await store.attestations(artifact)).length, 2);
  });

  it('refuses an index of which any byte was flipped', async () => {
    const { medium } = await attested();
    for (let at = 0; at < medium.index.length; at += 1) {
      assert.throws(() => decodeNames(flipped(medium.index, at)), (error) => error instanceof TrunklineError && error.record.code === 'INDEX_CORRUPT' && error.message.includes('index.json'), `byte ${at}`);
    }
  });

  it('refuses an index with an entry too few, a cut one, one with more at its end, and one that is gone', async () => {
    const { medium } = await attested();
    const names = decodeNames(medium.index);
    const text = Buffer.from(medium.index).toString();
    const fewer = Buffer.from(encodeNames(new Map([...names].slice(1)))).toString();
    const checksum = /"trunkline.checksum":"[^"]+"/;
    const cases = { fewer: fewer.replace(checksum, checksum.exec(text)![0]), cut: text.slice(0, -1), longer: `${text}\n`, gone: undefined };
    for (const [name, bytes] of Object.entries(cases)) assert.throws(() => decodeNames(bytes === undefined ? undefined : Buffer.from(bytes)), { message: /index\.json/ }, name);
    assert.deepEqual(decodeNames(encodeNames(names)), names);
  });

  it('refuses an attestation that was moved over from another artifact', async () => {
    const { medium, store, artifact } = await attested();
    const names = decodeNames(medium.index);
    const list = names.get(artifact.replace(':', '-'))!;
    const other = await store.put(encodeDocument({ schemaVersion: 2, mediaType: MANIFEST_TYPE, config: { mediaType: CONFIG_TYPE, digest: digestOf(EMPTY), size: 2 }, layers: [{ mediaType: LAYER_TYPE, digest: digestOf('layer'), size: 5 }], annotations: { other: 'yes' } }));
    medium.index = encodeNames(new Map(names).set(other.digest.replace(':', '-'), list));
    await assert.rejects(store.attestations(other.digest), { message: new RegExp(`of ${other.digest} does not hold one Sigstore bundle about it`) });
  });
});

function flipped(bytes: Uint8Array, at: number): Uint8Array {
  const copy = Uint8Array.from(bytes);
  copy[at]! ^= 1 << (at % 8);
  return copy;
}
