import assert from 'node:assert/strict';
import { spawn, type ChildProcess } from 'node:child_process';
import { createInterface } from 'node:readline';
import { test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { ended } from './ended.ts';

/** A shell, and what it has printed by its end. */
function shell(script: string): { readonly child: ChildProcess; readonly output: () => string } {
  const child = spawn('/bin/sh', ['-c', script], { stdio: ['ignore', 'pipe', 'pipe'] });
  let output = '';
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (chunk: Buffer) => { output += chunk; });
  return { child, output: () => output };
}

test('what a process left running in the background, with its output, is not waited for', async () => {
  const { child, output } = shell('sleep 60 & echo $!; exit 3');
  const exit = await ended(child);
  assert.deepEqual(exit, { code: 3, signal: null });
  process.kill(Number(output()), 'SIGKILL');
});

test('all that it wrote is read before its end is told, however much it is and however slowly it is read', async () => {
  const child = spawn('/bin/sh', ['-c', 'sleep 60 2>&1 & echo $! >&2; seq 1 20000'], { stdio: ['ignore', 'pipe', 'pipe'] });
  let background = '';
  child.stderr.on('data', (chunk: Buffer) => { background += chunk; });
  const over = ended(child);
  let last = '';
  for await (const line of createInterface({ input: child.stdout })) {
    last = line;
    if (line.endsWith('000')) await sleep(20);
  }
  await over;
  process.kill(Number(background), 'SIGKILL');
  assert.equal(last, '20000');
});

test('a program that is not there is an error', async () => {
  await assert.rejects(ended(spawn('/nowhere/program', { stdio: 'ignore' })), { code: 'ENOENT' });
});
