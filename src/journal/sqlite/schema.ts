import type { DatabaseSync } from 'node:sqlite';
import { TrunklineError } from '../../foundation/errors.ts';
import { corrupt } from './faults.ts';

/** Marks the file as a journal of Trunkline: "trnk". */
const APPLICATION = 0x74726e6b;
const VERSION = 1;

/**
 * `body` is the event, `at` and `type` are read out of it for people who query by hand, and `chain` ties each row to
 * all rows before it. The triggers keep the table append-only and without gaps, whoever writes to it.
 */
const SCHEMA = `
  CREATE TABLE events (
    seq   INTEGER PRIMARY KEY,
    body  TEXT NOT NULL,
    chain TEXT NOT NULL,
    at    ANY GENERATED ALWAYS AS (iif(json_valid(body), json_extract(body, '$.at'), NULL)) VIRTUAL,
    type  ANY GENERATED ALWAYS AS (iif(json_valid(body), json_extract(body, '$.type'), NULL)) VIRTUAL
  ) STRICT;
  CREATE TRIGGER events_keep_what_is BEFORE UPDATE ON events BEGIN SELECT RAISE(ABORT, 'the journal is append-only'); END;
  CREATE TRIGGER events_keep_all BEFORE DELETE ON events BEGIN SELECT RAISE(ABORT, 'the journal is append-only'); END;
  CREATE TRIGGER events_have_no_gap BEFORE INSERT ON events WHEN NEW.seq <> (SELECT COALESCE(MAX(seq), 0) + 1 FROM events)
    BEGIN SELECT RAISE(ABORT, 'the journal has no gaps'); END;
  PRAGMA application_id = ${APPLICATION};
  PRAGMA user_version = ${VERSION};
`;

/** Signed heads. Made when the journal is next written, so that a journal of before them goes on as it is. */
const HEADS = `
  CREATE TABLE IF NOT EXISTS heads (id INTEGER PRIMARY KEY, envelope TEXT NOT NULL) STRICT;
  CREATE TRIGGER IF NOT EXISTS heads_keep_what_is BEFORE UPDATE ON heads BEGIN SELECT RAISE(ABORT, 'the journal is append-only'); END;
  CREATE TRIGGER IF NOT EXISTS heads_keep_all BEFORE DELETE ON heads BEGIN SELECT RAISE(ABORT, 'the journal is append-only'); END;
`;

/** Makes the table in an empty file, and refuses a file that is something else or newer. */
export function prepareSchema(db: DatabaseSync, path: string): void {
  db.exec('BEGIN IMMEDIATE');
  try {
    if (isEmpty(db)) db.exec(SCHEMA);
    requireSchema(db, path);
    db.exec(HEADS);
    db.exec('COMMIT');
  } catch (thrown) {
    if (db.isTransaction) db.exec('ROLLBACK');
    throw thrown;
  }
}

/** @throws {TrunklineError} `JOURNAL_NEWER`, or `JOURNAL_CORRUPT` for a file that is no journal. */
export function requireSchema(db: DatabaseSync, path: string): void {
  if (pragma(db, 'application_id') !== APPLICATION) throw corrupt(path, 'it is a database of another program');
  const version = pragma(db, 'user_version');
  if (version > VERSION) {
    throw new TrunklineError('JOURNAL_NEWER', 'refused',
      `the journal ${path} was written by a newer Trunkline (format ${version}; this one reads up to ${VERSION})`,
      'run the newer version; an older one must not write to this file');
  }
}

/** Whether nothing was ever made in the file. */
export function isEmpty(db: DatabaseSync): boolean {
  return db.prepare('SELECT COUNT(*) AS count FROM sqlite_schema').get()?.['count'] === 0;
}

function pragma(db: DatabaseSync, name: 'application_id' | 'user_version'): number {
  return Number(db.prepare(`PRAGMA ${name}`).get()?.[name]);
}
