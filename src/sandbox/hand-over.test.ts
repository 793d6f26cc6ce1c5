import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { lstat, mkdir, mkdtemp, readdir, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';

const USER = 60_778;
const skip = process.geteuid?.() !== 0 && 'only root gives files away';

/** Hands a folder over in a process that kills itself, as `kill -9` does, before it gives the `last` name away. */
function handOverUntil(path: string, last: number): NodeJS.Signals | null {
  const url = (name: string): string => JSON.stringify(new URL(name, import.meta.url).href);
  const program = `import { Folder } from ${url('../foundation/folder.ts')};
    import { handOverOnce } from ${url('./hand-over.ts')};
    let given = 0;
    for (const name of ['chownEntry', 'chown']) {
      const give = Folder.prototype[name];
      Folder.prototype[name] = function (...words) {
        if (given++ === ${last}) process.kill(process.pid, 'SIGKILL');
        return give.apply(this, words);
      };
    }
    await handOverOnce(${JSON.stringify(path)}, { uid: ${USER}, gid: ${USER} });`;
  const { signal, status, stderr } = spawnSync(process.execPath, ['--input-type=module', '--eval', program], { encoding: 'utf8' });
  assert.ok(signal === 'SIGKILL' || status === 0, stderr);
  return signal;
}

test('a folder whose giver is killed at any moment is given whole the next time', { skip }, async (t) => {
  for (let moment = 0, isKilled = true; isKilled; moment += 1) {
    const base = await mkdtemp(join(tmpdir(), 'trunkline-given-'));
    t.after(() => rm(base, { recursive: true, force: true }));
    const folder = join(base, 'folder');
    await mkdir(join(folder, 'inner'), { recursive: true });
    for (const name of ['one', 'inner/two']) await writeFile(join(folder, name), '');
    await writeFile(join(base, 'elsewhere'), '');
    await symlink('../elsewhere', join(folder, 'link'));
    isKilled = handOverUntil(folder, moment) === 'SIGKILL';
    assert.equal(isKilled, moment < 5, 'four names and the folder itself');
    assert.equal(handOverUntil(folder, Infinity), null);
    const names = ['.', ...await readdir(folder, { recursive: true })];
    assert.deepEqual(await Promise.all(names.map(async (name) => (await lstat(join(folder, name))).uid)), names.map(() => USER));
    assert.equal((await lstat(join(base, 'elsewhere'))).uid, 0, 'no link is followed');
  }
});
