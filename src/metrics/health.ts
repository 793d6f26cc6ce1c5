import type { Instant, Millis } from '../foundation/units.ts';
import { verdictOf, type Attempt } from './attempt.ts';

/** A time during which the pipeline was healthy or not: from the first attempt of a streak to the first of the next. */
export interface HealthSpan {
  readonly health: 'green' | 'red';
  readonly from: Instant;
  readonly to: Instant;
  /** An attempt that began before its end is still under way, and may yet move it. */
  readonly provisional: boolean;
}

export interface OpenSpan {
  readonly health: 'green' | 'red';
  readonly since: Instant;
  readonly ageMs: Millis;
}

/** Every closed span, and the open one as old as it is at `until`; attempts that begin at `until` or later do not count. */
export function healthOf(attempts: readonly Attempt[], until: Instant): { readonly closed: readonly HealthSpan[]; readonly open: OpenSpan | null } {
  const inOrder = attempts.filter(({ startedAt }) => startedAt < until).sort((a, b) => a.startedAt - b.startedAt);
  const closed: HealthSpan[] = [];
  let open: { health: 'green' | 'red'; since: Instant } | undefined;
  let isUnfinished = false;
  for (const attempt of inOrder) {
    const verdict = verdictOf(attempt);
    if (attempt.outcome === 'IN_PROGRESS' && attempt.kind === 'STANDARD') isUnfinished = true;
    if (verdict === 'neutral') continue;
    const health = verdict === 'good' ? 'green' : 'red';
    if (open?.health === health) continue;
    if (open) closed.push({ health: open.health, from: open.since, to: attempt.startedAt, provisional: isUnfinished });
    open = { health, since: attempt.startedAt };
  }
  return { closed, open: open ? { ...open, ageMs: until - open.since } : null };
}
