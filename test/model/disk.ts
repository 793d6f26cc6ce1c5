/**
 * The journal on its disk: what was acknowledged is there afterwards, whole batches and nothing else, and nobody else's
 * word is taken for it. Faults of the disk are made by SQLite's own means: a trigger refuses a row, or the commit.
 */
import { appendFileSync, copyFileSync, existsSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { isDeepStrictEqual } from 'node:util';
import { TrunklineError } from '../../src/foundation/errors.ts';
import type { Event } from '../../src/journal/events.ts';
import { openJournal } from '../../src/journal/sqlite/journal.ts';
import { testKeys } from '../../src/journal/sqlite/fixture.testing.ts';
import { Chance } from './chance.ts';

type Open = ReturnType<typeof openJournal>;

const MEMORY = '/dev/shm';
const keys = testKeys();

/** Where nothing has to be waited for: whether a disk syncs is the kernel's, that it is asked to and heard is ours. */
const folderOf = (): string => mkdtempSync(join(existsSync(MEMORY) ? MEMORY : tmpdir(), 'trunkline-model-'));

class Disk {
  readonly #folder = folderOf();
  readonly #chance: Chance;
  #path = join(this.#folder, 'journal.db');
  #journal: Open = openJournal(this.#path, keys);
  #kept: Event[] = [];
  #copies = 0;
  #number = 0;

  constructor(seed: number) {
    this.#chance = new Chance(seed);
  }

  async run(): Promise<string | undefined> {
    try {
      for (let step = 0; step < 6 + this.#chance.below(10); step += 1) {
        const fault = await this.#step() ?? this.#differs();
        if (fault !== undefined) return fault;
      }
      return await this.#tampered();
    } finally {
      this.#journal.close();
      rmSync(this.#folder, { recursive: true, force: true });
    }
  }

  #step(): Promise<string | undefined> | string | undefined {
    const batch = Array.from({ length: 1 + this.#chance.below(4) }, () => this.#event());
    return this.#chance.weighted<() => Promise<string | undefined> | string | undefined>([
      [5, () => this.#append(batch)],
      [2, () => this.#refused('a row was refused by the disk', () => this.#withFault('row', batch))],
      [2, () => this.#refused('the disk failed to sync', () => this.#withFault('commit', batch))],
      [1, () => this.#refused('another had written', () => this.#journal.append(Math.max(0, this.#kept.length - 1) + (this.#kept.length === 0 ? 1 : 0), batch))],
      [2, () => this.#journal.seal().then(() => undefined)],
      [2, () => this.#killed()],
    ])();
  }

  #event(): Event {
    this.#number += 1;
    return { at: this.#number, type: 'stage-queued', run: `run-${this.#number}`, stage: 'beta' };
  }

  #append(batch: readonly Event[]): undefined {
    this.#journal.append(this.#kept.length, batch);
    this.#kept.push(...batch);
  }

  /** Not acknowledged: then nothing of it may be there. */
  #refused(why: string, act: () => void): string | undefined {
    try {
      act();
    } catch {
      return undefined;
    }
    return `an append was acknowledged though ${why}`;
  }

  #withFault(fault: 'row' | 'commit', batch: readonly Event[]): void {
    const last = this.#kept.length + batch.length;
    this.#beside((db) => db.exec(fault === 'row'
      ? `CREATE TRIGGER broken BEFORE INSERT ON events WHEN NEW.seq = ${last} BEGIN SELECT RAISE(ABORT, 'disk I/O error'); END`
      : `CREATE TABLE sick (id INTEGER REFERENCES sick (id) DEFERRABLE INITIALLY DEFERRED); CREATE TRIGGER broken AFTER INSERT ON events BEGIN INSERT INTO sick VALUES (9); END`));
    try {
      this.#journal.append(this.#kept.length, batch);
    } finally {
      this.#beside((db) => db.exec('DROP TRIGGER broken; DROP TABLE IF EXISTS sick'));
    }
  }

  #beside(act: (db: DatabaseSync) => void): void {
    const db = new DatabaseSync(this.#path, { timeout: 5_000 });
    try {
      act(db);
    } finally {
      db.close();
    }
  }

  /** The files as a killed process leaves them, the next write of which was torn. */
  #killed(): undefined {
    this.#copies += 1;
    const next = join(this.#folder, `journal-${this.#copies}.db`);
    const stem = this.#path.slice(0, -'.db'.length);
    for (const file of readdirSync(this.#folder).map((name) => join(this.#folder, name))) {
      if (file === this.#path || file === `${this.#path}-wal` || file === `${stem}.head`) copyFileSync(file, file.replace(stem, next.slice(0, -'.db'.length)));
    }
    if (existsSync(`${next}-wal`)) appendFileSync(`${next}-wal`, Buffer.alloc(1 + this.#chance.below(9_000), this.#chance.below(256)));
    this.#journal.close();
    this.#path = next;
    this.#journal = openJournal(next, keys);
  }

  #differs(): string | undefined {
    const there = [...this.#journal.read(0)].map(({ seq: _seq, ...event }) => event);
    if (!isDeepStrictEqual(there, this.#kept)) return `I8: ${this.#kept.length} events were acknowledged, and ${there.length} are there, or others`;
    return undefined;
  }

  /** Last of all: whatever is done to it is refused. */
  async #tampered(): Promise<string | undefined> {
    if (this.#kept.length < 2) return undefined;
    await this.#journal.seal();
    const at = 1 + this.#chance.below(this.#kept.length);
    const [what, sql] = this.#chance.weighted<readonly [string, string]>([
      [1, ['edited', `UPDATE events SET body = replace(body, 'run-', 'forged-') WHERE seq = ${at}`]],
      [1, ['taken out', `DELETE FROM events WHERE seq = ${at}`]],
      [1, ['torn', `UPDATE events SET body = substr(body, 1, 12) WHERE seq = ${at}`]],
      [1, ['cut off', `DELETE FROM events WHERE seq >= ${at}`]],
    ]);
    this.#beside((db) => db.exec(`DROP TRIGGER events_keep_what_is; DROP TRIGGER events_keep_all; ${sql}`));
    try {
      const read = [...this.#journal.read(0)];
      return `I10: the row ${at} was ${what}, and ${read.length} events were believed`;
    } catch (error) {
      return error instanceof TrunklineError ? undefined : `the row ${at} was ${what}: ${String(error)}`;
    }
  }
}

/** @returns what went against the rules; undefined for nothing. */
export async function diskTrial(seed: number): Promise<string | undefined> {
  try {
    return await new Disk(seed).run();
  } catch (error) {
    return `the journal threw ${error instanceof Error ? error.stack ?? error.message : String(error)}`;
  }
}
