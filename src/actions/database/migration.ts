import { readdir, readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { digestOf } from '../../foundation/digest.ts';
import { TrunklineError } from '../../foundation/errors.ts';
import type { Digest } from '../../foundation/units.ts';
import { statementsOf, transactionBorder } from './sql.ts';

/** One file of changes, as dbmate reads it: `<id>_<what>.sql` with a part `-- migrate:up` and a part `-- migrate:down`. */
export interface Migration {
  /** The digits that its name begins with. */
  readonly id: string;
  readonly file: string;
  readonly sql: string;
  readonly sha256: Digest;
  /** Of the file's bytes: of another encoding than UTF-8 they are not those of `sql`. */
  readonly content: Digest;
  /** Applied in one transaction, whole or not at all. */
  readonly transactional: boolean;
  /** The part that is applied. */
  readonly up: string;
}

/** Ids are numbers, whatever their leading zeros. */
export function compareIds(a: string, b: string): number {
  const difference = BigInt(a) - BigInt(b);
  return difference < 0n ? -1 : difference > 0n ? 1 : 0;
}

/**
 * The migrations of a folder in the order of their ids.
 * @throws {TrunklineError} `MIGRATIONS_MISSING`, or `MIGRATION_INVALID` for a file that would be passed over or can't be applied.
 */
export async function readMigrations(folder: string): Promise<readonly Migration[]> {
  const names = await readdir(folder).catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT' || error.code === 'ENOTDIR') return [];
    throw error;
  });
  const files = names.filter((name) => /\.sql$/i.test(name));
  const shouted = files.find((name) => !name.endsWith('.sql'));
  if (shouted !== undefined) throw invalid(shouted, 'does not end with ".sql" in small letters, so it would never be applied');
  if (files.length === 0) throw new TrunklineError('MIGRATIONS_MISSING', 'usage', `there are no migrations in ${folder}`, 'write one, or correct the name of the folder');
  const migrations = await Promise.all(files.map(async (file) => {
    const path = join(folder, file);
    if (!(await stat(path)).isFile()) throw invalid(file, 'is no file');
    const bytes = await readFile(path);
    return { ...parseMigration(file, bytes.toString('utf8')), content: digestOf(bytes) };
  }));
  migrations.sort((a, b) => compareIds(a.id, b.id));
  for (const [index, { id, file }] of migrations.entries()) {
    const next = migrations[index + 1];
    if (next && compareIds(id, next.id) === 0) throw invalid(next.file, `has the same id as ${file}`);
  }
  return migrations;
}

const UP = /^--\s*migrate:up(?:[ \t]+(.*))?\s*$/m;
const DOWN = /^--\s*migrate:down(?:[ \t].*)?\s*$/m;
/** As widely as dbmate looks for the beginning of a part, so that it never sees one more than is seen here. */
const PARTS = /^--\s*migrate:(up|down)/gm;
/** Whoever writes these makes a migration look applied that is not. */
const RECORDS = /\b(?:schema_migrations|trunkline\s*\.\s*"?ledger)\b/i;
const OPTION = /^transaction:(?:true|false)$/;

export function parseMigration(file: string, sql: string): Migration {
  const id = /^\d+/.exec(file)?.[0];
  if (id === undefined) throw invalid(file, 'has a name that does not begin with a number, so it would never be applied');
  const begin = UP.exec(sql);
  const end = DOWN.exec(sql);
  if (!begin) throw invalid(file, 'lacks the line "-- migrate:up"');
  if (!end || end.index < begin.index) throw invalid(file, 'lacks the line "-- migrate:down" after its changes (it may be empty: no change is ever taken back)');
  const parts = [...sql.matchAll(PARTS)].map(([, part]) => part);
  if (parts.join() !== 'up,down') throw invalid(file, `has the parts ${parts.join(', ')}, and one up and one down are applied as one: write a file for each change`);
  const [stray] = statementsOf(sql.slice(0, begin.index));
  if (stray !== undefined) throw invalid(file, `has a statement before "-- migrate:up", which would never be applied: ${stray.slice(0, 100)}`);
  const odd = (begin[1] ?? '').split(/\s+/).find((option) => option !== '' && !OPTION.test(option));
  if (odd !== undefined) throw invalid(file, `gives "-- migrate:up" the option ${JSON.stringify(odd.slice(0, 40))}, and "transaction:false" is the only one`);
  const up = sql.slice(begin.index + begin[0].length, end.index);
  if (RECORDS.test(up)) throw invalid(file, 'speaks of schema_migrations or trunkline.ledger, which say what was applied and are not its own');
  const transactional = !/\btransaction:false\b/.test(begin[1] ?? '');
  const border = transactional ? transactionBorder(up) : undefined;
  if (border !== undefined) throw invalid(file, `begins or ends a transaction by itself ("${border}"); leave that out, or write "-- migrate:up transaction:false"`);
  return { id, file, sql, sha256: digestOf(sql), content: digestOf(sql), transactional, up };
}

function invalid(file: string, why: string): TrunklineError {
  return new TrunklineError('MIGRATION_INVALID', 'code', `${file} ${why}`, 'correct the file');
}
