import { hash } from 'node:crypto';
import type { DatabaseSync } from 'node:sqlite';
import type { Event, Recorded } from '../events.ts';
import type { Head } from '../head.ts';
import { corrupt, tampered } from './faults.ts';

export interface Row { readonly seq: number; readonly body: string; readonly chain: string }

/** Ties a row to every row before it: changing, inserting or taking out any of them shows in all that follow. */
export function chainOf(previous: string, seq: number, body: string): string {
  return hash('sha256', `${previous}\n${seq}\n${body}`, 'hex');
}

/** What one query brings: whoever reads in pieces takes as much in one of them. */
export const PAGE = 128;

/** Rows after `after`, a page at a time: no transaction stays open between pages, so readers never hold back a writer. */
export function* rowsAfter(db: DatabaseSync, after: number): Generator<Row> {
  const page = db.prepare('SELECT seq, body, chain FROM events WHERE seq > ? ORDER BY seq LIMIT ?');
  for (let last = after; ;) {
    const rows = page.all(last, PAGE) as unknown as Row[];
    if (rows.length === 0) return;
    yield* rows;
    last = rows[rows.length - 1]!.seq;
  }
}

/**
 * The event of a row that follows `previous`.
 * @throws {TrunklineError} `JOURNAL_CORRUPT` when it holds no event, `JOURNAL_TAMPERED` when it is not the one that was
 * written there; both name the row.
 */
export function eventOf(row: Row, previous: Head, path: string): Recorded {
  if (row.seq !== previous.seq + 1) throw corrupt(path, `row ${previous.seq + 1} is missing`);
  let event: unknown;
  try {
    event = JSON.parse(row.body);
  } catch {
    throw corrupt(path, `row ${row.seq} is not JSON`);
  }
  if (!isEvent(event)) throw corrupt(path, `row ${row.seq} is not an event`);
  if (row.chain !== chainOf(previous.chain, row.seq, row.body)) throw tampered(path, `row ${row.seq} was changed, put in or moved`);
  return { ...event, seq: row.seq };
}

function isEvent(value: unknown): value is Event {
  const event = value as { at?: unknown; type?: unknown } | null;
  return typeof event === 'object' && event !== null && typeof event.at === 'number' && typeof event.type === 'string';
}
