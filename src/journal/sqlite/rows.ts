import { createHash } from 'node:crypto';
import type { DatabaseSync } from 'node:sqlite';
import type { Event, Recorded } from '../events.ts';
import { corrupt } from './faults.ts';

export interface Row { readonly seq: number; readonly body: string; readonly chain: string }

/** Ties a row to every row before it: changing, inserting or taking out any of them shows in all that follow. */
export function chainOf(previous: string, seq: number, body: string): string {
  return createHash('sha256').update(`${previous}\n${seq}\n${body}`).digest('hex');
}

const PAGE = 500;

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

/** @throws {TrunklineError} `JOURNAL_CORRUPT`, naming the row, when it holds no event or does not follow `previous`. */
export function eventOf(row: Row, previous: number, path: string): Recorded {
  if (row.seq !== previous + 1) throw corrupt(path, `row ${previous + 1} is missing`);
  let event: unknown;
  try {
    event = JSON.parse(row.body);
  } catch {
    throw corrupt(path, `row ${row.seq} is not JSON`);
  }
  if (!isEvent(event)) throw corrupt(path, `row ${row.seq} is not an event`);
  return { ...event, seq: row.seq };
}

function isEvent(value: unknown): value is Event {
  const event = value as { at?: unknown; type?: unknown } | null;
  return typeof event === 'object' && event !== null && typeof event.at === 'number' && typeof event.type === 'string';
}
