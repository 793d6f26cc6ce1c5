import assert from 'node:assert/strict';
import { mkdir, mkdtemp, rename, rm, symlink, utimes, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test, type TestContext } from 'node:test';
import { digestOf } from '../../foundation/digest.ts';
import { FileToolbox, type ToolRows } from './toolbox.ts';

async function folderFor(context: TestContext): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'tl-tools-'));
  context.after(() => rm(folder, { recursive: true }));
  return folder;
}

const digestIn = async (box: FileToolbox, name: string): Promise<string | undefined> => (await box.now([name]))[0]?.digest;

test('a program of one file has the digest that anyone computes of it', async (context) => {
  const folder = await folderFor(context);
  await writeFile(join(folder, 'tool'), 'bytes');
  const box = new FileToolbox(new Map([['tool', () => ({ version: '1.0', paths: [join(folder, 'tool')] })]]));
  assert.deepEqual(await box.now(['tool']), [{ name: 'tool', version: '1.0', digest: digestOf('bytes') }]);
});

test('what is changed is seen, though size and time are put back as they were', async (context) => {
  const folder = await folderFor(context);
  const file = join(folder, 'tool');
  const written = async (path: string, text: string): Promise<void> => {
    await writeFile(path, text);
    await utimes(path, 1_000, 1_000);
  };
  await written(file, 'aaaa');
  const box = new FileToolbox(new Map([['tool', () => ({ version: '1', paths: [file] })]]));
  assert.equal(await digestIn(box, 'tool'), digestOf('aaaa'));
  await new Promise((resolve) => setTimeout(resolve, 20)); // the kernel's own clock of changes is no finer
  await written(file, 'bbbb');
  assert.equal(await digestIn(box, 'tool'), digestOf('bbbb'));
  await written(join(folder, 'other'), 'cccc');
  await rename(join(folder, 'other'), file);
  assert.equal(await digestIn(box, 'tool'), digestOf('cccc'));
});

test('of a folder every file, name and link counts, and not where it lies', async (context) => {
  const folder = await folderFor(context);
  const make = async (name: string): Promise<string> => {
    await mkdir(join(folder, name, 'lib'), { recursive: true });
    await writeFile(join(folder, name, 'package.json'), '{}');
    await writeFile(join(folder, name, 'lib/a.js'), 'one');
    await symlink('a.js', join(folder, name, 'lib/b.js'));
    return join(folder, name);
  };
  const [first, second] = [await make('first'), await make('second')];
  const box = new FileToolbox(new Map([first, second].map((path) => [path, () => ({ version: '1', paths: [path] })])));
  const before = await digestIn(box, first);
  assert.equal(await digestIn(box, second), before);
  const changes: (() => Promise<unknown>)[] = [
    () => writeFile(join(second, 'lib/a.js'), 'two!'), () => writeFile(join(second, 'lib/c.js'), ''),
    () => rename(join(second, 'lib/c.js'), join(second, 'lib/d.js')), async () => { await rm(join(second, 'lib/b.js')); await symlink('d.js', join(second, 'lib/b.js')); },
  ];
  const seen = new Set([before]);
  for (const change of changes) {
    await change();
    seen.add(await digestIn(box, second));
  }
  assert.equal(seen.size, 1 + changes.length);
});

test('what is not there, or not known, is left out', async () => {
  const rows: ToolRows = new Map<string, () => undefined | { readonly version: string; readonly paths: readonly string[] }>([
    ['absent', () => ({ version: '1', paths: ['/nonexistent/tool'] })], ['none', () => undefined], ['broken', () => { throw new Error('it is not installed'); }],
  ]);
  const box = new FileToolbox(rows);
  assert.deepEqual(await box.now(['absent', 'none', 'broken', 'unknown']), []);
});
