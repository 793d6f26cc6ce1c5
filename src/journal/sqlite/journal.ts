import { chmodSync } from 'node:fs';
import { DatabaseSync } from 'node:sqlite';
import { journalConflict } from '../conflict.ts';
import type { Event, Recorded } from '../events.ts';
import type { Journal, JournalReader } from '../journal.ts';
import { journalFault } from './faults.ts';
import { chainOf, eventOf, rowsAfter, type Row } from './rows.ts';
import { isEmpty, prepareSchema, requireSchema } from './schema.ts';

/** Whether every row is what was once written. `brokenAt` is the first that is not. */
export type ChainVerdict =
  | { readonly whole: true; readonly events: number; /** Names the whole history; keep it elsewhere to prove it later. */ readonly head: string }
  | { readonly whole: false; readonly brokenAt: number };

/** A row that was edited, put in or taken out is named; one cut off the end shows only against a head kept elsewhere. */
export interface ChainedJournal { verifyChain(): ChainVerdict }

/**
 * Opens the journal at `path` for writing, and makes it when it is not there. Its folder must exist.
 * @throws {TrunklineError} `JOURNAL_CORRUPT`, `JOURNAL_NEWER`, `JOURNAL_UNREADABLE`, `JOURNAL_FULL`; all name the file.
 */
export function openJournal(path: string): Journal & ChainedJournal {
  const db = open(path, false, (opened) => {
    // FULL: the log is synced at every commit, so that what is acknowledged survives a power cut.
    opened.exec('PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; PRAGMA fullfsync = ON');
    prepareSchema(opened, path);
    chmodSync(path, 0o600);
  });
  return { ...reader(db, path), append: appender(db, path) };
}

/** For other processes: works beside a living writer, also one that has only just begun, after it ended, and after it was killed. */
export function openJournalReadOnly(path: string): JournalReader & ChainedJournal {
  let isNew = false;
  const db = open(path, true, (opened) => {
    isNew = isEmpty(opened);
    if (!isNew) requireSchema(opened, path);
  });
  return isNew ? nothingYet(db) : reader(db, path);
}

/** What a file says whose first writer has made it, and not yet the table in it. */
function nothingYet(db: DatabaseSync): JournalReader & ChainedJournal {
  return { read: () => [], head: () => 0, verifyChain: () => ({ whole: true, events: 0, head: '' }), close: () => db.close() };
}

function open(path: string, readOnly: boolean, prepare: (db: DatabaseSync) => void): DatabaseSync {
  return guarded(path, () => {
    const db = new DatabaseSync(path, { readOnly, timeout: 5_000 });
    try {
      prepare(db);
      return db;
    } catch (thrown) {
      db.close();
      throw thrown;
    }
  });
}

function reader(db: DatabaseSync, path: string): JournalReader & ChainedJournal {
  const last = db.prepare('SELECT COALESCE(MAX(seq), 0) AS seq FROM events');

  function* rows(after: number): Generator<Row> {
    try {
      yield* rowsAfter(db, after);
    } catch (thrown) {
      throw journalFault(thrown, path);
    }
  }

  return {
    *read(after: number): Generator<Recorded> {
      let previous = after;
      for (const row of rows(after)) {
        yield eventOf(row, previous, path);
        previous = row.seq;
      }
    },
    head: () => guarded(path, () => Number(last.get()!['seq'])),
    verifyChain(): ChainVerdict {
      let head = '';
      let events = 0;
      for (const { seq, body, chain } of rows(0)) {
        if (seq !== events + 1 || chain !== chainOf(head, seq, body)) return { whole: false, brokenAt: events + 1 };
        head = chain;
        events = seq;
      }
      return { whole: true, events, head };
    },
    close: () => db.close(),
  };
}

function appender(db: DatabaseSync, path: string): Journal['append'] {
  const begin = db.prepare('BEGIN IMMEDIATE');
  const commit = db.prepare('COMMIT');
  const tail = db.prepare('SELECT seq, chain FROM events ORDER BY seq DESC LIMIT 1');
  const insert = db.prepare('INSERT INTO events (seq, body, chain) VALUES (?, ?, ?)');

  return (after: number, events: readonly Event[]): readonly Recorded[] => guarded(path, () => {
    const bodies = events.map((event) => JSON.stringify(event));
    begin.run();
    try {
      const last = tail.get() as { seq: number; chain: string } | undefined;
      const head = last?.seq ?? 0;
      if (head !== after) throw journalConflict(after, head);
      let chain = last?.chain ?? '';
      bodies.forEach((body, index) => {
        const seq = after + index + 1;
        chain = chainOf(chain, seq, body);
        insert.run(seq, body, chain);
      });
      commit.run();
    } catch (thrown) {
      // A full disk has already ended the transaction.
      if (db.isTransaction) db.exec('ROLLBACK');
      throw thrown;
    }
    return bodies.map((body, index) => ({ ...(JSON.parse(body) as Event), seq: after + index + 1 }));
  });
}

function guarded<Result>(path: string, act: () => Result): Result {
  try {
    return act();
  } catch (thrown) {
    throw journalFault(thrown, path);
  }
}
