import type { Instant } from '../foundation/units.ts';
import type { Attempt, AttemptCommit } from './attempt.ts';
import { successes, type Ended } from './production.ts';

/** What one success brought to production for the first time. */
export interface Arrival {
  readonly attempt: Ended;
  /** Those that count, oldest first. */
  readonly commits: readonly AttemptCommit[];
  /** Commits that arrived together with their reverts, and so changed nothing. */
  readonly neutralised: number;
  /** Commits pushed before the first that was ever seen: their push time is not known. */
  readonly censored: number;
}

/** Each commit arrives once: with the first success whose range contains it. A later rollback does not undo that. */
export function arrivalsOf(attempts: readonly Attempt[], firstSeen: Instant = -Infinity): readonly Arrival[] {
  const arrived = new Set<string>();
  return successes(attempts).filter(({ kind }) => kind === 'STANDARD').map((attempt) => {
    const once = new Map(attempt.commits.map((commit) => [commit.id, commit]));
    const fresh = [...once.values()].filter(({ id, orphaned }) => !arrived.has(id) && !orphaned).sort((a, b) => a.pushedAt - b.pushedAt);
    for (const { id } of fresh) arrived.add(id);
    const gone = neutralisedIn(fresh);
    const rest = fresh.filter(({ id }) => !gone.has(id));
    const commits = rest.filter(({ pushedAt }) => pushedAt >= firstSeen);
    return { attempt, commits, neutralised: gone.size, censored: rest.length - commits.length };
  });
}

/** Commits that left the trunk, each with the start of the first attempt that carried it. */
export function orphansOf(attempts: readonly Attempt[]): ReadonlyMap<string, Instant> {
  const orphans = new Map<string, Instant>();
  for (const { commits, startedAt } of attempts) {
    for (const { id } of commits.filter((commit) => commit.orphaned)) orphans.set(id, Math.min(startedAt, orphans.get(id) ?? Infinity));
  }
  return orphans;
}

/** From the newest back, so that the revert of a revert makes the first commit count again. `commits` are oldest first. */
function neutralisedIn(commits: readonly AttemptCommit[]): ReadonlySet<string> {
  const here = new Set(commits.map(({ id }) => id));
  const gone = new Set<string>();
  for (const { id, reverts = [] } of commits.toReversed()) {
    if (gone.has(id) || reverts.length === 0) continue;
    const together = reverts.filter((target) => target !== id && here.has(target) && !gone.has(target));
    for (const target of together) gone.add(target);
    if (together.length === reverts.length) gone.add(id);
  }
  return gone;
}
