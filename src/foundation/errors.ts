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

/** Any thrown value as a record. What is not a {@link TrunklineError} becomes `BUG`. */
export function errorRecord(thrown: unknown): ErrorRecord {
  if (thrown instanceof TrunklineError) return thrown.record;
  const message = thrown instanceof Error ? thrown.message : String(thrown);
  return { code: 'BUG', class: 'bug', message, hint: 'this is a fault of Trunkline itself; please report it with the log of the run' };
}
