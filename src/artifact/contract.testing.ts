import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { digestOf } from '../foundation/digest.ts';
import { TrunklineError } from '../foundation/errors.ts';
import type { Digest } from '../foundation/units.ts';
import { CONFIG_TYPE, EMPTY, LAYER_TYPE, MANIFEST_TYPE, encodeDocument } from './oci.ts';
import type { ArtifactStore, Collector, Descriptor } from './store.ts';

export interface StoreUnderTest extends AsyncDisposable {
  readonly store: ArtifactStore & Collector;
}

/** What every store must do. `open` gives an empty one. */
export function artifactStoreContract(name: string, open: () => Promise<StoreUnderTest>): void {
  describe(`artifact store: ${name}`, () => {
    it('gives back the bytes that were put, under the digest of exactly these bytes', async () => {
      await using opened = await open();
      const bytes = Buffer.from('hello');
      const descriptor = await opened.store.put(bytes);
      assert.deepEqual(descriptor, { digest: digestOf(bytes), size: 5 });
      assert.deepEqual(Buffer.from(await opened.store.get(descriptor.digest)), bytes);
    });

    it('takes a stream, and gives one, without changing a byte', async () => {
      await using opened = await open();
      const pieces = [Buffer.from('one'), Buffer.alloc(700_000, 7), Buffer.alloc(0), Buffer.from('three')];
      const { digest, size } = await opened.store.put((async function* () { yield* pieces; })());
      const found: Uint8Array[] = [];
      for await (const piece of opened.store.stream(digest, size)) found.push(piece);
      assert.deepEqual(Buffer.concat(found), Buffer.concat(pieces));
    });

    it('changes nothing when the same bytes are put again, also at the same time', async () => {
      await using opened = await open();
      const puts = await Promise.all(Array.from({ length: 8 }, () => opened.store.put(Buffer.from('same'))));
      assert.equal(new Set(puts.map(({ digest }) => digest)).size, 1);
      assert.equal(Buffer.from(await opened.store.get(puts[0]!.digest)).toString(), 'same');
    });

    it('keeps nothing of a stream that fails half way', async () => {
      await using opened = await open();
      const half = (async function* () {
        yield Buffer.from('half');
        throw new Error('the source failed');
      })();
      await assert.rejects(opened.store.put(half), /the source failed/);
      assert.deepEqual(await opened.store.collect(new Set(), Infinity), { blobs: 0, bytes: 0 });
    });

    it('says which digest is missing, and refuses what is no digest', async () => {
      await using opened = await open();
      const digest = digestOf('never stored');
      await rejects(opened.store.get(digest), 'BLOB_NOT_FOUND', digest);
      await rejects(opened.store.get('sha256:../../index.json'), 'DIGEST_INVALID', '../../index.json');
    });

    it('gives no more bytes than the caller allows', async () => {
      await using opened = await open();
      const { digest } = await opened.store.put(Buffer.alloc(1_000));
      await rejects(opened.store.get(digest, 999), 'BLOB_TOO_LARGE', digest);
      assert.equal((await opened.store.get(digest, 1_000)).byteLength, 1_000);
    });

    it('never lets a name move to another artifact', async () => {
      await using opened = await open();
      const [one, two] = [await artifact(opened.store, 'one'), await artifact(opened.store, 'two')];
      await opened.store.publish(one, 'orders:abc');
      await opened.store.publish(one, 'orders:abc');
      await rejects(opened.store.publish(two, 'orders:abc'), 'NAME_TAKEN', one.digest);
    });

    it('refuses names that no registry would take', async () => {
      await using opened = await open();
      const one = await artifact(opened.store, 'one');
      for (const name of ['', '.', '../../db', '%2e%2e', 'a'.repeat(300), 'a b', 'a\0b', one.digest.replace(':', '-')]) {
        await rejects(opened.store.publish(one, name), 'NAME_INVALID');
      }
    });

    it('publishes and attests manifests that are there, and nothing else', async () => {
      await using opened = await open();
      const blob = await opened.store.put(Buffer.from('{"no":"manifest"}'));
      await rejects(opened.store.publish(blob, 'orders:abc'), 'MANIFEST_INVALID', blob.digest);
      await rejects(opened.store.attest(blob.digest, Buffer.from('bundle'), 'type'), 'MANIFEST_INVALID', blob.digest);
      await rejects(opened.store.attest(digestOf('absent'), Buffer.from('bundle'), 'type'), 'BLOB_NOT_FOUND', digestOf('absent'));
    });

    it('gives the attestations of an artifact in the order of their digests, each once', async () => {
      await using opened = await open();
      const [one, two] = [await artifact(opened.store, 'one'), await artifact(opened.store, 'two')];
      const bundles = ['c', 'a', 'b'].map((text) => Buffer.from(text));
      for (const bundle of [...bundles, ...bundles]) assert.equal(await opened.store.attest(one.digest, bundle, 'type'), digestOf(bundle));
      await opened.store.attest(two.digest, Buffer.from('other'), 'type');
      const found = await opened.store.attestations(one.digest);
      assert.deepEqual(found.map(({ digest }) => digest), bundles.map((bundle) => digestOf(bundle)).sort());
      for (const { digest, bundle } of found) assert.equal(digestOf(bundle), digest);
      assert.deepEqual(await opened.store.attestations(digestOf('unknown')), []);
    });

    it('loses no attestation and no name when many are added at the same time', async () => {
      await using opened = await open();
      const one = await artifact(opened.store, 'one');
      const numbers = Array.from({ length: 20 }, (_, number) => number);
      await Promise.all(numbers.flatMap((number) => [
        opened.store.attest(one.digest, Buffer.from(`bundle ${number}`), 'type'),
        opened.store.publish(one, `orders:${number}`),
      ]));
      assert.equal((await opened.store.attestations(one.digest)).length, 20);
      const other = await artifact(opened.store, 'other');
      for (const number of numbers) await rejects(opened.store.publish(other, `orders:${number}`), 'NAME_TAKEN');
    });

    it('gives all attestations of before, or of after, to whoever reads while more are added', async () => {
      await using opened = await open();
      const one = await artifact(opened.store, 'one');
      const adding = (async () => {
        for (let number = 0; number < 15; number += 1) await opened.store.attest(one.digest, Buffer.from(`bundle ${number}`), 'type');
        return 'done' as const;
      })();
      let seen = 0;
      do {
        const found = (await opened.store.attestations(one.digest)).length;
        assert.ok(found >= seen, `${found} after ${seen}`);
        seen = found;
      } while (await Promise.race([adding, new Promise(setImmediate)]) !== 'done');
      assert.equal((await opened.store.attestations(one.digest)).length, 15);
    });

    it('collects what nothing keeps, and says how much', async () => {
      await using opened = await open();
      const loose = await opened.store.put(Buffer.alloc(5_000, 1));
      const gone = await artifact(opened.store, 'gone');
      await opened.store.publish(gone, 'orders:gone');
      await opened.store.attest(gone.digest, Buffer.from('about gone'), 'type');
      const { bytes, blobs } = await opened.store.collect(new Set(), Infinity);
      assert.ok(bytes > 5_000 && blobs >= 5, `${bytes} bytes in ${blobs} blobs`);
      for (const digest of [loose.digest, gone.digest, digestOf('about gone')]) await rejects(opened.store.get(digest), 'BLOB_NOT_FOUND');
      assert.deepEqual(await opened.store.collect(new Set(), Infinity), { bytes: 0, blobs: 0 });
      await opened.store.publish(await artifact(opened.store, 'again'), 'orders:gone');
    });

    it('never collects what is kept, what that needs, or what was attested about it', async () => {
      await using opened = await open();
      const kept = await artifact(opened.store, 'kept');
      await opened.store.publish(kept, 'orders:kept');
      await opened.store.attest(kept.digest, Buffer.from('first'), 'type');
      await opened.store.attest(kept.digest, Buffer.from('second'), 'type');
      const plan = await opened.store.put(Buffer.from('{"version":1}'));
      await opened.store.put(Buffer.from('garbage'));
      const { blobs } = await opened.store.collect(new Set([kept.digest, plan.digest, digestOf('never there')]), Infinity);
      assert.equal(blobs, 1);
      assert.equal(Buffer.from(await opened.store.get(digestOf('layer of kept'))).toString(), 'layer of kept');
      assert.equal((await opened.store.attestations(kept.digest)).length, 2);
      await opened.store.get(plan.digest);
      await opened.store.publish(kept, 'orders:kept');
    });

    it('leaves alone what is younger than it was told', async () => {
      await using opened = await open();
      const { digest } = await opened.store.put(Buffer.from('just built'));
      assert.deepEqual(await opened.store.collect(new Set(), 0), { bytes: 0, blobs: 0 });
      await opened.store.get(digest);
    });
  });
}

/** An artifact of one layer, not published. */
async function artifact(store: ArtifactStore, name: string): Promise<Descriptor> {
  const layer = await store.put(Buffer.from(`layer of ${name}`));
  const config = await store.put(EMPTY);
  return await store.put(encodeDocument({
    schemaVersion: 2, mediaType: MANIFEST_TYPE, config: { mediaType: CONFIG_TYPE, ...config }, layers: [{ mediaType: LAYER_TYPE, ...layer }],
  }));
}

async function rejects(promise: Promise<unknown>, code: string, naming: Digest | string = ''): Promise<void> {
  await assert.rejects(promise, (error) => {
    assert.ok(error instanceof TrunklineError, String(error));
    assert.equal(error.record.code, code);
    assert.ok(error.message.includes(naming), error.message);
    return true;
  });
}
