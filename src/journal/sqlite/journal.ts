import { chmodSync } from 'node:fs';
import { DatabaseSync } from 'node:sqlite';
import { TrunklineError } from '../../foundation/errors.ts';
import { journalConflict } from '../conflict.ts';
import type { Event, Recorded } from '../events.ts';
import type { ChainVerdict, Head, HeadSigner, HeadTrust } from '../head.ts';
import type { Journal, JournalReader } from '../journal.ts';
import { corrupt, journalFault, tampered } from './faults.ts';
import { keepHead, openHeads, type Heads } from './heads.ts';
import { chainOf, eventOf, rowsAfter } from './rows.ts';
import { isEmpty, prepareSchema, requireSchema } from './schema.ts';

export interface ChainedJournal { verifyChain(): ChainVerdict }

/**
 * Opens the journal at `path` for writing, and makes it when it is not there. Its folder must exist.
 * @throws {TrunklineError} `JOURNAL_CORRUPT`, `JOURNAL_NEWER`, `JOURNAL_UNREADABLE`, `JOURNAL_FULL`; all name the file.
 */
export function openJournal(path: string, keys: HeadSigner & HeadTrust): Journal & ChainedJournal {
  const db = open(path, false, (opened) => {
    // FULL: the log is synced at every commit, so that what is acknowledged survives a power cut.
    opened.exec('PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; PRAGMA fullfsync = ON');
    prepareSchema(opened, path);
    chmodSync(path, 0o600);
  });
  const heads = openHeads(db, path, keys);
  const written: Written = {};
  const reading = reader(db, path, heads, { proven: (last) => {
    if (last.seq >= (written.last?.seq ?? 0)) written.last = last;
  } });
  return { ...reading, append: appender(db, path, written), seal: sealer({ db, path, heads, keys, written, verifyChain: () => reading.verifyChain() }) };
}

/** For other processes: works beside a living writer, also one that has only just begun, after it ended, and after it was killed. */
export function openJournalReadOnly(path: string, trust: HeadTrust): JournalReader & ChainedJournal {
  let isNew = false;
  const db = open(path, true, (opened) => {
    isNew = isEmpty(opened);
    if (!isNew) requireSchema(opened, path);
  });
  return reader(db, path, openHeads(db, path, trust), { isNew });
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

const NOTHING: Head = { seq: 0, chain: '' };

interface Reading {
  /** The first writer has made the file, and not yet the table in it. */
  readonly isNew?: boolean;
  /** Told the last row, where all rows were read from the first one on and hold. */
  readonly proven?: (last: Head) => void;
}

function reader(db: DatabaseSync, path: string, heads: Heads, { isNew = false, proven = () => undefined }: Reading): JournalReader & ChainedJournal {
  /** Every event after `after` with its head, each checked. */
  function* checked(after: number): Generator<{ readonly event: Recorded; readonly head: Head }> {
    try {
      // Before the rows: what a head names was on disk before the head.
      const signed = heads.newest();
      let previous = after === 0 ? NOTHING : headAt(db, after) ?? { seq: after, chain: '' };
      for (const row of isNew ? [] : rowsAfter(db, after)) {
        if (previous.chain === '' && after > 0) throw corrupt(path, `row ${after} is missing`);
        const event = eventOf(row, previous, path);
        previous = { seq: row.seq, chain: row.chain };
        if (signed?.seq === row.seq && signed.chain !== row.chain) throw unlikeHeads(db, path, heads, signed);
        yield { event, head: previous };
      }
      if (signed && signed.seq > previous.seq) throw unlikeHeads(db, path, heads, previous);
      if (after === 0) proven(previous);
    } catch (thrown) {
      throw journalFault(thrown, path);
    }
  }

  return {
    *read(after: number): Generator<Recorded> {
      for (const { event } of checked(after)) yield event;
    },
    head: () => (isNew ? 0 : guarded(path, () => Number(db.prepare('SELECT COALESCE(MAX(seq), 0) AS seq FROM events').get()!['seq']))),
    verifyChain(): ChainVerdict {
      let last = NOTHING;
      try {
        const all = heads.all();
        for (const { head } of checked(0)) last = head;
        return { whole: true, events: last.seq, head: last.chain, signedUpTo: all.at(-1)?.seq ?? 0 };
      } catch (thrown) {
        if (!(thrown instanceof TrunklineError)) throw thrown;
        return { whole: false, brokenAt: last.seq + 1, error: thrown };
      }
    },
    close: () => db.close(),
  };
}

function headAt(db: DatabaseSync, seq: number): Head | undefined {
  const row = db.prepare('SELECT chain FROM events WHERE seq = ?').get(seq);
  return row && { seq, chain: String(row['chain']) };
}

/**
 * Rows whose chain was made anew by somebody without the key, or that are gone. The heads that still hold say where that
 * began. @param last the last row there is, or the one at which it showed.
 */
function unlikeHeads(db: DatabaseSync, path: string, heads: Heads, last: Head): TrunklineError {
  const all = heads.all();
  const fails = ({ seq, chain }: Head): boolean => headAt(db, seq)?.chain !== chain;
  const first = all.find(fails) ?? last;
  const from = Math.max(0, ...all.filter((head) => head.seq < first.seq && !fails(head)).map(({ seq }) => seq)) + 1;
  if (headAt(db, first.seq) === undefined) return tampered(path, `it ends at row ${last.seq}, and row ${first.seq} was signed: rows from ${from} on are missing or changed`);
  return tampered(path, from === first.seq ? `row ${from} is not the one that was signed` : `of the rows from ${from} to ${first.seq} one at least is not what was signed`);
}

/** The last row that this process wrote, or has read after all before it: nobody else writes while it lives. */
interface Written { last?: Head }

function appender(db: DatabaseSync, path: string, written: Written): Journal['append'] {
  const begin = db.prepare('BEGIN IMMEDIATE');
  const commit = db.prepare('COMMIT');
  const tail = db.prepare('SELECT seq, chain FROM events ORDER BY seq DESC LIMIT 1');
  const insert = db.prepare('INSERT INTO events (seq, body, chain) VALUES (?, ?, ?)');

  return (after: number, events: readonly Event[]): readonly Recorded[] => guarded(path, () => {
    const bodies = events.map((event) => JSON.stringify(event));
    begin.run();
    let last: Head;
    try {
      last = tail.get() as Head | undefined ?? NOTHING;
      if (last.seq !== after) throw journalConflict(after, last.seq);
      if (written.last?.seq === last.seq && written.last.chain !== last.chain) throw tampered(path, `row ${last.seq} was changed after it was written`);
      for (const body of bodies) {
        const seq = last.seq + 1;
        last = { seq, chain: chainOf(last.chain, seq, body) };
        insert.run(seq, body, last.chain);
      }
      commit.run();
    } catch (thrown) {
      // A full disk has already ended the transaction.
      if (db.isTransaction) db.exec('ROLLBACK');
      throw thrown;
    }
    written.last = last;
    return bodies.map((body, index) => ({ ...(JSON.parse(body) as Event), seq: after + index + 1 }));
  });
}

interface Sealing {
  readonly db: DatabaseSync;
  readonly path: string;
  readonly heads: Heads;
  readonly keys: HeadSigner;
  readonly written: Written;
  readonly verifyChain: () => ChainVerdict;
}

/** One head at a time; what was asked for meanwhile is one more. */
function sealer({ db, path, heads, keys, written, verifyChain }: Sealing): Journal['seal'] {
  let before = Promise.resolve();
  const seal = async (): Promise<void> => {
    const last = written.last ?? wholeUpTo(verifyChain());
    if (last.seq <= (heads.newest()?.seq ?? 0)) return;
    const envelope = await keys.sign(last);
    guarded(path, () => keepHead(db, path, envelope));
  };
  return () => {
    const next = before.then(seal);
    before = next.catch(() => undefined); // whoever asked is told
    return next;
  };
}

function wholeUpTo(verdict: ChainVerdict): Head {
  if (!verdict.whole) throw verdict.error;
  return { seq: verdict.events, chain: verdict.head };
}

function guarded<Result>(path: string, act: () => Result): Result {
  try {
    return act();
  } catch (thrown) {
    throw journalFault(thrown, path);
  }
}
