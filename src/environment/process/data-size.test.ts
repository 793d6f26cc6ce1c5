import assert from 'node:assert/strict';
import { mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { sizeOf } from './data-size.ts';

test('the bytes of data are those of its files, through no link, and counting ends', async (t) => {
  const folder = await mkdtemp(join(tmpdir(), 'trunkline-data-'));
  t.after(() => rm(folder, { recursive: true }));
  await mkdir(join(folder, 'a', 'b'), { recursive: true });
  await writeFile(join(folder, 'a', 'b', 'one'), 'x'.repeat(1_000));
  await writeFile(join(folder, 'two'), 'x'.repeat(24));
  await symlink('/usr', join(folder, 'elsewhere'));
  assert.deepEqual(await sizeOf(folder), { bytes: 1_024, more: false });
  assert.equal((await sizeOf(folder, 2)).more, true);
  assert.deepEqual(await sizeOf(join(folder, 'none')), { bytes: 0, more: false });
});
