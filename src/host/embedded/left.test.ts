import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test, type TestContext } from 'node:test';
import { filesLeft } from './left.ts';

function checkout(t: TestContext, ...paths: readonly string[]): string {
  const folder = mkdtempSync(join(tmpdir(), 'left-'));
  t.after(() => rmSync(folder, { recursive: true, force: true }));
  for (const path of paths) {
    if (path.endsWith('/')) mkdirSync(join(folder, path), { recursive: true });
    else {
      mkdirSync(join(folder, path, '..'), { recursive: true });
      writeFileSync(join(folder, path), 'x');
    }
  }
  return folder;
}

test('an empty folder among the outputs is left, too, at whatever depth', async (t) => {
  const folder = checkout(t, 'dist/index.js', 'dist/uploads/', 'dist/a/b/c/', 'src/empty/');
  assert.deepEqual(await filesLeft(folder, ['dist/**']), { paths: ['dist/a/b/c', 'dist/index.js', 'dist/uploads'] });
  assert.deepEqual(await filesLeft(folder, ['dist/uploads']), { paths: ['dist/uploads'] });
});

test('a folder that has nothing in it is what a pattern of its contents means', async (t) => {
  assert.deepEqual(await filesLeft(checkout(t, 'cache/'), ['cache/**']), { paths: ['cache'] });
});

test('a folder is not left for what is in it when the pattern means other files', async (t) => {
  assert.deepEqual(await filesLeft(checkout(t, 'dist/index.js', 'dist/uploads/'), ['dist/*.js']), { paths: ['dist/index.js'] });
  assert.deepEqual(await filesLeft(checkout(t, 'dist/'), ['dist/*.js']), { why: 'it left nothing that "dist/*.js" means' });
});
