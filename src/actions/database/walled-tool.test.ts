import assert from 'node:assert/strict';
import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { homedir, tmpdir } from 'node:os';
import { join } from 'node:path';
import { test, type TestContext } from 'node:test';
import { intruder, leftOut, type Intrusion } from '../../sandbox/intruder.testing.ts';
import { findTools } from '../../sandbox/tools.ts';
import { runWalled, type WalledTool } from './walled-tool.ts';

const never = new AbortController().signal;
const skip = 'weakness' in findTools() && 'no namespaces here';

/** What a script printed in there, and how it ended. */
async function script(text: string, more: Partial<WalledTool> = {}): Promise<{ readonly how: string; readonly printed: string }> {
  const chunks: Buffer[] = [];
  const keep = (chunk: Buffer): void => void chunks.push(chunk);
  const how = await runWalled({ file: { name: 'tried.mjs', text }, words: (folder) => [process.execPath, join(folder, 'tried.mjs')], env: {}, signal: never, out: keep, err: keep, ...more });
  return { how, printed: Buffer.concat(chunks).toString() };
}

async function secretFile(t: TestContext): Promise<string> {
  const base = await mkdtemp(join(tmpdir(), 'trunkline-walled-'));
  t.after(() => rm(base, { recursive: true, force: true }));
  await mkdir(join(base, 'state'));
  await writeFile(join(base, 'state', 'key'), 'as it was');
  return join(base, 'state', 'key');
}

test('a tool that a migration took over reaches nothing but its own folder', { skip }, async (t) => {
  const key = await secretFile(t);
  const targets = {
    files: [key, ...(process.geteuid?.() === 0 ? ['/etc/shadow'] : [])], sockets: [], covered: [join(key, '..')],
    folders: ['/', '/etc', '/usr/bin', '/usr/local', '/usr/src', '/var', '/opt', '/run', '/mnt', '/sys', homedir(), import.meta.dirname, '.'].filter((path) => path !== tmpdir()),
  };
  const { how, printed } = await script(`${intruder(targets)}\nconsole.log(JSON.stringify(await intrude()));`);
  assert.equal(how, 'exit code 0', printed);
  const { reached, tried } = JSON.parse(printed) as Intrusion;
  assert.deepEqual(reached, []);
  assert.deepEqual(leftOut(targets, tried), []);
  assert.equal(await readFile(key, 'utf8'), 'as it was');
});

test('it sees the one file, its own variables, and no other process', { skip }, async () => {
  const { printed } = await script(`import { readdirSync } from 'node:fs';
    console.log(JSON.stringify({ files: readdirSync('.'), word: process.env.WORD, host: process.env.OF_THE_HOST, root: process.getuid() === 0, opt: readdirSync('/opt'), processes: readdirSync('/proc').filter((name) => /^\\d+$/.test(name)).length < 4 }));`, { env: { WORD: "it's" } });
  assert.deepEqual(JSON.parse(printed), { files: ['tried.mjs'], word: "it's", root: false, opt: [], processes: true });
});

test('it is dead, with what it started, once it was told to end', async () => {
  const abort = new AbortController();
  const numbers: number[] = [];
  const running = script(`import { spawn } from 'node:child_process'; spawn('sleep', ['87612'], { detached: true, stdio: 'ignore' }).once('spawn', () => console.log('begun')); setInterval(() => {}, 1000);`,
    { signal: abort.signal, out: (chunk) => { numbers.push(chunk.length); abort.abort(new Error('cancelled')); } });
  await assert.rejects(running, /cancelled/);
  assert.ok(numbers.length > 0);
  assert.deepEqual(await sleepers(), []);
});

async function sleepers(): Promise<readonly string[]> {
  const pids = (await readdir('/proc').catch(() => [])).filter((name) => /^\d+$/.test(name));
  const lines = await Promise.all(pids.map((pid) => readFile(`/proc/${pid}/cmdline`, 'utf8').catch(() => '')));
  return lines.filter((line) => line === 'sleep\u000087612\u0000');
}

test('what it says and how it ends are told whole', async () => {
  const { how, printed } = await script("process.stdout.write('x'.repeat(200_000), () => process.exit(3));");
  assert.deepEqual([how, printed.length], ['exit code 3', 200_000]);
});
