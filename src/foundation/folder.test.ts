import assert from 'node:assert/strict';
import { execFileSync, spawnSync } from 'node:child_process';
import { appendFileSync, chownSync, linkSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test, type TestContext } from 'node:test';
import { Folder, readAtMost, readBelow } from './folder.ts';
import { race } from './racer.testing.ts';
import { filesMatching, walk } from './walk.ts';

function folder(t: TestContext): string {
  const made = mkdtempSync(join(tmpdir(), 'folder-'));
  t.after(() => spawnSync('rm', ['-rf', '--', made]));
  return made;
}

const read = async (root: string, path: string): Promise<string | undefined> => (await readBelow(root, path, 1_000))?.toString('utf8');
const isOutside = (thrown: Error & { record?: { code: string } }): boolean => thrown.record?.code === 'FILE_OUTSIDE';

test('a plain file is read, at most as much as may be, and nothing of it where it is larger', async (t) => {
  const root = folder(t);
  mkdirSync(join(root, 'a'));
  writeFileSync(join(root, 'a/b'), 'x');
  assert.equal(await read(root, 'a/b'), 'x');
  assert.equal(await readBelow(root, 'a/b', 0), undefined);
  await using opened = await Folder.open(root);
  await using file = await opened.file('./a//b');
  appendFileSync(join(root, 'a/b'), 'y'.repeat(5_000));
  assert.equal(await readAtMost(file, 1_000), undefined);
});

test('neither a link, nor a folder that is one, nor a pipe, nor a path upwards is followed', async (t) => {
  const [root, elsewhere] = [folder(t), folder(t)];
  writeFileSync(join(elsewhere, 'secret'), 'x');
  symlinkSync(join(elsewhere, 'secret'), join(root, 'file'));
  symlinkSync(elsewhere, join(root, 'folder'));
  execFileSync('mkfifo', [join(root, 'pipe')]);
  for (const path of ['file', 'folder/secret', 'pipe', '.', '', `../${elsewhere.split('/').at(-1)}/secret`, 'a\0b']) await assert.rejects(read(root, path), isOutside, path);
  await assert.rejects(read(root, 'nothing'), { code: 'ENOENT' });
  await assert.rejects(read(root, `nothing/${'n'.repeat(300)}`), { code: 'ENOENT' });
  await assert.rejects(Folder.open(join(root, 'folder')), isOutside);
  await using opened = await Folder.open(root);
  assert.deepEqual(await Promise.all(['file', 'folder', 'folder/secret', 'pipe', 'nothing', '..'].map((path) => opened.look(path))), ['link', 'link', undefined, 'other', undefined, undefined]);
});

test('somebody else\'s file with a second name here is not read', { skip: process.getuid?.() === 0 ? false : 'only root can give a file away' }, async (t) => {
  const root = folder(t);
  writeFileSync(join(root, 'theirs'), 'x');
  chownSync(join(root, 'theirs'), 65_534, 65_534);
  assert.equal(await read(root, 'theirs'), 'x');
  linkSync(join(root, 'theirs'), join(root, 'second'));
  await assert.rejects(read(root, 'second'), isOutside);
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

test('folders that are nested deeper than anybody nests them end the walk with a plain error', async (t) => {
  const root = folder(t);
  execFileSync(process.execPath, ['-e', 'for (let i = 0; i < 300; i += 1) { require("node:fs").mkdirSync("d"); process.chdir("d"); }'], { cwd: root });
  await assert.rejects(filesMatching(root, ['**/x']), (thrown: Error & { record?: { code: string; class: string } }) => thrown.record?.code === 'FOLDER_TOO_DEEP' && thrown.record.class === 'code');
});

test('a folder that is exchanged with a link all the time gives what is inside, or an error, and never what is elsewhere', async (t) => {
  const [root, elsewhere] = [folder(t), folder(t)];
  const swapped = join(root, 'swapped');
  mkdirSync(swapped);
  writeFileSync(join(swapped, 'file'), 'inside');
  writeFileSync(join(elsewhere, 'file'), 'secret');
  writeFileSync(join(elsewhere, 'operators.json'), 'secret');
  const { stop } = await race(t, swapped, join(root, 'other'), elsewhere);
  const outcomes = { inside: 0, refused: 0 };
  const attempt = async (once: () => Promise<readonly string[]>): Promise<void> => {
    try {
      for (const text of await once()) assert.equal(text, 'inside');
      outcomes.inside += 1;
    } catch (error) {
      if (!isOutside(error as Error) && !['ENOENT', 'ENOTDIR'].includes((error as NodeJS.ErrnoException).code ?? '')) throw error;
      outcomes.refused += 1;
    }
  };
  for (let turn = 0; turn < 400; turn += 1) {
    await attempt(async () => [await read(root, 'swapped/file') ?? '']);
    await attempt(async () => [await read(swapped, 'file') ?? '']);
    await attempt(async () => (await filesMatching(root, ['swapped/**'])).get('swapped/**')!.map(({ path }) => (path.endsWith('operators.json') ? 'outside' : 'inside')));
    await attempt(async () => {
      const texts: string[] = [];
      await using opened = await Folder.open(root);
      for await (const { type, folder: met, name } of walk(opened, '', { isPassed: () => false })) {
        if (type === 'file') texts.push((await met.read(name, 100))?.toString() ?? '');
      }
      return texts;
    });
  }
  await stop();
  t.diagnostic(`${outcomes.inside} times what is inside, ${outcomes.refused} times refused`);
  assert.ok(outcomes.inside > 0, JSON.stringify(outcomes));
  assert.equal(readFileSync(join(elsewhere, 'file'), 'utf8'), 'secret');
  rmSync(elsewhere, { recursive: true });
});
