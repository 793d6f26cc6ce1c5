import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readdirSync, realpathSync } from 'node:fs';
import { mkdir } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test, type TestContext } from 'node:test';
import { errorRecord } from '../../foundation/errors.ts';
import { openCells } from '../../runner/cells.ts';
import { run as runIn } from '../../runner/fixture.testing.ts';
import { Workspaces } from './workspaces.ts';

function scene(t: TestContext) {
  const folder = realpathSync(mkdtempSync(join(tmpdir(), 'left-')));
  t.after(() => spawnSync('rm', ['-rf', '--', folder]));
  const cells = openCells({ records: join(folder, 'cells'), marker: folder, npmrc: '' });
  const open = (): Workspaces => new Workspaces({ root: join(folder, 'work'), cells, hidden: [], checkout: async (_commit, target) => void await mkdir(target, { recursive: true }) });
  return { folder, cells, open };
}

/** What a hostile build leaves: nested by steps, since no path leads there; shut; named in no encoding; and in its HOME too. */
const HOSTILE = `
const fs = require('node:fs');
const nest = (name, depth) => { for (let i = 0; i < depth; i += 1) { fs.mkdirSync(name); process.chdir(name); } fs.writeFileSync('x', ''); };
fs.mkdirSync('shut/inner', { recursive: true }); fs.writeFileSync('shut/inner/file', ''); fs.chmodSync('shut/inner', 0); fs.chmodSync('shut', 0);
fs.writeFileSync(Buffer.concat([Buffer.from('odd-'), Buffer.from([255])]), ''); fs.writeFileSync('n'.repeat(255), '');
for (let i = 0; i < 1000; i += 1) fs.writeFileSync('many-' + i, '');
fs.symlinkSync('/etc', 'link'); fs.mkdirSync('deep'); process.chdir('deep'); nest('d', 2500);
process.chdir(process.env.HOME); nest('h'.repeat(200), 100);
`;

test('a stage that leaves 2,500 nested folders, shut ones and odd names is cleaned up, by the host that ran it and by the next', async (t) => {
  const { folder, cells, open } = scene(t);
  const mine = open();
  for (const fence of [1, 2]) {
    const workspace = await mine.open('r1', 'build', fence, 'commit');
    const { code, output } = await runIn(await workspace.cell(), [process.execPath, '-e', HOSTILE], { cwd: workspace.checkout });
    assert.equal(code, 0, output);
    if (fence === 2) await mine.closeCells();
    else await mine.close('r1', 'build');
  }
  assert.deepEqual(readdirSync(join(folder, 'work')), ['r1'], 'the second stays, as if its host had died');
  await cells.reap();
  assert.deepEqual(await open().sweep(new Set()), []);
  assert.deepEqual([readdirSync(join(folder, 'work')), readdirSync(join(folder, 'cells'))], [[], []]);
});

test('a workspace that was handed on and holds what nobody nests fails what opens a cell there, and nothing else', async (t) => {
  const { folder, open } = scene(t);
  const first = open();
  const { checkout } = await first.open('r1', 'build', 1, 'commit');
  spawnSync(process.execPath, ['-e', 'for (let i = 0; i < 300; i += 1) { require("node:fs").mkdirSync("d"); process.chdir("d"); }'], { cwd: checkout });
  const next = open();
  const workspace = await next.open('r1', 'build', 1, 'commit');
  const opened = await workspace.cell().then(() => undefined, errorRecord);
  if (opened) assert.deepEqual([opened.code, opened.class], ['FOLDER_TOO_DEEP', 'code']);
  await next.close('r1', 'build');
  assert.deepEqual(readdirSync(join(folder, 'work')), []);
});
