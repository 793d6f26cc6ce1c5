import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { chmod, mkdir, mkdtemp, rm, symlink, truncate, utimes, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { Readable } from 'node:stream';
import { describe, it } from 'node:test';
import { gunzipSync } from 'node:zlib';
import tar from 'tar-stream';
import { TrunklineError } from '../foundation/errors.ts';
import { ARCHIVE_LIMITS, pack, tarOf } from './archive.ts';
import { packageImage } from './image.ts';
import { memoryStore } from './memory/store.testing.ts';
import { parseConfig, parseManifest } from './oci.ts';

async function folder(files: { readonly [path: string]: string } = {}): Promise<AsyncDisposable & { readonly path: string }> {
  const path = await mkdtemp(join(tmpdir(), 'trunkline-pack-'));
  for (const [name, content] of Object.entries(files)) {
    await mkdir(dirname(join(path, name)), { recursive: true });
    await writeFile(join(path, name), content);
  }
  return { path, [Symbol.asyncDispose]: () => rm(path, { recursive: true, force: true }) };
}

async function packed(root: string, files: readonly string[], limits?: Parameters<typeof pack>[2]): Promise<Buffer> {
  const pieces: Uint8Array[] = [];
  for await (const piece of pack(root, files, limits)) pieces.push(piece);
  return Buffer.concat(pieces);
}

/** As another program reads it. */
async function listed(archive: Buffer): Promise<tar.Header[]> {
  const extract = tar.extract();
  Readable.from([gunzipSync(archive)]).pipe(extract);
  const headers: tar.Header[] = [];
  for await (const entry of extract) {
    headers.push(entry.header);
    entry.resume();
  }
  return headers;
}

async function refuses(promise: Promise<unknown>, ...naming: string[]): Promise<void> {
  await assert.rejects(promise, (error) => {
    assert.ok(error instanceof TrunklineError && error.record.code === 'PACKAGE_REFUSED', String(error));
    for (const text of naming) assert.ok(error.message.includes(text), error.message);
    return true;
  });
}

describe('packaging', () => {
  it('gives the same bytes for the same content, whatever the times, the order of the list, and where it lies', async () => {
    const files = { 'b.js': 'b', 'a/z.js': 'z', 'a/b/c.js': 'c', 'run.sh': '#!/bin/sh\n' };
    await using one = await folder(files);
    await using two = await folder(Object.fromEntries(Object.entries(files).reverse()));
    await chmod(join(one.path, 'run.sh'), 0o755);
    await chmod(join(two.path, 'run.sh'), 0o700);
    await chmod(join(two.path, 'b.js'), 0o666);
    await utimes(join(two.path, 'b.js'), 1_000, 1_000_000);
    const archive = await packed(one.path, ['run.sh', 'b.js', 'a']);
    assert.deepEqual(await packed(two.path, ['a/z.js', 'a', 'b.js', 'a/b', 'run.sh', 'run.sh']), archive);
    assert.deepEqual((await listed(archive)).map(({ name, mode, uid, gid, mtime }) => ({ name, mode, uid, gid, mtime: mtime?.getTime() })), [
      ['a/b/c.js', 0o644], ['a/z.js', 0o644], ['b.js', 0o644], ['run.sh', 0o755],
    ].map(([name, mode]) => ({ name, mode, uid: 0, gid: 0, mtime: 0 })));
  });

  it('writes a gzip header that tells neither the time nor the system', async () => {
    await using root = await folder({ 'a': 'a' });
    assert.deepEqual([...(await packed(root.path, ['a'])).subarray(0, 10)], [0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 255]);
  });

  it('writes archives that tar reads, with long names and names beyond ASCII', async () => {
    const long = `${'folder-'.repeat(14)}/${'deep-'.repeat(20)}/${'file-'.repeat(30)}.js`;
    await using root = await folder({ 'grüße/ключ.txt': 'unicode', [long]: 'long', [`${'x'.repeat(99)}/${'y'.repeat(99)}`]: 'split' });
    const archive = await packed(root.path, ['grüße', 'folder-'.repeat(14), 'x'.repeat(99)]);
    const names = ['grüße/ключ.txt', long, `${'x'.repeat(99)}/${'y'.repeat(99)}`].sort();
    assert.deepEqual((await listed(archive)).map(({ name }) => name), names);
    const { stdout, stderr } = spawnSync('tar', ['-tz', '--quoting-style=literal'], { input: archive });
    assert.deepEqual(stdout.toString().trim().split('\n'), names, stderr.toString());
  });

  it('leaves out what npm links in node_modules/.bin, and keeps the packages', async () => {
    await using root = await folder({ 'node_modules/tool/cli.js': 'cli', 'node_modules/.bin/shim': 'x', 'node_modules/a/node_modules/b/index.js': 'b' });
    await symlink('../tool/cli.js', join(root.path, 'node_modules/.bin/tool'));
    assert.deepEqual((await listed(await packed(root.path, ['node_modules', 'node_modules/.bin']))).map(({ name }) => name), ['node_modules/a/node_modules/b/index.js', 'node_modules/tool/cli.js']);
  });

  it('refuses links, naming them, also as a folder on the way and with their target inside', async () => {
    await using root = await folder({ 'dist/a.js': 'a', 'real/b.js': 'b' });
    await symlink('a.js', join(root.path, 'dist/link.js'));
    await symlink('real', join(root.path, 'linked'));
    await symlink('/etc', join(root.path, 'etc'));
    await refuses(packed(root.path, ['dist']), '"dist/link.js"', 'symbolic link');
    await refuses(packed(root.path, ['linked']), '"linked"', 'symbolic link');
    await refuses(packed(root.path, ['linked/b.js']), '"linked/b.js"', '"linked"');
    await refuses(packed(root.path, ['etc/passwd']), '"etc/passwd"', '"etc"');
  });

  it('refuses FIFOs without waiting for anybody to write into them', async () => {
    await using root = await folder({ 'dist/a.js': 'a' });
    assert.equal(spawnSync('mkfifo', [join(root.path, 'dist/pipe')]).status, 0);
    await refuses(packed(root.path, ['dist']), '"dist/pipe"', 'neither a file nor a folder');
  });

  it('refuses paths that leave the root, are absolute, or are not there', async () => {
    await using root = await folder({ 'a.js': 'a' });
    for (const path of ['../a.js', 'b/../../a.js', '/etc/passwd', 'C:\\a', 'a\0b', '', '.', './a.js', 'a.js/']) await refuses(packed(root.path, [path]));
    await refuses(packed(root.path, ['dist']), '"dist" does not exist');
  });

  it('refuses more files or bytes than are allowed', async () => {
    await using root = await folder({ 'd/a': '12345', 'd/b': '12345' });
    await refuses(packed(root.path, ['d'], { entries: 1, bytes: 100 }), 'more than 1 files');
    await refuses(packed(root.path, ['d'], { entries: 9, bytes: 9 }), 'larger than 9 bytes', '"d/b"');
    assert.equal((await listed(await packed(root.path, ['d'], { entries: 2, bytes: 10 }))).length, 2);
  });

  it('refuses a file that changes in size while it is packaged', async () => {
    for (const size of [10, 9_000]) {
      await using root = await folder({ 'a': 'x'.repeat(5_000) });
      const pieces = tarOf(root.path, ['a'], ARCHIVE_LIMITS);
      // The header, with the size that was found.
      await pieces.next();
      await truncate(join(root.path, 'a'), size);
      await refuses((async () => { while ((await pieces.next()).done !== true); })(), '"a" changed while it was packaged');
    }
  });
});

describe('an artifact', () => {
  const annotations = { 'org.opencontainers.image.revision': 'a'.repeat(40) };

  it('is an OCI image whose configuration names the content of its layer', async () => {
    await using root = await folder({ 'dist/a.js': 'aaa', 'dist/b.js': 'bb' });
    const store = memoryStore();
    const { manifest, files, bytes } = await packageImage(store, { root: root.path, files: ['dist'], annotations });
    assert.deepEqual({ files, bytes }, { files: 2, bytes: 5 });
    const { config, layers, annotations: found } = parseManifest(await store.get(manifest.digest), 'it');
    assert.deepEqual(found, annotations);
    const layer = await store.get(layers[0]!.digest);
    assert.equal(layer.byteLength, layers[0]!.size);
    const { rootfs } = parseConfig(await store.get(config.digest), 'it');
    const { digest } = await store.put(gunzipSync(layer));
    assert.deepEqual(rootfs.diff_ids, [digest]);
  });

  it('has the same digest each time, and another when a byte, a name, a mode or an annotation differs', async () => {
    const digest = async (files: { readonly [path: string]: string }, more = {}, executable = false) => {
      await using root = await folder(files);
      if (executable) await chmod(join(root.path, 'd/a'), 0o755);
      return (await packageImage(memoryStore(), { root: root.path, files: ['d'], annotations: { ...annotations, ...more } })).manifest.digest;
    };
    const first = await digest({ 'd/a': 'a' });
    assert.equal(await digest({ 'd/a': 'a' }), first);
    const others = await Promise.all([digest({ 'd/a': 'b' }), digest({ 'd/b': 'a' }), digest({ 'd/a': 'a' }, { more: 'x' }), digest({ 'd/a': 'a' }, {}, true)]);
    assert.equal(new Set([first, ...others]).size, 5);
  });

  it('is not stored when a file is refused', async () => {
    await using root = await folder({ 'd/a': 'a' });
    await symlink('a', join(root.path, 'd/z'));
    const store = memoryStore();
    await refuses(packageImage(store, { root: root.path, files: ['d'], annotations }), '"d/z"');
    assert.deepEqual(await store.collect(new Set(), Infinity), { blobs: 0, bytes: 0 });
  });
});
