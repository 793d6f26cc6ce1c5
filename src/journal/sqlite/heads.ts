import { closeSync, fsyncSync, openSync, readFileSync, renameSync, writeSync } from 'node:fs';
import { dirname } from 'node:path';
import type { DatabaseSync } from 'node:sqlite';
import type { Head, HeadTrust } from '../head.ts';
import { tampered } from './faults.ts';

/**
 * Signed heads lie in two places: all of them in the database, the latest also in a file beside it. The file is
 * written first, so it is never behind the table; whichever of the two is put back or cut, the other tells.
 */
export interface Heads {
  /** The newest head that is believed. @throws {TrunklineError} `JOURNAL_TAMPERED` when a head was forged or is gone. */
  newest(): Head | undefined;
  /** Every head that is believed, oldest first. @throws {TrunklineError} `JOURNAL_TAMPERED` as {@link newest}. */
  all(): readonly Head[];
}

/** Where the latest head of the journal at `path` lies. */
export function headPath(path: string): string {
  return `${path.replace(/\.db$/, '')}.head`;
}

export function openHeads(db: DatabaseSync, path: string, trust: HeadTrust): Heads {
  const opened = new Map<string, ReturnType<HeadTrust['open']>>();
  const prove = (text: string, where: string): Head | undefined => {
    const proof = opened.get(text) ?? trust.open(text);
    opened.set(text, proof);
    if ('forged' in proof) throw tampered(path, `the signed head in ${where} is not genuine: ${proof.forged}`);
    return 'head' in proof ? proof.head : undefined;
  };
  const inTable = (): readonly string[] => (hasHeads(db)
    ? db.prepare('SELECT envelope FROM heads ORDER BY id').all().map(({ envelope }) => String(envelope)) : []);
  const lastInTable = (): string | undefined => (hasHeads(db)
    ? db.prepare('SELECT envelope FROM heads ORDER BY id DESC LIMIT 1').get()?.['envelope'] as string | undefined : undefined);

  /** The table is read before the file: the other way round a head that is just being written would seem to be gone. */
  const newest = (last: string | undefined): Head | undefined => {
    const kept = last === undefined ? undefined : prove(last, 'the database');
    const file = readHeadFile(path);
    const beside = file === undefined ? undefined : prove(file, headPath(path));
    requireSigned(db, path, file === undefined && last === undefined, beside ?? kept);
    if (last !== undefined && file === undefined) throw tampered(path, `its latest signed head is gone from ${headPath(path)}`);
    if (kept && beside && beside.seq < kept.seq) {
      throw tampered(path, `${headPath(path)} speaks of row ${beside.seq}, and the database of row ${kept.seq}: the file is an older one`);
    }
    return beside ?? kept;
  };

  return {
    newest: () => newest(lastInTable()),
    all: () => {
      const texts = inTable();
      const latest = newest(texts.at(-1));
      return [...texts.flatMap((text) => prove(text, 'the database') ?? []), ...(latest ? [latest] : [])].sort((one, other) => one.seq - other.seq);
    },
  };
}

/**
 * Heads that were taken away show in what stands behind the newest that is left. An approval comes after the ends of
 * four stages, each signed as it ended; and a first pass of Prod was signed long before a second one.
 * @param head the newest that is believed; where there are heads that are not, such as of a revoked key, nothing is asked.
 */
function requireSigned(db: DatabaseSync, path: string, hasNone: boolean, head: Head | undefined): void {
  if (!hasTable(db, 'events')) return;
  if (hasNone) {
    const approval = db.prepare("SELECT seq FROM events WHERE type = 'approval-requested' OR type = 'approval-given' LIMIT 1").get()?.['seq'];
    if (approval !== undefined) throw tampered(path, `row ${String(approval)} speaks of an approval, and no signed head is left of the stages before it`);
  }
  if (!head) return;
  const passes = db.prepare("SELECT seq FROM events WHERE seq > ? AND type = 'stage-passed' AND json_extract(body, '$.stage') = 'prod' ORDER BY seq LIMIT 2").all(head.seq);
  if (passes.length > 1) throw tampered(path, `in row ${String(passes[0]!['seq'])} a release passed Prod, and the newest signed head is of row ${head.seq}: the heads after it were taken away`);
}

/** Writes a signed head to both places, synced: first beside the database, then into it. */
export function keepHead(db: DatabaseSync, path: string, envelope: string): void {
  const file = headPath(path);
  const written = openSync(`${file}.new`, 'w', 0o600);
  try {
    writeSync(written, `${envelope}\n`);
    fsyncSync(written);
  } finally {
    closeSync(written);
  }
  renameSync(`${file}.new`, file);
  syncFolder(dirname(file));
  db.prepare('INSERT INTO heads (envelope) VALUES (?)').run(envelope);
}

function syncFolder(folder: string): void {
  const opened = openSync(folder, 'r');
  try {
    fsyncSync(opened);
  } finally {
    closeSync(opened);
  }
}

function readHeadFile(path: string): string | undefined {
  try {
    return readFileSync(headPath(path), 'utf8').trim();
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw error;
  }
}

/** Journals of before there were heads have no table for them until they are next written. */
function hasHeads(db: DatabaseSync): boolean {
  return hasTable(db, 'heads');
}

function hasTable(db: DatabaseSync, name: 'heads' | 'events'): boolean {
  return db.prepare("SELECT 1 FROM sqlite_schema WHERE type = 'table' AND name = ?").get(name) !== undefined;
}
