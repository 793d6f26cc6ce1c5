import type { Instant } from '../foundation/units.ts';
import type { Attempt } from './attempt.ts';

/** An attempt that is over, with its end known. */
export type Ended = Attempt & { readonly endedAt: Instant };

/** A run that brought production a revision which it did not have. */
export interface Deployment {
  readonly attempt: Ended;
  /** A later run had to put an earlier release back. */
  readonly undone: boolean;
}

/** What came to production, in that order: successes, and rollbacks that reached some regions. */
export function successes(attempts: readonly Attempt[]): readonly Ended[] {
  return attempts
    .filter((attempt): attempt is Ended => (attempt.outcome === 'SUCCEEDED' || (attempt.kind === 'ROLLBACK' && attempt.production === 'changed')) && attempt.endedAt !== undefined && attempt.production !== 'none')
    .sort((a, b) => a.endedAt - b.endedAt || a.startedAt - b.startedAt);
}

/** Each run at most once, whatever number of attempts it took. */
export function deploymentsOf(attempts: readonly Attempt[]): readonly Deployment[] {
  const deployments: Deployment[] = [];
  const counted = new Set<string>();
  let live: string | undefined;
  let rolledBackAt: Instant | undefined;
  for (const attempt of successes(attempts)) {
    const hasChanged = attempt.production === undefined ? attempt.revision !== live : attempt.production === 'changed';
    live = attempt.revision;
    if (attempt.kind === 'ROLLBACK') {
      // One rollback is a run for each release that regions go back to, all of one beginning.
      const isSame = rolledBackAt === attempt.startedAt;
      rolledBackAt = attempt.startedAt;
      const last = isSame ? -1 : deployments.findLastIndex(({ undone }) => !undone);
      const bad = deployments[last];
      if (bad) deployments[last] = { ...bad, undone: true };
    } else if (hasChanged && !counted.has(attempt.run)) {
      counted.add(attempt.run);
      deployments.push({ attempt, undone: false });
    }
  }
  return deployments;
}
