import type { Fact } from '../../core/facts.ts';
import type { Effect } from '../../core/owed.ts';
import type { ErrorRecord } from '../../foundation/errors.ts';

/** What an effect that threw has come to: whatever it was, it concerns the effect's own run, and no other. */
export function failureOf(effect: Effect, isCancelled: boolean, error: ErrorRecord): Fact {
  const { run, stage } = effect;
  switch (effect.type) {
    case 'attempt':
      return { type: 'attempt-ended', run, stage, action: effect.action.name, attempt: effect.attempt, end: isCancelled ? { state: 'cancelled' } : { state: 'failed', error } };
    case 'rollout':
      return { type: 'effect-failed', run, stage, what: effect.step, attempt: effect.attempt, error };
    case 'attest':
      return error.class === 'refused' ? { type: 'attest-refused', run, stage, fence: effect.fence, error } : { type: 'effect-failed', run, stage, fence: effect.fence, what: { type: 'attest' }, attempt: effect.attempt, error };
  }
}
