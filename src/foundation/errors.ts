/**
 * How an error is to be met.
 * - `usage`: the call was wrong; nothing was done.
 * - `refused`: a rule forbids it (not trunk, not signed, not authorised); nothing was done.
 * - `infra`: the machinery failed, not the change; worth another attempt.
 * - `code`: the change failed; another attempt would fail again.
 * - `bug`: Trunkline itself is wrong.
 */
export type ErrorClass = 'usage' | 'refused' | 'infra' | 'code' | 'bug';

/** An error as it is journalled and answered: plain data, no stack, no secret. */
export interface ErrorRecord {
  readonly code: string;
  readonly class: ErrorClass;
  /** What happened and why, in one sentence. */
  readonly message: string;
  /** What to do next. */
  readonly hint?: string;
  /** The last lines of what was printed, already masked. */
  readonly lastLines?: readonly string[];
}

/** The one error class that Trunkline throws on purpose; anything else that is thrown is a bug. */
export class TrunklineError extends Error {
  override readonly name = 'TrunklineError';
  readonly record: ErrorRecord;

  /** @param code stable words in capitals, such as `NOT_ON_TRUNK`; never renamed once released. */
  constructor(code: string, kind: ErrorClass, message: string, hint?: string, lastLines?: readonly string[]) {
    super(message);
    this.record = {
      code,
      class: kind,
      message,
      ...(hint === undefined ? {} : { hint }),
      ...(lastLines === undefined || lastLines.length === 0 ? {} : { lastLines }),
    };
  }
}

/** Faults of the machine that any call of the file system may meet: nobody's bug, and each with a remedy. */
const MACHINE_FAULTS: { readonly [errno: string]: Pick<ErrorRecord, 'code' | 'message' | 'hint'> } = {
  ENOSPC: { code: 'DISK_FULL', message: 'the disk is full', hint: 'free some space, for example with "trunkline gc", and try again' },
  EDQUOT: { code: 'DISK_FULL', message: 'the disk quota is used up', hint: 'free some space, for example with "trunkline gc", and try again' },
  EMFILE: { code: 'TOO_MANY_FILES', message: 'too many files are open', hint: 'raise the limit with "ulimit -n 4096" and try again' },
  ENFILE: { code: 'TOO_MANY_FILES', message: 'too many files are open on this machine', hint: 'end other programs and try again' },
  EACCES: { code: 'STORAGE_DENIED', message: 'the file system does not allow it', hint: 'make it accessible to the user that runs Trunkline' },
  EROFS: { code: 'STORAGE_DENIED', message: 'the file system is read-only', hint: 'make it writable, or give another state folder with --state' },
};

/**
 * Any thrown value as a record. What is neither a {@link TrunklineError}, nor an abort because of one, nor a fault of the
 * machine, nor a deadline of the platform's becomes `BUG`.
 */
export function errorRecord(thrown: unknown): ErrorRecord {
  if (thrown instanceof TrunklineError) return thrown.record;
  // What the platform aborts rejects with an error of the platform's, whose cause is why it was aborted.
  if (thrown instanceof Error && thrown.name === 'AbortError' && thrown.cause instanceof Error) return errorRecord(thrown.cause);
  const message = thrown instanceof Error ? thrown.message : String(thrown);
  const fault = MACHINE_FAULTS[(thrown as NodeJS.ErrnoException | null | undefined)?.code ?? ''];
  if (fault) return { ...fault, class: 'infra', message: `${fault.message}: ${message}` };
  if (thrown instanceof Error && thrown.name === 'TimeoutError') return { code: 'TOO_LATE', class: 'infra', message: `no answer came in time: ${message}`, hint: 'look at the load of the machine, and try again' };
  return { code: 'BUG', class: 'bug', message, hint: 'this is a fault of Trunkline itself; please report it with the log of the run' };
}
