import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { chmod, mkdir, mkdtemp, readFile, readdir, rm, stat, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { describe, it } from 'node:test';
import { fileURLToPath } from 'node:url';
import { gzipSync } from 'node:zlib';
import fc from 'fast-check';
import tar from 'tar-stream';
import { digestOf } from '../foundation/digest.ts';
import { TrunklineError } from '../foundation/errors.ts';
import type { Digest } from '../foundation/units.ts';
import { packageImage } from './image.ts';
import { LayoutStore } from './layout.ts';
import { MemoryMedium, memoryStore } from './memory/store.testing.ts';
import { CONFIG_TYPE, LAYER_TYPE, MANIFEST_TYPE, encodeDocument, parseManifest } from './oci.ts';
import type { ArtifactStore } from './store.ts';
import { unpack } from './unpack.ts';

type Entry = Partial<tar.Header> & { readonly name: string; readonly content?: string | Buffer };

/** A folder with a secret beside the target, which no archive may reach. */
async function place(): Promise<AsyncDisposable & { readonly target: string; untouched(): Promise<void> }> {
  const root = await mkdtemp(join(tmpdir(), 'trunkline-unpack-'));
  await mkdir(join(root, 'releases'));
  await writeFile(join(root, 'secret'), 'secret');
  return {
    target: join(root, 'releases', 'r1'),
    untouched: async () => {
      // Several turns of the loop, so that whatever still ran would have written.
      for (let turn = 0; turn < 20; turn += 1) await new Promise(setImmediate);
      assert.deepEqual(await readdir(join(root, 'releases')), []);
      assert.deepEqual((await readdir(root)).sort(), ['releases', 'secret']);
      assert.equal(await readFile(join(root, 'secret'), 'utf8'), 'secret');
    },
    [Symbol.asyncDispose]: () => rm(root, { recursive: true, force: true }),
  };
}

/** An archive as another program writes it, with whatever names and types. */
async function archived(entries: readonly Entry[]): Promise<Buffer> {
  const pack = tar.pack();
  for (const { content = '', ...header } of entries) pack.entry(header, Buffer.from(content as string));
  pack.finalize();
  const pieces: Buffer[] = [];
  for await (const piece of pack as AsyncIterable<Buffer>) pieces.push(piece);
  return Buffer.concat(pieces);
}

/** An extended header with whatever records. */
async function paxHeader(records: string): Promise<Buffer> {
  const entry = (await archived([{ name: 'pax', content: records }])).subarray(0, -1_024);
  entry.write('x', 156);
  const sum = entry.subarray(0, 512).reduce((total, byte, at) => total + (at >= 148 && at < 156 ? 0x20 : byte), 0);
  entry.write(`${sum.toString(8).padStart(6, '0')}\0 `, 148);
  return entry;
}

/** Stored as an artifact whose digests are all in order: only the archive is hostile. */
async function stored(store: ArtifactStore, archive: Buffer, compressed: Buffer = gzipSync(archive)): Promise<Digest> {
  const layer = await store.put(compressed);
  const config = await store.put(encodeDocument({ os: 'linux', architecture: 'amd64', rootfs: { type: 'layers', diff_ids: [digestOf(archive)] } }));
  return (await store.put(encodeDocument({ schemaVersion: 2, mediaType: MANIFEST_TYPE, config: { mediaType: CONFIG_TYPE, ...config }, layers: [{ mediaType: LAYER_TYPE, ...layer }] }))).digest;
}

async function refuses(archive: Buffer, naming: RegExp, limits?: Parameters<typeof unpack>[3], compressed?: Buffer): Promise<void> {
  await using where = await place();
  const store = memoryStore();
  const artifact = await stored(store, archive, compressed);
  await assert.rejects(unpack(store, artifact, where.target, limits), (error) => {
    assert.ok(error instanceof TrunklineError && error.record.code === 'ARCHIVE_REFUSED', String(error));
    assert.match(error.message, naming);
    return true;
  });
  await where.untouched();
}

async function tree(root: string, under = ''): Promise<{ [path: string]: string }> {
  const found: { [path: string]: string } = {};
  for (const entry of await readdir(join(root, under), { withFileTypes: true })) {
    const path = under === '' ? entry.name : `${under}/${entry.name}`;
    Object.assign(found, entry.isDirectory() ? await tree(root, path) : { [path]: await readFile(join(root, path), 'latin1') });
  }
  return found;
}

const good: Entry = { name: 'good.js', content: 'good' };

describe('unpacking an artifact', () => {
  it('gives back exactly the files that were packaged, with their executable bits', async () => {
    await using from = await place();
    await using where = await place();
    const files = { 'run.sh': '#!/bin/sh\n', 'dist/a.js': 'a', 'dist/deep/er/b.js': '', 'dist/big': randomBytes(300_000).toString('latin1'), [`dist/${'long-'.repeat(30)}/${'name-'.repeat(20)}ü`]: 'x' };
    for (const [path, content] of Object.entries(files)) {
      await mkdir(dirname(join(from.target, path)), { recursive: true });
      await writeFile(join(from.target, path), content, 'latin1');
    }
    await chmod(join(from.target, 'run.sh'), 0o755);
    const store = memoryStore();
    const packaged = await packageImage(store, { root: from.target, files: ['run.sh', 'dist'], annotations: {} });
    const unpacked = await unpack(store, packaged.manifest.digest, where.target);
    assert.deepEqual([unpacked.files, unpacked.bytes, unpacked.listing.size], [packaged.files, packaged.bytes, packaged.files]);
    assert.deepEqual(await tree(where.target), files);
    assert.equal((await stat(join(where.target, 'run.sh'))).mode & 0o7777 & ~process.umask(), 0o555 & ~process.umask());
    assert.deepEqual(await readdir(dirname(where.target)), ['r1']);
  });

  it('gives any tree back as it was', async () => {
    const name = fc.stringMatching(/^[a-zA-Zäß0-9 _+-]{1,40}$/);
    const trees = fc.uniqueArray(fc.tuple(fc.array(name, { maxLength: 3 }), fc.uint8Array({ maxLength: 1_500 })), { maxLength: 8, selector: ([folders]) => folders[0] ?? '' });
    await fc.assert(fc.asyncProperty(trees, async (entries) => {
      await using from = await place();
      await using where = await place();
      const files = Object.fromEntries(entries.map(([folders, content], at) => [['root', ...folders, `file ${at}`].join('/'), Buffer.from(content).toString('latin1')]));
      await mkdir(join(from.target, 'root'), { recursive: true });
      for (const [path, content] of Object.entries(files)) {
        await mkdir(dirname(join(from.target, path)), { recursive: true });
        await writeFile(join(from.target, path), content, 'latin1');
      }
      const store = memoryStore();
      const { manifest } = await packageImage(store, { root: from.target, files: ['root'], annotations: {} });
      await unpack(store, manifest.digest, where.target);
      assert.deepEqual(await tree(where.target), files);
    }), { numRuns: 25 });
  });

  it('takes an archive of folders and files that another program wrote', async () => {
    await using where = await place();
    const store = memoryStore();
    const archive = await archived([{ name: 'a/', type: 'directory' }, { name: 'a/b/c.js', content: 'c' }, { name: 'a/b/', type: 'directory' }, { name: 'long/'.repeat(30) + 'd.js', content: 'd' }]);
    await unpack(store, await stored(store, archive), where.target);
    assert.deepEqual(await tree(where.target), { 'a/b/c.js': 'c', [`${'long/'.repeat(30)}d.js`]: 'd' });
  });

  it('refuses every path that is not plainly below the target, as a whole', async () => {
    const paths: readonly (readonly [string, RegExp])[] = [
      ['../../secret', /"\.\.\/\.\.\/secret" leaves the folder/], ['a/../../secret', /leaves the folder/], ['..', /leaves the folder/],
      ['/etc/passwd', /absolute/], ['//x', /absolute/], ['C:\\x', /backslash/], ['C:x', /drive/], ['..\\..\\x', /backslash/],
      ['a//b', /empty part/], ['./a', /empty part/], ['a/./b', /empty part/], ['..\u2215..\u2215x', /looks like a slash/], ['..\uff0fx', /looks like a slash/],
      ['a\u0007b', /control character/], ['a\nb', /control character/],
      ['x'.repeat(256), /name longer than 255/], [`${'x/'.repeat(64)}y`, /deeper than 64/], [`${`${'x'.repeat(200)}/`.repeat(6)}y`, /longer than 1024/],
    ];
    for (const [name, naming] of paths) {
      await refuses(await archived([good, { name, content: 'evil' }, { name: 'after', content: 'x'.repeat(100_000) }]), naming);
    }
  });

  it('refuses a NUL in a name that an extended header smuggles in', async () => {
    const after = await archived([{ name: 'x', content: 'x' }]);
    const extended = async (records: string) => Buffer.concat([await paxHeader(records), after]);
    await refuses(await extended('22 path=good\0../../evil\n'.replace('22', '24')), /control character/);
    await refuses(await extended('18 size=999999999\n'), /extended header sets "size"/);
    await refuses(await extended('20 linkpath=/etc/pw\n'), /extended header sets "linkpath"/);
    for (const garbled of ['0 path=x\n', '9 path=xyz\n', '99 path=x\n', 'path=x\n', '10 path=xy', '\n']) await refuses(await extended(garbled), /garbled/);
    await refuses(await extended('x'.repeat(70_000)), /too long/);
  });

  it('refuses links, devices and FIFOs, and reads nothing through a chain of links that leaves together', async () => {
    const kinds: readonly (readonly [Entry, RegExp])[] = [
      [{ name: 'l', type: 'symlink', linkname: '../../secret' }, /"l" is a symbolic link/], [{ name: 'h', type: 'link', linkname: '/etc/passwd' }, /"h" is a hard link/],
      [{ name: 'c', type: 'character-device', devmajor: 1, devminor: 3 }, /"c" is a character device/], [{ name: 'b', type: 'block-device', devmajor: 8 }, /"b" is a block device/],
      [{ name: 'f', type: 'fifo' }, /"f" is a FIFO/], [{ name: 'k', type: 'contiguous-file' }, /"k" is a contiguous file/],
    ];
    for (const [entry, naming] of kinds) await refuses(await archived([good, entry, good]), naming);
    await refuses(await archived([
      { name: 'a/b', type: 'directory' }, { name: 'a/b/up', type: 'symlink', linkname: '..' }, { name: 'out', type: 'symlink', linkname: 'a/b/up/../..' }, { name: 'out/secret', content: 'overwritten' },
    ]), /"a\/b\/up" is a symbolic link/);
  });

  it('refuses an entry that is there twice, and a file that is a folder too', async () => {
    await refuses(await archived([good, { ...good, content: 'other' }]), /"good.js" is there twice/);
    await refuses(await archived([good, { name: 'good.js/x', content: 'x' }]), /"good.js\/x" is there twice/);
    await refuses(await archived([{ name: 'd/x', content: 'x' }, { name: 'd', content: 'x' }]), /"d" is there twice/);
    await refuses(await archived([good, { name: 'good.js', type: 'directory' }]), /"good.js" is there twice/);
  });

  it('gives nobody setuid, and no rights to others, whatever the archive says', async () => {
    await using where = await place();
    const store = memoryStore();
    const archive = await archived([{ name: 'suid', mode: 0o6777, content: 'x' }, { name: 'open', mode: 0o666, content: 'x', mtime: new Date(8.64e15) }, { name: 'none', mode: 0, content: 'x' }, { name: 'd', type: 'directory', mode: 0o1777 }]);
    await unpack(store, await stored(store, archive), where.target);
    const mode = async (path: string) => ((await stat(join(where.target, path))).mode & 0o7777 & ~process.umask()).toString(8);
    assert.deepEqual(await Promise.all(['suid', 'open', 'none', 'd'].map(mode)), [0o555, 0o444, 0o444, 0o755].map((bits) => (bits & ~process.umask()).toString(8)));
    assert.ok(Math.abs((await stat(join(where.target, 'open'))).mtimeMs - (await stat(join(where.target, 'suid'))).mtimeMs) < 86_400_000);
  });

  it('refuses more entries or bytes than allowed, and a bomb before it has grown', async () => {
    const limits = { entries: 3, bytes: 1_000 };
    const few = Array.from({ length: 4 }, (_, number) => ({ name: `f${number}`, content: 'x' }));
    await refuses(await archived(few), /more than 3 entries/, limits);
    await refuses(await archived([good, { name: 'big', content: 'x'.repeat(1_001) }]), /more than 1000 bytes, at "big"/, limits);
    await refuses(Buffer.alloc(200_000_000), /grows to more than|the archive was refused/, limits);
    const empties = Buffer.concat([await archived([good]), Buffer.alloc(50_000_000)]);
    await refuses(empties, /grows to more than/, limits);
  });

  it('refuses an archive that is cut, or followed by something, or is no archive', async () => {
    const archive = await archived([good, { name: 'big', content: randomBytes(5_000) }]);
    await refuses(archive.subarray(0, 2_000), /ends in the middle/);
    await refuses(Buffer.concat([archive, Buffer.from('more')]), /something follows the end/);
    await refuses(randomBytes(4_096), /not in the ustar format/);
    await refuses(archive, /cannot be decompressed/, undefined, archive);
    await refuses(archive, /cannot be decompressed/, undefined, gzipSync(archive).subarray(0, -20));
  });

  it('refuses a layer that is not the one that the configuration names', async () => {
    const archive = await archived([good]);
    await refuses(archive, /holds sha256:.* and the configuration says sha256:/, undefined, gzipSync(await archived([{ ...good, content: 'evil' }])));
  });

  it('refuses when any byte of the manifest, the configuration or the layer is flipped, and names the part', async () => {
    const medium = new MemoryMedium(() => 0);
    const store = new LayoutStore(medium);
    const artifact = await stored(store, await archived([good, { name: 'more.js', content: randomBytes(100) }]));
    const { config, layers } = parseManifest(await store.get(artifact), 'it');
    const parts = { 'the manifest': artifact, 'the configuration': config.digest, 'the layer': layers[0]!.digest };
    await using where = await place();
    for (const [part, digest] of Object.entries(parts)) {
      const blob = medium.blobs.get(digest)!;
      for (let at = 0; at < blob.bytes.length; at += 1) {
        const bytes = Uint8Array.from(blob.bytes);
        bytes[at]! ^= 1 << (at % 8);
        medium.blobs.set(digest, { ...blob, bytes });
        await assert.rejects(unpack(store, artifact, where.target), (error) => {
          assert.ok(error instanceof TrunklineError && error.record.code === 'BLOB_CORRUPT', `${part}[${at}]: ${error}`);
          assert.ok(error.message.startsWith(part) && error.message.includes(digest), error.message);
          return true;
        });
      }
      for (const bytes of [blob.bytes.subarray(0, -1), Buffer.concat([blob.bytes, Buffer.from('x')])]) {
        medium.blobs.set(digest, { ...blob, bytes });
        await assert.rejects(unpack(store, artifact, where.target), { message: new RegExp(`^${part}.*${digest}`) });
      }
      medium.blobs.set(digest, blob);
    }
    await where.untouched();
    await unpack(store, artifact, where.target);
  });

  it('refuses an artifact of several layers, or of another kind', async () => {
    await using where = await place();
    const store = memoryStore();
    const layer = { mediaType: LAYER_TYPE, ...await store.put(gzipSync(await archived([good]))) };
    const config = { mediaType: CONFIG_TYPE, ...await store.put(encodeDocument({ os: 'linux', architecture: 'amd64', rootfs: { type: 'layers', diff_ids: [] } })) };
    for (const manifest of [{ config, layers: [layer, layer] }, { config, layers: [{ ...layer, mediaType: 'application/x-other' }] }, { config, layers: [layer] }]) {
      const { digest } = await store.put(encodeDocument({ schemaVersion: 2, mediaType: MANIFEST_TYPE, ...manifest }));
      await assert.rejects(unpack(store, digest, where.target), (error) => error instanceof TrunklineError && error.record.code === 'MANIFEST_INVALID');
    }
    await where.untouched();
  });

  it('never writes over what is there, and clears what a dead process left half-way, also where that is a link', async () => {
    await using where = await place();
    const store = memoryStore();
    const artifact = await stored(store, await archived([good]));
    await symlink(dirname(dirname(where.target)), `${where.target}.partial`);
    await unpack(store, artifact, where.target);
    assert.equal(await readFile(join(dirname(dirname(where.target)), 'secret'), 'utf8'), 'secret');
    await assert.rejects(unpack(store, artifact, where.target), (error) => error instanceof TrunklineError && error.record.code === 'TARGET_EXISTS');
    assert.deepEqual(await tree(where.target), { 'good.js': 'good' });
  });

  it('shows hostile names escaped', async () => {
    await refuses(await archived([{ name: '../\u001b]0;owned\u202e', content: 'x' }]), /^[\x20-\x7e]*$/);
  });

  it('leaves nothing on a full disk, and says so', (test) => {
    if (spawnSync('unshare', ['-U', '-r', '-m', '--', 'true']).status !== 0) return test.skip('no user namespace can be made here');
    const here = fileURLToPath(new URL('.', import.meta.url));
    const script = `
      import { mkdirSync, readdirSync, writeFileSync } from 'node:fs';
      const { memoryStore } = await import('${here}memory/store.testing.ts');
      const { packageImage } = await import('${here}image.ts');
      const { unpack } = await import('${here}unpack.ts');
      mkdirSync('/mnt/from');
      for (const name of ['a', 'b', 'c']) writeFileSync('/mnt/from/' + name, Buffer.alloc(200_000, name));
      const store = memoryStore();
      const { manifest } = await packageImage(store, { root: '/mnt', files: ['from'], annotations: {} });
      const error = await unpack(store, manifest.digest, '/mnt/to').catch((thrown) => thrown.record);
      console.log(JSON.stringify({ error, left: readdirSync('/mnt') }));`;
    const { stdout, stderr } = spawnSync('unshare', ['-U', '-r', '-m', '--', 'sh', '-c', 'mount -t tmpfs -o size=1m none /mnt && exec "$0" --input-type=module -e "$1"', process.execPath, script], { encoding: 'utf8' });
    const { error, left } = JSON.parse(stdout || `{"error":${JSON.stringify(stderr)}}`);
    assert.equal(error.code, 'DISK_FULL', JSON.stringify(error));
    assert.deepEqual(left, ['from']);
  });
});
