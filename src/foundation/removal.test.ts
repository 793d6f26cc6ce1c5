import assert from 'node:assert/strict';
import { execFileSync, spawnSync } from 'node:child_process';
import { chmodSync, chownSync, existsSync, mkdirSync, mkdtempSync, readdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test, type TestContext } from 'node:test';
import { race } from './racer.testing.ts';
import { removeFolder } from './removal.ts';

function folder(t: TestContext): string {
  const made = mkdtempSync(join(tmpdir(), 'removal-'));
  t.after(() => spawnSync('rm', ['-rf', '--', made]));
  return made;
}

/** Paths of such a depth can't be written: the one who makes them goes down step by step. */
function nest(root: string, name: string, depth: number): void {
  mkdirSync(root, { recursive: true });
  execFileSync(process.execPath, ['-e', `const fs = require('node:fs'); for (let i = 0; i < ${depth}; i += 1) { fs.mkdirSync(process.argv[1]); process.chdir(process.argv[1]); fs.writeFileSync('x', ''); }`, name], { cwd: root });
}

test('a folder of 2,500 folders in one another is removed, also where their names are long', async (t) => {
  const root = folder(t);
  nest(join(root, 'deep'), 'd', 2_500);
  nest(join(root, 'deep', 'long'), 'n'.repeat(255), 300);
  await removeFolder(join(root, 'deep'));
  assert.deepEqual(readdirSync(root), []);
});

test('files and folders are removed whatever they are and whatever their names', async (t) => {
  const [root, elsewhere] = [folder(t), folder(t)];
  const gone = join(root, 'gone');
  mkdirSync(join(gone, 'a/b/c'), { recursive: true });
  mkdirSync(join(elsewhere, 'kept'));
  writeFileSync(join(elsewhere, 'kept/file'), '');
  symlinkSync(join(elsewhere, 'kept'), join(gone, 'a/link'));
  symlinkSync('nowhere', join(gone, 'dangling'));
  execFileSync('mkfifo', [join(gone, 'pipe')]);
  for (const name of [Buffer.from([0xff, 0xfe]), Buffer.from('new\nline'), Buffer.from('n'.repeat(255)), Buffer.from('-rf')]) writeFileSync(Buffer.concat([Buffer.from(`${gone}/`), name]), '');
  mkdirSync(Buffer.concat([Buffer.from(`${gone}/`), Buffer.from([0xc3, 0x28])]));
  for (let index = 0; index < 1_500; index += 1) writeFileSync(join(gone, 'a/b', String(index)), '');
  await removeFolder(gone);
  assert.deepEqual([readdirSync(root), readdirSync(join(elsewhere, 'kept'))], [[], ['file']]);
});

test('a file, a link and nothing at all are removed too; the link is removed itself', async (t) => {
  const root = folder(t);
  mkdirSync(join(root, 'kept'));
  writeFileSync(join(root, 'file'), '');
  symlinkSync('kept', join(root, 'link'));
  for (const name of ['file', 'link', 'nothing', 'nothing/below', 'file/below']) await removeFolder(join(root, name));
  assert.deepEqual(readdirSync(root), ['kept']);
});

test('an ordinary user removes what was shut to it', async (t) => {
  const root = folder(t);
  chmodSync(root, 0o777);
  const script = `
    import { chmodSync, existsSync, mkdirSync, writeFileSync } from 'node:fs';
    import { removeFolder } from ${JSON.stringify(new URL('./removal.ts', import.meta.url).href)};
    mkdirSync('gone/a/b/c', { recursive: true });
    writeFileSync('gone/a/b/c/file', '', { mode: 0 });
    for (const [path, mode] of [['gone/a/b/c', 0o000], ['gone/a/b', 0o300], ['gone/a', 0o500], ['gone', 0o000]]) chmodSync(path, mode);
    await removeFolder(process.cwd() + '/gone');
    if (existsSync('gone')) throw new Error('it is there still');
  `;
  const isRoot = process.getuid?.() === 0;
  const user = isRoot ? { uid: 65_534, gid: 65_534 } : {};
  if (isRoot) chownSync(root, 65_534, 65_534);
  const copy = join(root, 'script.mjs');
  if (!canRead(user, new URL('./removal.ts', import.meta.url))) return t.skip('that user may not enter the folder of this clone');
  writeFileSync(copy, script);
  const { status, stderr } = spawnSync(process.execPath, [copy], { cwd: root, ...user, encoding: 'utf8' });
  assert.equal(status, 0, stderr);
});

function canRead(user: { readonly uid?: number; readonly gid?: number }, url: URL): boolean {
  return spawnSync(process.execPath, ['-e', `require('node:fs').readFileSync(new URL(${JSON.stringify(url.href)}))`], { cwd: '/', ...user }).status === 0;
}

test('what can\'t be removed is told, and all else is gone', { skip: process.getuid?.() !== 0 || spawnSync('chattr', ['-V']).status !== 0 ? 'only root can make a file immutable, with chattr' : false }, async (t) => {
  const root = folder(t);
  mkdirSync(join(root, 'gone/a'), { recursive: true });
  writeFileSync(join(root, 'gone/a/stays'), '');
  writeFileSync(join(root, 'gone/other'), '');
  if (spawnSync('chattr', ['+i', join(root, 'gone/a/stays')]).status !== 0) return t.skip('this file system has no immutable files');
  t.after(() => spawnSync('chattr', ['-i', join(root, 'gone/a/stays')]));
  await assert.rejects(removeFolder(join(root, 'gone')), (thrown: Error & { record?: { code: string } }) => thrown.record?.code === 'FOLDER_NOT_REMOVED' && /"stays" stayed/.test(thrown.message));
  assert.equal(existsSync(join(root, 'gone/other')), false);
});

test('a folder that is exchanged with a link all the time leads the removal nowhere', async (t) => {
  const [root, elsewhere] = [folder(t), folder(t)];
  writeFileSync(join(elsewhere, 'operators.json'), '');
  mkdirSync(join(elsewhere, 'sub'));
  writeFileSync(join(elsewhere, 'sub/journal'), '');
  for (let turn = 0; turn < 3; turn += 1) {
    mkdirSync(join(root, 'work/swapped/sub'), { recursive: true });
    for (let index = 0; index < 200; index += 1) writeFileSync(join(root, `work/swapped/sub/${index}`), '');
    const { stop } = await race(t, join(root, 'work/swapped'), join(root, 'work/other'), elsewhere);
    const until = performance.now() + 300;
    // Somebody who writes there may keep it from being empty; what matters is what is elsewhere.
    do await removeFolder(join(root, 'work')).catch(() => undefined); while (performance.now() < until && existsSync(join(root, 'work')));
    await stop();
    assert.deepEqual([readdirSync(elsewhere).sort(), readdirSync(join(elsewhere, 'sub'))], [['operators.json', 'sub'], ['journal']]);
    await removeFolder(join(root, 'work'));
    assert.deepEqual(readdirSync(root), []);
  }
});
