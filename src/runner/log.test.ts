import assert from 'node:assert/strict';
import { mkdtemp, readFile, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test, type TestContext } from 'node:test';
import { TrunklineError } from '../foundation/errors.ts';
import { type LogSpec, type MaskedLog, openLog } from './log.ts';

async function logIn(context: TestContext, spec: LogSpec): Promise<{ log: MaskedLog; path: string; text: () => Promise<string> }> {
  const folder = await mkdtemp(join(tmpdir(), 'trunkline-log-'));
  context.after(() => rm(folder, { recursive: true }));
  const path = join(folder, 'a.log');
  return { log: openLog(path, spec), path, text: () => readFile(path, 'utf8') };
}

test('a log is on disk as it was written, readable by its owner alone', async (context) => {
  const { log, path, text } = await logIn(context, { secrets: [] });
  log.write('one\n');
  assert.equal(await text(), 'one\n', 'before it is closed, for those who watch');
  log.write(Buffer.from('\u001b[31mtwo\u001b[0m\r\n'));
  await log.close();
  await log.close();
  assert.equal(await text(), 'one\n\u001b[31mtwo\u001b[0m\r\n');
  assert.equal((await stat(path)).mode & 0o777, 0o600);
});

test('no secret reaches the disk or the last lines, split over chunks or added on the way', async (context) => {
  const { log, text } = await logIn(context, { secrets: ['hunter2-hunter2'] });
  log.write('password: hunter2-');
  assert.deepEqual(log.lastLines(5), ['password: ***'], 'a beginning that is held back is not shown either');
  log.write('hunter2\n');
  log.addSecret('generated-for-beta');
  log.write('database: generated-for-beta');
  await log.close();
  assert.equal(await text(), 'password: ***\ndatabase: ***');
  assert.deepEqual(log.lastLines(5), ['password: ***', 'database: ***']);
});

test('a log beyond its limit keeps its beginning and its end, and says between them how much is left out', async (context) => {
  const { log, text } = await logIn(context, { secrets: [], limitBytes: 4_000 });
  for (let line = 1; line <= 1_000; line += 1) log.write(`line ${line}\n`);
  await log.close();
  const kept = await text();
  assert.match(kept, /^line 1\nline 2\n/);
  assert.match(kept, /\nline 999\nline 1000\n$/);
  const left = Number(/\[trunkline: (\d+) bytes are left out here; the end follows\]/.exec(kept)?.[1]);
  const marks = kept.match(/\n\[trunkline: .*\]\n/g)!;
  const printed = Array.from({ length: 1_000 }, (_, index) => `line ${index + 1}\n`).join('').length;
  assert.equal(marks.length, 2);
  assert.equal(kept.length - marks.join('').length + left, printed);
  assert.equal(printed - left, 4_000);
});

test('a log that just fits its limit is whole and unmarked', async (context) => {
  const { log, text } = await logIn(context, { secrets: [], limitBytes: 4_000 });
  log.write('x'.repeat(4_000));
  await log.close();
  assert.equal(await text(), 'x'.repeat(4_000));
});

test('a line of a gigabyte without an end takes neither memory nor disk beyond the limit', async (context) => {
  const { log, path } = await logIn(context, { secrets: ['not-in-there'], limitBytes: 1_000_000 });
  const chunk = Buffer.alloc(65_536, 'n');
  for (let index = 0; index < 16; index += 1) log.write(chunk);
  const before = process.memoryUsage();
  for (let index = 0; index < 16_384; index += 1) log.write(chunk);
  const after = process.memoryUsage();
  assert.ok(after.arrayBuffers - before.arrayBuffers < 64_000_000, `${after.arrayBuffers - before.arrayBuffers} bytes more`);
  await log.close();
  assert.ok((await stat(path)).size < 1_001_000);
});

test('the last lines are whole lines, fit for a terminal', async (context) => {
  const { log } = await logIn(context, { secrets: [] });
  log.write(`${'long '.repeat(20_000)}\n`);
  log.write('\u001b]0;title\u0007two\r\nthree\n');
  assert.deepEqual(log.lastLines(2), ['two', 'three']);
  assert.deepEqual(log.lastLines(9), ['two', 'three'], 'the line whose beginning is gone is not among them');
  await log.close();
});

test('a full disk is an error that says so', { skip: process.platform !== 'linux' && 'no /dev/full here' }, () => {
  const log = openLog('/dev/full', { secrets: [] });
  assert.throws(() => log.write('text'), (error) => error instanceof TrunklineError && error.record.code === 'DISK_FULL' && error.record.class === 'infra');
});

test('a log that can not be opened says why', () => {
  assert.throws(() => openLog('/nowhere/at/all.log', { secrets: [] }), (error) => error instanceof TrunklineError && error.record.code === 'LOG_NOT_WRITTEN');
});
