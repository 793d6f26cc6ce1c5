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
  return db.prepare("SELECT 1 FROM sqlite_schema WHERE type = 'table' AND name = 'heads'").get() !== undefined;
}
