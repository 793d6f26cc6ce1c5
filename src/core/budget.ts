import { formatDuration, type Instant, type Millis } from '../foundation/units.ts';
import type { ErrorRecord } from '../foundation/errors.ts';
import type { EventOf } from '../journal/events.ts';
import type { StageName, StagePlan } from '../pipeline/plan.ts';
import { TWO_HOURS } from '../pipeline/predicted.ts';
import { adviceOn, criticalPathOf, stagePath } from './critical-path.ts';
import type { Run, StageRun } from './state.ts';

/** The part of a budget after which it is warned that the rest may not do. */
const NEAR = 0.8;

/** Stages whose time is bounded for itself; Prod's is a matter of its bakes, and counts in the whole alone. */
const BOUNDED: ReadonlySet<StageName> = new Set(['build', 'beta', 'gamma']);

export interface DueWarning { readonly at: Instant; readonly of: 'stage' | 'run'; readonly isPast: boolean; readonly budgetMs: Millis; /** When the clock of the budget began, waits put aside. */ readonly from: Instant }

/** How long a run has waited for people to decide, up to `now`: no work of the pipeline, and counted apart. */
export function waitedForApproval({ approval, finished }: Run, now: Instant): Millis {
  if (!approval) return 0;
  const decided = approval.rejected?.at ?? approval.given[approval.requested.atLeast - 1]?.at ?? finished?.at;
  return Math.max(0, Math.min(decided ?? now, now) - approval.requested.at);
}

function isWaiting({ approval, finished }: Run): boolean {
  return approval !== undefined && !finished && !approval.rejected && approval.given.length < approval.requested.atLeast;
}

/**
 * The next warning about a stage that a run is in, when nothing happens before; undefined where none will come. While
 * people are waited for, no time is spent.
 */
export function nextWarning(run: Run, plan: StagePlan, stage: StageRun): DueWarning | undefined {
  if (run.kind !== 'STANDARD' || isWaiting(run)) return undefined;
  const waited = waitedForApproval(run, Infinity);
  const isDeployed = plan.name === 'prod' && stage.actions['deploy']?.state === 'passed';
  const due = [
    ...(BOUNDED.has(plan.name) && stage.enteredAt !== undefined ? warnings('stage', stage.enteredAt, plan.budgetMs) : []),
    ...(isDeployed ? [] : warnings('run', run.since + waited, run.plan?.plan.budgets?.totalMs ?? TWO_HOURS)),
  ];
  return due.filter(({ of, isPast }) => !wasGiven(run, of === 'stage' ? plan.name : undefined, isPast)).reduce<DueWarning | undefined>((first, each) => (first === undefined || each.at < first.at ? each : first), undefined);
}

function warnings(of: 'stage' | 'run', from: Instant, budgetMs: Millis): readonly DueWarning[] {
  const budget = { of, budgetMs, from };
  return budgetMs === 0 ? [] : [{ ...budget, at: from + Math.ceil(budgetMs * NEAR), isPast: false }, { ...budget, at: from + budgetMs, isPast: true }];
}

/** The later warning says all that the earlier one would have. */
function wasGiven({ warnings: given = [] }: Run, stage: StageName | undefined, isPast: boolean): boolean {
  return given.some((each) => (stage === undefined ? each.of === 'run' : each.of === 'stage' && each.stage === stage) && (each.isPast || !isPast));
}

/** The warning that is due, if one is: with what the time was spent on, and what to do. */
export function warningDue(run: Run, plan: StagePlan, stage: StageRun, now: Instant): EventOf<'budget-warned'>[] {
  const due = nextWarning(run, plan, stage);
  if (!due || due.at > now) return [];
  // Whoever slept through the first warning needs only the second.
  const isPast = now >= due.from + due.budgetMs;
  const path = due.of === 'stage' ? stagePath(plan, stage, now) : criticalPathOf(run, now);
  const advice = adviceOn(path, run);
  const error = isPast && run.plan?.plan.budgets?.enforce === true && mayEnd(plan, stage) ? { error: exceeded(due, plan.name, advice) } : {};
  return [{ type: 'budget-warned', at: now, run: run.id, stage: plan.name, of: due.of, isPast, budgetMs: due.budgetMs, spentMs: now - due.from, path, advice, ...error }];
}

/** What customers have met already is not put back because it took long; nor is what was accepted. */
function mayEnd(plan: StagePlan, stage: StageRun): boolean {
  const phase = stage.rollout?.state.phase;
  return !(plan.name === 'prod' && stage.rollout) && phase !== 'settling' && phase !== 'settled';
}

function exceeded({ of, budgetMs }: DueWarning, stage: StageName, advice: string): ErrorRecord {
  const message = of === 'stage' ? `${stage} took longer than its budget of ${formatDuration(budgetMs)}` : `from the push to production it took longer than ${formatDuration(budgetMs)}`;
  return { code: 'BUDGET_EXCEEDED', class: 'code', message, hint: advice };
}
