import { TrunklineError } from '../foundation/errors.ts';

/** Somebody else wrote: what was decided rests on a stream that is no longer the latest. */
export function journalConflict(expected: number, head: number): TrunklineError {
  return new TrunklineError('JOURNAL_CONFLICT', 'infra',
    `the journal ends at ${head}, not at ${expected}: another writer came between`,
    'read the journal again and decide anew; only one host may write to a state folder');
}
