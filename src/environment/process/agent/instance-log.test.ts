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
  const log = new InstanceLog(path, () => ['swordfish', 'swordfish-and-chips']);
  const out = log.stream();
  for (const byte of Buffer.from('I like swordfish-and-chips\nand swordfish – ä\n')) out.write(Buffer.of(byte));
  await log.close();
  assert.equal(await readFile(path, 'utf8'), 'I like ***\nand *** – ä\n');
});

test('a secret is struck out of a line without end, too', async (t) => {
  const path = await file(t);
  const log = new InstanceLog(path, () => ['swordfish']);
  const out = log.stream();
  for (let n = 0; n < 20_000; n++) out.write(Buffer.from(n % 2 ? 'fish.' : '.sword'));
  await log.close();
  assert.doesNotMatch(await readFile(path, 'utf8'), /swordfish/);
  assert.match(await readFile(path, 'utf8'), /\.\*\*\*\./);
});

test('the last lines are at hand, with the one that is not finished', async (t) => {
  const log = new InstanceLog(await file(t), () => []);
  const out = log.stream();
  out.write(Buffer.from('one\ntwo\nthr'));
  assert.deepEqual(log.lastLines(2), ['two', 'thr']);
  await log.close();
});

test('however much is printed, two bounded files are kept', async (t) => {
  const path = await file(t);
  const log = new InstanceLog(path, () => []);
  const out = log.stream();
  for (let n = 0; n < 70; n++) {
    for (let line = 0; line < 20; line++) out.write(Buffer.from(`${'x'.repeat(4_999)}\n`));
    await new Promise(setImmediate);
  }
  await log.close();
  assert.ok((await stat(path)).size <= 2_010_000);
  assert.ok((await stat(`${path}.1`)).size <= 2_010_000);
});

const KEY = ['-----BEGIN PRIVATE KEY-----', 'MC4CAQAwBQYDK2VwBCIEIG4nq2c1xXyTqv5h', 'kQx0Xw4m1rJ8VfT0yS3eZpQbL9dN', '-----END PRIVATE KEY-----'].join('\n');
const printed: { readonly [how: string]: (secret: string) => string } = {
  'in several lines': (secret) => secret,
  'line by line, each with a prefix': (secret) => secret.split('\n').map((line) => `2026-11-26 info ${line}`).join('\n'),
  'with other line ends': (secret) => secret.replaceAll('\n', '\r\n'),
  'as base64': (secret) => Buffer.from(secret).toString('base64'),
  'as base64 within something else': (secret) => Buffer.from(`user:${secret}`).toString('base64'),
  'as hex': (secret) => Buffer.from(secret).toString('hex'),
  'in a URL': (secret) => `postgres://u:${encodeURIComponent(secret)}@h/`,
  'as JSON': (secret) => JSON.stringify({ secret }),
};
for (const [how, print] of Object.entries(printed)) {
  test(`a secret of several lines that an instance prints ${how} is struck out of file and last lines`, async (t) => {
    const path = await file(t);
    const log = new InstanceLog(path, () => [KEY]);
    const out = log.stream();
    for (const byte of Buffer.from(`before ${print(KEY)} after\n`)) out.write(Buffer.of(byte));
    const shown = log.lastLines(50).join('\n');
    await log.close();
    const whole = await readFile(path, 'utf8');
    for (const text of [whole, shown]) {
      assert.match(text, /\*\*\*/);
      for (const piece of ['MC4CAQAwBQYDK2VwBCIEIG4nq2c1xXyTqv5h', 'kQx0Xw4m1rJ8VfT0yS3eZpQbL9dN', Buffer.from(KEY).toString('base64').slice(20, 60), Buffer.from(KEY).toString('hex').slice(20, 60)]) assert.ok(!text.includes(piece), text);
    }
    assert.match(whole, /after/);
  });
}

test('what two processes print at once is not joined, so that a secret of one is found though the other talks', async (t) => {
  const path = await file(t);
  const log = new InstanceLog(path, () => ['swordfish']);
  const [one, other] = [log.stream(), log.stream()];
  one.write(Buffer.from('it is sword'));
  other.write(Buffer.from('hello\n'));
  one.write(Buffer.from('fish\n'));
  await log.close();
  assert.equal(await readFile(path, 'utf8'), 'hello\nit is ***\n');
});

test('a beginning of a secret on which an instance stops stands under a mask', async (t) => {
  const log = new InstanceLog(await file(t), () => ['swordfish']);
  log.stream().write(Buffer.from('it is sword'));
  assert.deepEqual(log.lastLines(1), ['it is ***']);
  await log.close();
});

test('what an instance prints for a terminal is not acted on by whoever reads its log', async (t) => {
  const path = await file(t);
  const log = new InstanceLog(path, () => []);
  log.stream().write(Buffer.from('\u001b[31mred\u001b[0m\u001b[2J\u001b]52;c;AAAA\u0007\u202e!\n'));
  await log.close();
  assert.equal(await readFile(path, 'utf8'), '\u001b[31mred\u001b[0m!\u001b[0m\n');
});
