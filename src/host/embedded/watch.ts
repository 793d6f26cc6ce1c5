import type { EnvironmentDriver } from '../../environment/driver.ts';
import type { Clock } from '../../foundation/clock.ts';
import { errorRecord } from '../../foundation/errors.ts';
import type { Instant, Millis, Name } from '../../foundation/units.ts';
import type { AlarmPlan, BakePlan } from '../../pipeline/plan.ts';
import { evaluateBake, evaluateWatch, type BakeLook, type WatchInput } from '../../rollout/bake.ts';
import type { RollbackCause, ReportedFact } from '../../rollout/rollout.ts';

export interface Watched {
  readonly clock: Clock;
  readonly region: EnvironmentDriver;
  readonly name: Name;
  readonly release: string;
  readonly alarms: readonly AlarmPlan[];
  /** When the release got its first traffic here. */
  readonly exposedSince: Instant | undefined;
  readonly signal: AbortSignal;
}

export interface Bake {
  readonly step: number;
  readonly plan: BakePlan;
  readonly since: Instant;
  readonly report: (held: ReportedFact) => void;
}

/** How often it looks: an alarm starts its rollback within one evaluation. */
const LOOK_EVERY: Millis = 500;
/** Counters are read from a little before the time that is judged, so that their growth in it is known. */
const BEFORE: Millis = 10_000;
/** What was asked of the probes needs a while to arrive; what is missing after that is asked for again. */
const ASK_EVERY: Millis = 3_000;
/** A region that can't be read for so long, while it should bake, is not healthy. */
const UNREADABLE: Millis = 30_000;

/**
 * Keeps the alarms of a region armed, and with a bake says when its step may be left. Resolves with what was decided,
 * or with nothing when it is no longer owed.
 */
export async function watchRegion(watched: Watched, bake: Bake | undefined): Promise<ReportedFact | undefined> {
  const { clock, name, signal } = watched;
  if (bake && bake.plan.minTimeMs === 0 && bake.plan.minRequests === 0) return { type: 'baked', region: name, step: bake.step, requests: 0 };
  const breach = (type: RollbackCause['type'], detail: string): ReportedFact => ({ type: 'breached', cause: { type, region: name, detail } });
  const since = bake?.since ?? watched.exposedSince ?? clock.now();
  let readAt = clock.now();
  let held = false;
  let askedAt = 0;
  while (!signal.aborted) {
    const seen = await see(watched, since);
    if (signal.aborted) break;
    if (seen) readAt = clock.now();
    else if (bake && clock.now() - readAt > UNREADABLE) return breach('health', 'the region can no longer be read');
    if (seen && !bake) {
      const look = evaluateWatch(seen);
      if (look.verdict === 'breach') return breach('alarm', look.detail);
    }
    if (seen && bake) {
      const look = evaluateBake({ ...seen, bake: bake.plan });
      if (look.verdict === 'breach') return breach('alarm', look.detail);
      if (look.verdict === 'pass') return { type: 'baked', region: name, step: bake.step, requests: look.requests };
      if (look.verdict === 'insufficient' && bake.plan.onInsufficientData === 'rollback') return breach('insufficient-data', look.detail);
      if (look.verdict === 'insufficient' && !held) bake.report({ type: 'held', region: name, reason: look.detail });
      held ||= look.verdict === 'insufficient';
      if (look.missing > 0 && clock.now() - askedAt >= patience(look, bake.plan, watched.alarms) && await exercise(watched, look.missing)) askedAt = clock.now();
    }
    await clock.sleep(LOOK_EVERY, signal).catch(() => undefined); // it rejects only when the signal aborts, which ends the loop
  }
  return undefined;
}

/** What is measured in the region now; undefined while it can't be read. */
async function see({ clock, region, release, alarms, exposedSince, signal }: Watched, since: Instant): Promise<WatchInput | undefined> {
  try {
    const telemetry = await region.telemetry(Math.min(since, exposedSince ?? since) - BEFORE);
    const { candidate } = await region.observe();
    const unhealthy = candidate?.release.id === release && candidate.instances.healthy === 0;
    return { alarms, telemetry, release, since, now: clock.now(), unhealthy, ...(exposedSince === undefined ? {} : { exposedSince }) };
  } catch (error) {
    if (!signal.aborted && errorRecord(error).class === 'bug') throw error;
    return undefined;
  }
}

/**
 * Runs of a probe arrive at once, and fill only the point in which they do: where nothing else is lacking, each point is
 * asked for by itself, or none would ever stand beside another.
 */
function patience({ requests, alarms: looks }: BakeLook, { minRequests }: BakePlan, alarms: readonly AlarmPlan[]): Millis {
  const quiet = looks.filter(({ state }) => state === 'no-data').map(({ name }) => alarms.find((alarm) => alarm.name === name));
  const isOfProbes = requests >= minRequests && quiet.length > 0 && quiet.every((alarm) => alarm?.signal.type === 'probe');
  return isOfProbes ? Math.min(ASK_EVERY, ...quiet.map((alarm) => alarm?.everyMs ?? ASK_EVERY)) : ASK_EVERY;
}

/** Asks the probes for what is missing; when they can't be asked now, the next look finds as much missing again. */
async function exercise({ region, signal }: Watched, missing: number): Promise<boolean> {
  try {
    await region.exercise(missing, signal);
    return true;
  } catch (error) {
    if (!signal.aborted && errorRecord(error).class === 'bug') throw error;
    return false;
  }
}
