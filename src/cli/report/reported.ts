import { stagesOf, type Run } from '../../core/state.ts';
import type { Instant, Json, Millis } from '../../foundation/units.ts';
import { TrunklineError } from '../../foundation/errors.ts';
import type { ActionPlan } from '../../pipeline/plan.ts';
import { severities, type Limits } from '../../reports/names.ts';
import { inShort, NOTHING } from '../../reports/in-short.ts';
import type { Report } from '../../reports/report.ts';
import type { Product } from '../product.ts';

/** An action that has begun, with what its last attempt reported. */
export interface Reported {
  readonly stage: string;
  readonly action: string;
  readonly row: string;
  readonly state: string;
  readonly startedAt?: Instant;
  readonly durationMs?: Millis;
  /** Why it failed. */
  readonly message?: string;
  readonly limits: Limits;
  readonly reports: readonly Report[];
}

/** Every action of a run that has begun, in the order of the plan. */
export async function reportedIn(product: Product, run: Run): Promise<readonly Reported[]> {
  const begun = stagesOf(run).flatMap(({ name: stage, actions }) => actions.flatMap((plan) => {
    const known = run.stages[stage]?.actions[plan.name];
    return known ? [{ stage, plan, known }] : [];
  }));
  return Promise.all(begun.map(async ({ stage, plan, known }): Promise<Reported> => ({
    stage, action: plan.name, row: plan.row, state: known.state, startedAt: known.startedAt, limits: limitsOf(plan),
    ...(known.endedAt === undefined ? {} : { durationMs: known.endedAt - known.startedAt }),
    ...(known.error && known.state !== 'passed' ? { message: known.error.message } : {}),
    reports: await product.reports({ run: run.id, stage, action: plan.name, of: known.of, fence: known.fence, attempt: known.attempt }),
  })));
}

/** The last local build, told the same way. @throws {TrunklineError} `BUILD_UNKNOWN` where there was none. */
export async function reportedLocally(product: Product): Promise<{ readonly at: Instant; readonly actions: readonly Reported[]; readonly documents: { readonly [digest: string]: Json } }> {
  const last = await product.lastBuild();
  if (!last) throw new TrunklineError('BUILD_UNKNOWN', 'usage', 'nothing was built here yet', '"trunkline build" builds the work tree');
  return { at: last.at, documents: last.documents, actions: last.lines.map(({ stage, action, row, state, durationMs, message, reports = [] }) => ({
    stage, action, row, state, limits: {}, reports, ...(durationMs === undefined ? {} : { durationMs }), ...(message === undefined ? {} : { message }),
  })) };
}

/** Those that a word means: `sast`, or `build.sast` where two stages have one. @throws {TrunklineError} `ACTION_UNKNOWN` */
export function meantBy(word: string | undefined, actions: readonly Reported[]): readonly Reported[] {
  if (word === undefined) return actions;
  const found = actions.filter(({ stage, action }) => word === `${stage}.${action}` || word === action);
  if (found.length > 0) return found;
  throw new TrunklineError('ACTION_UNKNOWN', 'usage', `no action ${JSON.stringify(word)} has begun`, `write one of ${actions.map(({ stage, action }) => `${stage}.${action}`).join(', ') || 'those that "trunkline show" lists'}`);
}

/** Each report in one line; named, where the action has several of a sort. */
export function shortLines({ reports, limits }: Pick<Reported, 'reports' | 'limits'>): readonly string[] {
  return reports.map((report) => {
    const isOneOfMany = report.type !== 'sbom' && reports.some((other) => other !== report && other.type === report.type && other.name !== report.name);
    return `${isOneOfMany ? `${report.name}: ` : ''}${inShort(report, limits)}`;
  });
}

/** The same, without those of many that found nothing. */
export function tellingLines(reported: Pick<Reported, 'reports' | 'limits'>): readonly string[] {
  const lines = shortLines(reported);
  const telling = lines.filter((line) => !line.endsWith(`: ${NOTHING}`));
  return telling.length === 0 && lines.length > 0 ? [NOTHING] : telling;
}

/** What the plan allows of findings, where it says so. */
function limitsOf({ input, row }: ActionPlan): Limits {
  const limits = typeof input === 'object' && input !== null && !Array.isArray(input) ? (input as { readonly [field: string]: Json })['limits'] : undefined;
  // Secrets need none: not one is allowed.
  if (typeof limits !== 'object' || limits === null) return row === 'build.secrets' ? Object.fromEntries(severities.map((severity) => [severity, 0])) : {};
  return Object.fromEntries(severities.flatMap((severity) => {
    const limit = (limits as { readonly [severity: string]: Json })[severity];
    return typeof limit === 'number' ? [[severity, limit]] : [];
  }));
}
