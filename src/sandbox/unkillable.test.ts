import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { test } from 'node:test';
import { TrunklineError } from '../foundation/errors.ts';
import { endMarked, endProcess, identify } from './processes.ts';

const lives = (error: unknown): boolean => error instanceof TrunklineError && error.record.code === 'PROCESS_LIVES';

test('a process that outlives the patience is named, instead of being waited for without end', { skip: process.platform !== 'linux' }, async () => {
  const mark = `unkillable-${process.pid}`;
  const child = spawn('sleep', ['600'], { env: { ...process.env, MARK: mark } });
  await once(child, 'spawn');
  const known = await identify(child.pid!);
  assert.ok(known);
  // No patience at all stands for a process that does not die.
  await assert.rejects(endProcess(known, -1), (error) => lives(error) && String(error).includes(String(child.pid)));
  await assert.rejects(endMarked((variables) => variables.get('MARK') === mark, -1), lives);
  const ended = once(child, 'exit');
  await endProcess(known);
  await ended;
});
