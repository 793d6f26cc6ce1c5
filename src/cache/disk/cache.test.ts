import assert from 'node:assert/strict';
import { createReadStream, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, truncateSync, utimesSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test, type TestContext } from 'node:test';
import fc from 'fast-check';
import { digestOf } from '../../foundation/digest.ts';
import { cacheContract } from '../contract.testing.ts';
import { DiskCache } from './cache.ts';

cacheContract((mostBytes, folder) => new DiskCache({ folder, mostBytes }));

const key = digestOf('key');

function scene(t: TestContext): { readonly root: string; readonly folder: string; readonly entry: string; readonly cache: DiskCache } {
  const root = mkdtempSync(join(tmpdir(), 'disk-cache-'));
  t.after(() => rmSync(root, { recursive: true, force: true }));
  const folder = join(root, 'kept');
  writeFileSync(join(root, 'files'), 'the files');
  return { root, folder, entry: join(folder, 'entries', key.slice(7)), cache: new DiskCache({ folder, mostBytes: 1_000_000 }) };
}

test('any byte that was flipped makes a miss that is told, and the entry is removed', async (t) => {
  const { root, entry, cache } = scene(t);
  await cache.keep(key, { at: 1, value: { passed: true } }, createReadStream(join(root, 'files')));
  const whole = readFileSync(entry);
  let copies = 0;
  await fc.assert(fc.asyncProperty(fc.nat(whole.length - 1), fc.integer({ min: 1, max: 255 }), async (at, change) => {
    const bytes = Buffer.from(whole);
    bytes[at]! ^= change;
    writeFileSync(entry, bytes);
    const told: string[] = [];
    const kept = await cache.find(key, (line) => told.push(line));
    const copied = kept ? await kept.files?.copyTo(join(root, `copy-${copies += 1}`)) : false;
    assert.equal(copied, false);
    assert.match(told.join(), /no longer what it was/);
    assert.deepEqual(readdirSync(join(entry, '..')), []);
  }), { numRuns: 60 });
  assert.deepEqual(readdirSync(root).filter((name) => name.startsWith('copy')), []);
});

test('an entry that was cut short, or belongs to another key, is a miss', async (t) => {
  const { root, entry, cache } = scene(t);
  for (const spoil of [() => truncateSync(entry, 40), () => truncateSync(entry, 0), () => truncateSync(entry, statSync(entry).size - 1)]) {
    await cache.keep(key, { at: 1, value: 1 }, createReadStream(join(root, 'files')));
    spoil();
    assert.equal(await cache.find(key, () => {}), undefined);
  }
  await cache.keep(digestOf('other'), { at: 1, value: 1 });
  writeFileSync(entry, readFileSync(join(entry, '..', digestOf('other').slice(7))));
  assert.equal(await cache.find(key, () => {}), undefined);
});

test('nobody else can read what is kept', async (t) => {
  const { root, folder, entry, cache } = scene(t);
  await cache.keep(key, { at: 1, value: 1 }, createReadStream(join(root, 'files')));
  assert.deepEqual([join(folder, 'entries'), join(folder, 'staging'), entry].map((path) => statSync(path).mode & 0o777), [0o700, 0o700, 0o600]);
});

test('one that only reads changes nothing: not when it was used, nor what is spoilt', async (t) => {
  const { folder, entry, cache } = scene(t);
  await cache.keep(key, { at: 1, value: 1 });
  utimesSync(entry, 1_000, 1_000);
  const reader = new DiskCache({ folder, mostBytes: 1_000_000, readOnly: true });
  assert.equal((await reader.find(key, () => {}))?.value, 1);
  assert.equal(await reader.keep(digestOf('other'), { at: 1, value: 1 }), false);
  writeFileSync(entry, 'spoilt');
  assert.equal(await reader.find(key, () => {}), undefined);
  assert.equal(readFileSync(entry, 'utf8'), 'spoilt');
  assert.equal(readdirSync(join(folder, 'entries')).length, 1);
});

test('what a writer left that died goes after an hour, and nothing else that is being written', async (t) => {
  const { folder, cache } = scene(t);
  mkdirSync(join(folder, 'staging'), { recursive: true });
  for (const name of ['dead', 'alive']) writeFileSync(join(folder, 'staging', name), 'x');
  utimesSync(join(folder, 'staging', 'dead'), 1_000, 1_000);
  await cache.shrink(1_000_000);
  assert.deepEqual(readdirSync(join(folder, 'staging')), ['alive']);
});

test('what nobody has looked for since a day is removed, and the rest stays', async (t) => {
  const { folder, entry, cache } = scene(t);
  await cache.keep(key, { at: 1, value: 1 });
  await cache.keep(digestOf('other'), { at: 1, value: 1 });
  utimesSync(entry, 1_000, 1_000);
  const { entries, bytes } = await cache.forget(2_000_000);
  assert.equal(entries, 1);
  assert.ok(bytes > 0);
  assert.deepEqual(readdirSync(join(folder, 'entries')), [digestOf('other').slice(7)]);
});
