import assert from 'node:assert/strict';
import { test } from 'node:test';
import { zipOf } from './fixture.testing.ts';
import { readZip, ZipFault } from './zip.ts';

const limits = { entries: 1_000, entryBytes: 20_000_000, bytes: 50_000_000 };
const CENTRAL = Buffer.from([0x50, 0x4b, 0x01, 0x02]);

async function read(zip: Buffer, most = limits): Promise<readonly string[]> {
  const names: string[] = [];
  for await (const { name } of readZip(zip, most, () => true)) names.push(name);
  return names;
}

/** Makes every file of the directory lie where the first one does. */
function overlapped(zip: Buffer): Buffer {
  const made = Buffer.from(zip);
  const first = made.indexOf(CENTRAL);
  for (let at = made.indexOf(CENTRAL, first + 1); at !== -1; at = made.indexOf(CENTRAL, at + 1)) {
    made.copy(made, at + 16, first + 16, first + 28);
    made.copy(made, at + 42, first + 42, first + 46);
  }
  return made;
}

test('sixty files that share the bytes of one are refused before any of them is unpacked', async () => {
  const names = Array.from({ length: 60 }, (_, index) => `${String(index).padStart(2, '0')}.json`);
  const zip = zipOf(Object.fromEntries(names.map((name, index) => [name, index === 0 ? Buffer.alloc(10_000_000) : 'x'])));
  assert.equal((await read(zip)).length, 60);
  await assert.rejects(read(overlapped(zip)), (thrown) => thrown instanceof ZipFault && /shares its bytes with another file/.test(thrown.message));
});

test('all files together may be no larger than what is allowed', async () => {
  const zip = zipOf(Object.fromEntries(Array.from({ length: 6 }, (_, index) => [`${index}.json`, Buffer.alloc(10_000_000)])));
  await assert.rejects(read(zip), ZipFault);
  assert.equal((await read(zip, { ...limits, bytes: 60_000_000 })).length, 6);
});
