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
}

export interface AttemptCommit {
  readonly id: string;
  readonly pushedAt: Instant;
  /** The commit that this one reverts. */
  readonly reverts?: string;
  /** Left the trunk by a force-push. */
  readonly orphaned?: boolean;
}
