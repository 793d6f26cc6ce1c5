import { readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { systemClock } from '../../foundation/clock.ts';
import { TrunklineError } from '../../foundation/errors.ts';
import type { Instant } from '../../foundation/units.ts';
import { isBusy, journalFault } from './faults.ts';

/** The right to be the one host of a state folder. The kernel takes it back when the process ends, however it ends. */
export interface HostLock extends Disposable {
  /** Gives it back; more than once does no harm. */
  release(): void;
}

interface Holder { readonly pid: number; readonly since: Instant }

/**
 * Held as an exclusive lock of a database file of its own: no pid to test, nothing stale to clean up.
 * @throws {TrunklineError} `HOST_RUNNING` when another host lives, naming its process and since when it runs.
 */
export function takeHostLock(stateFolder: string, now: Instant = systemClock.now()): HostLock {
  const path = join(stateFolder, 'host.lock');
  const holderPath = join(stateFolder, 'host.json');
  const db = lock(path, stateFolder, holderPath);
  // Only whoever holds the lock writes here; it tells others whom they are waiting for.
  const holder: Holder = { pid: process.pid, since: now };
  writeFileSync(`${holderPath}.new`, JSON.stringify(holder), { mode: 0o600 });
  renameSync(`${holderPath}.new`, holderPath);

  let held = true;
  const release = (): void => {
    if (!held) return;
    held = false;
    rmSync(holderPath, { force: true });
    db.close();
  };
  return { release, [Symbol.dispose]: release };
}

function lock(path: string, stateFolder: string, holderPath: string): DatabaseSync {
  let db: DatabaseSync | undefined;
  try {
    db = new DatabaseSync(path, { timeout: 0 });
    db.exec('PRAGMA locking_mode = EXCLUSIVE; BEGIN EXCLUSIVE');
    return db;
  } catch (thrown) {
    db?.close();
    if (isBusy(thrown)) throw running(stateFolder, holderPath);
    throw journalFault(thrown, path);
  }
}

function running(stateFolder: string, holderPath: string): TrunklineError {
  const holder = readHolder(holderPath);
  const who = holder ? `process ${holder.pid}, since ${new Date(holder.since).toISOString()}` : 'another process, which has only just begun';
  return new TrunklineError('HOST_RUNNING', 'refused', `a host already runs on ${stateFolder}: ${who}`,
    'send commands to that one (they find it by themselves), or end it first; two hosts never share a state folder');
}

function readHolder(path: string): Holder | undefined {
  try {
    const { pid, since } = JSON.parse(readFileSync(path, 'utf8')) as Partial<Holder>;
    return Number.isInteger(pid) && Number.isFinite(since) ? { pid: pid!, since: since! } : undefined;
  } catch {
    // Not written yet, or half gone: whom we name is a courtesy, the lock itself is the truth.
    return undefined;
  }
}
