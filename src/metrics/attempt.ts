import type { Instant } from '../foundation/units.ts';
import type { Outcome } from '../journal/events.ts';

/** One attempt of a run, as the four metrics see it: from the journal, or imported from elsewhere. */
export interface Attempt {
  readonly run: string;
  readonly attempt: number;
  readonly kind: 'STANDARD' | 'ROLLBACK';
  readonly startedAt: Instant;
  readonly endedAt?: Instant;
  readonly outcome: Outcome | 'IN_PROGRESS';
  /** What became live, for a ROLLBACK; else the commit of the run. */
  readonly revision: string;
  /** The run's whole range: every first-parent commit since the last success, oldest first. */
  readonly commits: readonly AttemptCommit[];
  readonly rejectReason?: 'defect' | 'not-now';
  readonly cause?: 'infra' | 'code' | 'rollback';
  /**
   * What a success meant for production: a revision that it did not have, none that it did not have, or nothing
   * because the pipeline reaches no production. Where it is absent, the revisions tell.
   */
  readonly production?: 'changed' | 'unchanged' | 'none';
  /** When its release got its first share of production's traffic. */
  readonly exposedAt?: Instant;
}

export interface AttemptCommit {
  readonly id: string;
  readonly pushedAt: Instant;
  /** The commits that this one reverts. */
  readonly reverts?: readonly string[];
  /** Left the trunk by a force-push. */
  readonly orphaned?: boolean;
}

/** `good` and `bad` decide about the health of the pipeline; whatever says nothing about the change is neutral. */
export function verdictOf({ kind, outcome, rejectReason, cause }: Attempt): 'good' | 'bad' | 'neutral' {
  if (kind === 'ROLLBACK') return 'neutral';
  if (outcome === 'SUCCEEDED') return 'good';
  // Whoever stopped it, production had met it and was put back.
  if (outcome === 'STOPPED' && cause === 'rollback') return 'bad';
  return outcome === 'FAILED' || (outcome === 'REJECTED' && rejectReason === 'defect') ? 'bad' : 'neutral';
}
