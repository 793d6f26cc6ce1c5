import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test, type TestContext } from 'node:test';
import { filesMatching, openInside } from './inside.ts';

function folder(t: TestContext): string {
  const made = mkdtempSync(join(tmpdir(), 'inside-'));
  t.after(() => rmSync(made, { recursive: true, force: true }));
  return made;
}

async function read(root: string, path: string): Promise<string> {
  await using file = await openInside(root, path);
  return file.readFile('utf8');
}

const outside = (thrown: Error & { record?: { code: string } }): boolean => thrown.record?.code === 'FILE_OUTSIDE';

test('a plain file is read, also where the root itself lies behind a link', async (t) => {
  const root = folder(t);
  mkdirSync(join(root, 'a'));
  writeFileSync(join(root, 'a/b'), 'x');
  assert.equal(await read(root, 'a/b'), 'x');
  const way = join(folder(t), 'way');
  symlinkSync(root, way);
  assert.equal(await read(way, 'a/b'), 'x');
});

test('neither a link, nor a folder that is one, nor a pipe, nor a path upwards is followed', async (t) => {
  const [root, elsewhere] = [folder(t), folder(t)];
  writeFileSync(join(elsewhere, 'secret'), 'x');
  symlinkSync(join(elsewhere, 'secret'), join(root, 'file'));
  symlinkSync(elsewhere, join(root, 'folder'));
  execFileSync('mkfifo', [join(root, 'pipe')]);
  for (const path of ['file', 'folder/secret', 'pipe', '.', `../${elsewhere.split('/').at(-1)}/secret`]) await assert.rejects(openInside(root, path), outside, path);
  await assert.rejects(openInside(root, 'nothing'), { code: 'ENOENT' });
});

test('what patterns mean is found sorted, with links shown and never followed, and without .git and node_modules', async (t) => {
  const root = folder(t);
  for (const path of ['b/2', 'b/1', 'b/.hidden', 'b/node_modules/x', '.git/config', 'c']) {
    mkdirSync(join(root, path, '..'), { recursive: true });
    writeFileSync(join(root, path), '');
  }
  symlinkSync('/etc', join(root, 'b/etc'));
  symlinkSync('b', join(root, 'link'));
  const found = await filesMatching(root, ['b/**', '**', 'link/**', 'nothing', '.git/config']);
  assert.deepEqual(found.get('b/**'), [{ path: 'b/.hidden', type: 'file' }, { path: 'b/1', type: 'file' }, { path: 'b/2', type: 'file' }, { path: 'b/etc', type: 'link' }]);
  assert.deepEqual(found.get('**')?.map(({ path }) => path), ['b/.hidden', 'b/1', 'b/2', 'b/etc', 'c', 'link']);
  assert.deepEqual(['link/**', 'nothing', '.git/config'].map((pattern) => found.get(pattern)), [[{ path: 'link', type: 'link' }], [], []]);
});
