import { TrunklineError } from '../../foundation/errors.ts';

/** Primary result codes of SQLite that a person can do something about. */
const BUSY = 5, READONLY = 8, IOERR = 10, CORRUPT = 11, FULL = 13, CANTOPEN = 14, NOTADB = 26;

/** What the file system says of the file beside the database, which holds its head. */
const UNWRITABLE: ReadonlySet<unknown> = new Set(['ENOSPC', 'EDQUOT', 'EIO', 'EROFS']);

/** What SQLite threw, as an error that says what to do; anything else is given back as it is. */
export function journalFault(thrown: unknown, path: string): unknown {
  if (UNWRITABLE.has((thrown as { code?: unknown } | null)?.code)) return full(path, (thrown as Error).message);
  const code = sqliteCode(thrown);
  if (code === undefined) return thrown;
  const why = (thrown as Error).message;
  switch (code) {
    case FULL:
    case IOERR:
      return full(path, why);
    case CORRUPT:
    case NOTADB:
      return corrupt(path, why);
    case BUSY:
      return new TrunklineError('JOURNAL_BUSY', 'infra', `the journal ${path} is held by another process: ${why}`, 'end the other program that has this file open, then try again');
    case READONLY:
    case CANTOPEN:
      return new TrunklineError('JOURNAL_UNREADABLE', 'infra', `the journal ${path} cannot be opened: ${why}`, 'check that the state folder exists and belongs to the user who runs this');
    default:
      return thrown;
  }
}

function full(path: string, why: string): TrunklineError {
  return new TrunklineError('JOURNAL_FULL', 'infra', `nothing could be written to the journal ${path}: ${why}`,
    'free space on that disk (a full disk, a quota or a failing disk all look like this), then start again: nothing that was acknowledged is lost');
}

export function corrupt(path: string, why: string): TrunklineError {
  return new TrunklineError('JOURNAL_CORRUPT', 'infra', `the journal ${path} is damaged: ${why}`,
    'nothing is guessed or left out: put the file back from a backup, or move it and its head aside to begin a new history');
}

/** Somebody wrote to the journal who is not its host. `why` names the first row at fault, or what is gone. */
export function tampered(path: string, why: string): TrunklineError {
  return new TrunklineError('JOURNAL_TAMPERED', 'refused', `the journal ${path} is not what was written: ${why}`,
    'nothing goes on from it: put the journal and its head back from one backup, or move both aside to begin a new history; then find out who can write there');
}

/** The primary code of an error of SQLite; extended codes carry it in their lowest byte. */
export function sqliteCode(thrown: unknown): number | undefined {
  const code = (thrown as { code?: unknown } | null)?.code === 'ERR_SQLITE_ERROR' ? (thrown as { errcode?: unknown }).errcode : undefined;
  return typeof code === 'number' ? code & 0xff : undefined;
}

export const isBusy = (thrown: unknown): boolean => sqliteCode(thrown) === BUSY;
