import assert from 'node:assert/strict';
import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readFile, readdir, rm, stat, utimes, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { describe, it } from 'node:test';
import { fileURLToPath } from 'node:url';
import fc from 'fast-check';
import { digestOf } from '../../foundation/digest.ts';
import { TrunklineError } from '../../foundation/errors.ts';
import { artifactStoreContract } from '../contract.testing.ts';
import { packageImage } from '../image.ts';
import { REF_NAME, referrersTag, type Index } from '../oci.ts';
import { openDiskStore } from './store.ts';

async function folder(): Promise<AsyncDisposable & { readonly path: string }> {
  const path = await mkdtemp(join(tmpdir(), 'trunkline-store-'));
  return { path, [Symbol.asyncDispose]: () => rm(path, { recursive: true, force: true }) };
}

artifactStoreContract('disk', async () => {
  const root = await folder();
  return { store: await openDiskStore(join(root.path, 'artifacts')), [Symbol.asyncDispose]: () => root[Symbol.asyncDispose]() };
});

const WRITER = fileURLToPath(new URL('./writer.testing.ts', import.meta.url));

async function released(root: string) {
  const store = await openDiskStore(join(root, 'artifacts'));
  await writeFile(join(root, 'index.js'), 'console.log(1)');
  const { manifest } = await packageImage(store, { root, files: ['index.js'], annotations: {} });
  await store.publish(manifest, 'orders:abc');
  const bundle = await store.attest(manifest.digest, Buffer.from('{"a":"bundle"}'), 'type');
  return { store, artifact: manifest.digest, bundle, path: join(root, 'artifacts') };
}

describe('artifacts on disk', () => {
  it('are an OCI image layout whose attestations are referrers, under the tag that other tools look for', async () => {
    await using root = await folder();
    const { path, artifact, bundle } = await released(root.path);
    assert.deepEqual(JSON.parse(await readFile(join(path, 'oci-layout'), 'utf8')), { imageLayoutVersion: '1.0.0' });
    const index = JSON.parse(await readFile(join(path, 'index.json'), 'utf8')) as Index;
    assert.deepEqual(index.manifests.map((link) => link.annotations?.[REF_NAME]), ['orders:abc', referrersTag(artifact)]);
    const blob = async (digest: string) => JSON.parse(await readFile(join(path, 'blobs', 'sha256', digest.slice(7)), 'utf8'));
    const [referrer] = (await blob(index.manifests[1]!.digest) as Index).manifests;
    assert.equal(referrer?.artifactType, 'application/vnd.dev.sigstore.bundle.v0.3+json');
    const manifest = await blob(referrer.digest);
    assert.equal(manifest.artifactType, 'application/vnd.dev.sigstore.bundle.v0.3+json');
    assert.equal(manifest.subject.digest, artifact);
    assert.equal(manifest.layers[0].digest, bundle);
  });

  it('are there for another process, and for two stores on one folder at once', async () => {
    await using root = await folder();
    const { path, artifact, bundle } = await released(root.path);
    const [one, two] = [await openDiskStore(path), await openDiskStore(`${path}/../artifacts`)];
    await Promise.all(Array.from({ length: 10 }, (_, number) => [one, two][number % 2]!.attest(artifact, Buffer.from(`${number}`), 'type')));
    assert.equal((await one.attestations(artifact)).length, 11);
    assert.ok((await two.attestations(artifact)).some(({ digest }) => digest === bundle));
  });

  it('can be read by no other user', async () => {
    await using root = await folder();
    const { path, artifact } = await released(root.path);
    for (const file of ['', 'blobs/sha256', 'index.json', `blobs/sha256/${artifact.slice(7)}`]) assert.equal((await stat(join(path, file))).mode & 0o077, 0, file);
  });

  it('name what is corrupt when a byte of any file of the layout is flipped', async () => {
    await using root = await folder();
    const { path, artifact, bundle } = await released(root.path);
    const blobs = await readdir(join(path, 'blobs', 'sha256'));
    const files = ['oci-layout', 'index.json', ...blobs.map((name) => join('blobs', 'sha256', name))];
    const readAll = async () => {
      const store = await openDiskStore(path);
      for (const name of blobs) await store.get(`sha256:${name}`);
      return (await store.attestations(artifact)).map(({ digest }) => digest);
    };
    await fc.assert(fc.asyncProperty(fc.constantFrom(...files), fc.nat(), fc.integer({ min: 1, max: 255 }), async (file, place, mask) => {
      const whole = await readFile(join(path, file));
      const flipped = Buffer.from(whole);
      flipped[place % whole.length]! ^= mask;
      await writeFile(join(path, file), flipped);
      await assert.rejects(readAll, (error) => error instanceof TrunklineError && error.record.class === 'refused' && error.message.includes(basename(file)));
      await writeFile(join(path, file), whole);
    }), { numRuns: 60 });
    assert.deepEqual(await readAll(), [bundle]);
  });

  it('say which part of the evidence is missing', async () => {
    await using root = await folder();
    const { store, path, artifact, bundle } = await released(root.path);
    await rm(join(path, 'blobs', 'sha256', bundle.slice(7)));
    await assert.rejects(store.attestations(artifact), { message: new RegExp(`the attestation of ${artifact}: ${bundle} is missing`) });
    await rm(join(path, 'index.json'));
    await assert.rejects(openDiskStore(path).then((opened) => opened.attestations(artifact)), { message: /index\.json .* is missing/ });
  });

  it('are mended by storing the right bytes again', async () => {
    await using root = await folder();
    const { store, path } = await released(root.path);
    const { digest } = await store.put(Buffer.from('right'));
    await writeFile(join(path, 'blobs', 'sha256', digest.slice(7)), 'wrong');
    await store.put(Buffer.from('right'));
    assert.equal(Buffer.from(await store.get(digest)).toString(), 'right');
  });

  it('leave no temporary file, and those of dead writers are collected once they are old', async () => {
    await using root = await folder();
    const { store, path, artifact } = await released(root.path);
    const staging = join(path, 'staging');
    assert.deepEqual(await readdir(staging), []);
    await writeFile(join(staging, 'dead'), Buffer.alloc(3_000));
    await writeFile(join(staging, 'alive'), Buffer.alloc(3_000));
    await utimes(join(staging, 'dead'), 1_000, 1_000);
    const { bytes } = await store.collect(new Set([artifact]), 2_000_000);
    assert.equal(bytes, 3_000);
    assert.deepEqual(await readdir(staging), ['alive']);
  });

  it('are not collected when something that is kept is corrupt', async () => {
    await using root = await folder();
    const { store, path, artifact } = await released(root.path);
    await writeFile(join(path, 'blobs', 'sha256', artifact.slice(7)), '{}');
    const before = await readdir(join(path, 'blobs', 'sha256'));
    await assert.rejects(store.collect(new Set([artifact]), Infinity), { message: new RegExp(`${artifact} is corrupt`) });
    assert.deepEqual(await readdir(join(path, 'blobs', 'sha256')), before);
  });

  it('are whole after a writer is killed at any moment', async () => {
    await using root = await folder();
    const { path, artifact } = await released(root.path);
    let known = 0;
    for (const after of [0, 7, 19]) {
      const writer = spawn(process.execPath, [WRITER, path, artifact], { stdio: ['ignore', 'pipe', 'inherit'] });
      const exited = once(writer, 'exit');
      let seen = 0;
      for await (const chunk of writer.stdout as AsyncIterable<Buffer>) {
        seen += chunk.toString().split('\n').length - 1;
        if (seen > after) writer.kill('SIGKILL');
      }
      await exited;
      known += seen;
      const found = await (await openDiskStore(path)).attestations(artifact);
      // What was acknowledged is there; the one that was under way may be.
      assert.ok(found.length >= known + 1 && found.length <= known + 2, `${found.length} found, ${known} acknowledged`);
      known = found.length - 1;
    }
  });

  it('leave nothing half-written on a full disk, and say so', (test) => {
    const namespaced = ['-U', '-r', '-m', '--'];
    if (spawnSync('unshare', [...namespaced, 'true']).status !== 0) return test.skip('no user namespace can be made here');
    const script = `
      import { mkdtempSync, readdirSync } from 'node:fs';
      const { openDiskStore } = await import(${JSON.stringify(new URL('./store.ts', import.meta.url).href)});
      const store = await openDiskStore('/mnt/artifacts');
      const small = await store.put(Buffer.from('small'));
      const big = (async function* () { for (let piece = 0; piece < 64; piece += 1) yield Buffer.alloc(65536, piece); })();
      const error = await store.put(big).catch((thrown) => thrown.record);
      const left = readdirSync('/mnt/artifacts/staging').concat(readdirSync('/mnt/artifacts/blobs/sha256'));
      await store.put(Buffer.from('there is space again'));
      console.log(JSON.stringify({ error, left, small: small.digest }));`;
    const { stdout, stderr } = spawnSync('unshare', [...namespaced, 'sh', '-c', 'mount -t tmpfs -o size=1m none /mnt && exec "$0" --input-type=module -e "$1"', process.execPath, script], { encoding: 'utf8' });
    const { error, left, small } = JSON.parse(stdout || `{"error":${JSON.stringify(stderr)}}`);
    assert.equal(error.code, 'DISK_FULL', JSON.stringify(error));
    assert.equal(error.class, 'infra');
    assert.match(error.hint, /free some space/);
    assert.deepEqual(left, [small.slice(7)]);
    assert.equal(small, digestOf('small'));
  });
});
