import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { test } from 'node:test';
import { promisify } from 'node:util';
import { asNobody } from './fixture.testing.ts';
import { hold } from './holding.ts';

const MIB = 1024 ** 2;
const prlimit = ['/usr/bin/prlimit', '/bin/prlimit'].find((path) => existsSync(path));
const asOther = process.getuid?.() === 0 ? asNobody() : [];

async function ran(words: readonly string[]): Promise<string> {
  const [program = '', ...rest] = words;
  const { stdout, stderr } = await promisify(execFile)(program, rest, { timeout: 60_000 }).catch((error: { stdout: string; stderr: string }) => error);
  return stdout + stderr;
}

test('where there are no control groups, each process is limited', { skip: (prlimit === undefined || process.platform !== 'linux') && 'no prlimit here' }, async () => {
  const holding = await hold('none', { memory: 256 * MIB, processes: 60, disk: MIB }, [tmpdir()], prlimit, async () => undefined);
  const bomb = 'i=0; while [ $i -lt 200 ]; do i=$((i+1)); sleep 3 & done; echo ALL';
  assert.match(await ran([...holding.words, ...asOther, 'unshare', '--user', '--pid', '--fork', '--kill-child', 'sh', '-c', bomb]), /fork/i);
  assert.doesNotMatch(await ran([...holding.words, process.execPath, '-e', 'const all = []; for (let i = 0; i < 64; i += 1) all.push(Buffer.alloc(16 * 1024 * 1024, 1)); console.log("HELD")']), /HELD/);
  assert.match(await ran([...holding.words, 'sh', '-c', 'head -c 9000000 /dev/zero > /dev/null; echo fine']), /fine/);
  assert.deepEqual(await holding.watch(() => undefined).hit(), []);
  await holding.end();
});

test('a limit of the machine that is tighter already stays, and nothing fails for it', { skip: (prlimit === undefined || process.platform !== 'linux') && 'no prlimit here' }, async () => {
  const module = JSON.stringify(new URL('./holding.ts', import.meta.url).href);
  const program = `const { hold } = await import(${module}); const { words } = await hold('none', { memory: 2 ** 30, processes: 4096, disk: 2 ** 30 }, [], ${JSON.stringify(prlimit)}, async () => undefined); console.log(words.slice(1).join(' '));`;
  const words = await ran([prlimit as string, '--nproc=3000:3000', ...asOther, process.execPath, '--input-type=module', '--eval', program]);
  assert.equal(words.trim(), '--fsize=1073741824 --data=1073741824');
});
