import assert from 'node:assert/strict';
import { mkdtemp, readFile, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test, type TestContext } from 'node:test';
import { InstanceLog } from './instance-log.ts';

async function file(t: TestContext): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'trunkline-log-'));
  t.after(() => rm(folder, { recursive: true, force: true }));
  return join(folder, 'r1.log');
}

test('a secret is struck out, however the output is cut into chunks', async (t) => {
  const path = await file(t);
  const log = new InstanceLog(path, ['swordfish', 'swordfish-and-chips']);
  for (const byte of Buffer.from('I like swordfish-and-chips\nand swordfish – ä\n')) log.write(Buffer.of(byte));
  await log.close();
  assert.equal(await readFile(path, 'utf8'), 'I like ***\nand *** – ä\n');
});

test('a secret is struck out of a line without end, too', async (t) => {
  const path = await file(t);
  const log = new InstanceLog(path, ['swordfish']);
  for (let n = 0; n < 20_000; n++) log.write(Buffer.from(n % 2 ? 'fish.' : '.sword'));
  await log.close();
  assert.doesNotMatch(await readFile(path, 'utf8'), /swordfish/);
  assert.match(await readFile(path, 'utf8'), /\.\*\*\*\./);
});

test('the last lines are at hand, with the one that is not finished', async (t) => {
  const log = new InstanceLog(await file(t), []);
  log.write(Buffer.from('one\ntwo\nthr'));
  assert.deepEqual(log.lastLines(2), ['two', 'thr']);
  await log.close();
});

test('however much is printed, two bounded files are kept', async (t) => {
  const path = await file(t);
  const log = new InstanceLog(path, []);
  for (let n = 0; n < 70; n++) {
    for (let line = 0; line < 20; line++) log.write(Buffer.from(`${'x'.repeat(4_999)}\n`));
    await new Promise(setImmediate);
  }
  await log.close();
  assert.ok((await stat(path)).size <= 2_010_000);
  assert.ok((await stat(`${path}.1`)).size <= 2_010_000);
});
