import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test, type TestContext } from 'node:test';
import { coded } from '../contract.testing.ts';
import { takeHostLock } from './lock.ts';

const folder = (t: TestContext): string => {
  const made = mkdtempSync(join(tmpdir(), 'host-lock-'));
  t.after(() => rmSync(made, { recursive: true, force: true }));
  return made;
};

test('a second host is refused, by the name of the first and since when it runs', (t) => {
  const state = folder(t);
  using _held = takeHostLock(state, Date.UTC(2026, 0, 2));
  assert.throws(() => takeHostLock(state), coded('HOST_RUNNING', new RegExp(`process ${process.pid}, since 2026-01-02`)));
  assert.throws(() => takeHostLock(state), coded('HOST_RUNNING'), 'asking must not loosen the lock');
});

test('a lock that was given back can be taken again, and giving back twice does no harm', (t) => {
  const state = folder(t);
  const lock = takeHostLock(state);
  lock.release();
  lock.release();
  assert.equal(existsSync(join(state, 'host.json')), false);
  takeHostLock(state).release();
});

test('what an earlier host left written is no lock', (t) => {
  const state = folder(t);
  writeFileSync(join(state, 'host.json'), '{"pid": 1, "since": 0}');
  takeHostLock(state).release();
});

test('a host in another process holds it, and it is free the moment that process is killed', async (t) => {
  const state = folder(t);
  const script = `
    import { takeHostLock } from ${JSON.stringify(new URL('./lock.ts', import.meta.url).href)};
    takeHostLock(process.argv[1]);
    console.log('held');
    setInterval(() => undefined, 1000);`;
  const other = spawn(process.execPath, ['--input-type=module', '-e', script, state], { stdio: ['ignore', 'pipe', 'inherit'] });
  t.after(() => other.kill('SIGKILL'));
  await once(other.stdout, 'data');
  assert.throws(() => takeHostLock(state), coded('HOST_RUNNING', new RegExp(`process ${other.pid},`)));
  other.kill('SIGKILL');
  await once(other, 'exit');
  takeHostLock(state).release();
});

test('a state folder that is missing is an error that names the file', (t) => {
  assert.throws(() => takeHostLock(join(folder(t), 'nowhere')), coded('JOURNAL_UNREADABLE', /nowhere/));
});
