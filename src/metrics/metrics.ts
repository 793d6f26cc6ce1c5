/** The four metrics, from attempts alone. Time spans are half-open, values are milliseconds, and null is "no value". */
import { TrunklineError } from '../foundation/errors.ts';
import type { Instant, Millis } from '../foundation/units.ts';
import { arrivalsOf, orphansOf, type Arrival } from './arrivals.ts';
import { verdictOf, type Attempt } from './attempt.ts';
import { healthOf, type HealthSpan, type OpenSpan } from './health.ts';
import { mean, median } from './middle.ts';
import { deploymentsOf } from './production.ts';

export interface Period {
  /** By default the first start of an attempt. */
  readonly from?: Instant;
  /** Not itself part of the period; by default `now`. */
  readonly to?: Instant;
  readonly now: Instant;
  /** When the first commit was seen: what was pushed before is not counted, for its push time is not known. */
  readonly firstSeen?: Instant;
}

export interface FourMetrics {
  /** Mean over commits, from their push to the end of the first success that contains them. */
  readonly leadTimeMs: Millis | null;
  /** Successes that changed what production runs, per day of the period. */
  readonly deploysPerDay: number;
  /** Mean length of the healthy times that ended in the period: from the first success of a streak to the next failure. */
  readonly mtbfMs: Millis | null;
  /** Mean length of the broken times that ended in the period. */
  readonly mttrMs: Millis | null;
  readonly deployments: number;
  readonly from: Instant;
  readonly to: Instant;
  /** An attempt under way may yet change the value. */
  readonly provisional: { readonly mtbf: boolean; readonly mttr: boolean };
  /** The health that lasts at the end of the period; it is in no mean. */
  readonly open: OpenSpan | null;
  /** Commits that the lead time rests on. */
  readonly commits: number;
  /** Commits that arrived together with their reverts. */
  readonly neutralised: number;
  /** Commits that left the trunk by a force-push. */
  readonly orphaned: number;
  /** Commits older than the first that was ever seen. */
  readonly censored: number;
  readonly secondary: SecondaryMetrics;
}

/** What others call by the same names, and what helps to read the four. Never mixed with them. */
export interface SecondaryMetrics {
  /** As DORA has it: the median over commits. */
  readonly leadTimeMedianMs: Millis | null;
  /** Mean over deployed runs, each from its oldest commit. */
  readonly leadTimePerRunMs: Millis | null;
  /** Mean over commits, to the first share of production's traffic. */
  readonly firstExposureMs: Millis | null;
  /** As DORA has it: the share of changes to production that had to be taken back, at once or later. */
  readonly changeFailureRate: number | null;
  /** Failed attempts that started in the period. */
  readonly failures: { readonly all: number; readonly infra: number; readonly code: number; readonly rollback: number };
}

const DAY: Millis = 86_400_000;

/** @throws {TrunklineError} `METRICS_PERIOD_INVALID` when the period ends before it begins. */
export function fourMetrics(attempts: readonly Attempt[], period: Period): FourMetrics {
  const [from, to] = boundsOf(attempts, period);
  const isIn = (at: Instant): boolean => at >= from && at < to;

  const deployments = deploymentsOf(attempts).filter(({ attempt }) => isIn(attempt.endedAt));
  const arrivals = arrivalsOf(attempts, period.firstSeen).filter(({ attempt }) => isIn(attempt.endedAt));
  const leadTimes = arrivals.flatMap(({ attempt, commits }) => commits.map(({ pushedAt }) => attempt.endedAt - pushedAt));
  const { closed, open } = healthOf(attempts, Math.min(to, Math.max(period.now, from)));
  const spans = (health: HealthSpan['health']): HealthSpan[] => closed.filter((span) => span.health === health && isIn(span.to));
  const lengths = (all: readonly HealthSpan[]): Millis | null => mean(all.map((span) => span.to - span.from));
  const [green, red] = [spans('green'), spans('red')];
  const count = (of: 'neutralised' | 'censored'): number => arrivals.reduce((total, arrival) => total + arrival[of], 0);

  return {
    leadTimeMs: mean(leadTimes),
    deploysPerDay: deployments.length === 0 ? 0 : deployments.length / ((to - from) / DAY),
    mtbfMs: lengths(green),
    mttrMs: lengths(red),
    deployments: deployments.length,
    from,
    to,
    provisional: { mtbf: green.some(({ provisional }) => provisional), mttr: red.some(({ provisional }) => provisional) },
    open,
    commits: leadTimes.length,
    neutralised: count('neutralised'),
    orphaned: [...orphansOf(attempts).values()].filter(isIn).length,
    censored: count('censored'),
    secondary: {
      leadTimeMedianMs: median(leadTimes),
      leadTimePerRunMs: mean(arrivals.flatMap(perRun)),
      firstExposureMs: mean(arrivals.flatMap(exposures)),
      changeFailureRate: changeFailureRate(attempts, deployments, isIn),
      failures: failuresIn(attempts.filter(({ startedAt }) => isIn(startedAt))),
    },
  };
}

function boundsOf(attempts: readonly Attempt[], period: Period): readonly [from: Instant, to: Instant] {
  const to = period.to ?? period.now;
  const first = attempts.reduce((least, { startedAt }) => Math.min(least, startedAt), to);
  const from = period.from ?? first;
  if (from > to) {
    throw new TrunklineError('METRICS_PERIOD_INVALID', 'usage', `the period ends at ${dateText(to)}, before it begins at ${dateText(from)}`, 'give a --from that lies before --to');
  }
  return [from, to];
}

function dateText(at: Instant): string {
  return Math.abs(at) <= 8.64e15 ? new Date(at).toISOString() : String(at);
}

function perRun({ attempt, commits: [oldest] }: Arrival): Millis[] {
  return oldest ? [attempt.endedAt - oldest.pushedAt] : [];
}

function exposures({ attempt: { exposedAt }, commits }: Arrival): Millis[] {
  return exposedAt === undefined ? [] : commits.map(({ pushedAt }) => exposedAt - pushedAt);
}

function changeFailureRate(attempts: readonly Attempt[], deployments: readonly { readonly undone: boolean }[], isIn: (at: Instant) => boolean): number | null {
  const takenBack = attempts.filter((attempt) => verdictOf(attempt) === 'bad' && attempt.cause === 'rollback' && attempt.endedAt !== undefined && isIn(attempt.endedAt)).length;
  const changes = deployments.length + takenBack;
  return changes === 0 ? null : (takenBack + deployments.filter(({ undone }) => undone).length) / changes;
}

function failuresIn(attempts: readonly Attempt[]): SecondaryMetrics['failures'] {
  const bad = attempts.filter((attempt) => verdictOf(attempt) === 'bad');
  const by = (cause: Attempt['cause']): number => bad.filter((attempt) => attempt.cause === cause).length;
  return { all: bad.length, infra: by('infra'), code: by('code'), rollback: by('rollback') };
}
