/** Whether a step may be left, must be left, or is to be watched on. Breaches need no minimum; passing needs everything. */
import type { Telemetry } from '../environment/driver.ts';
import { formatDuration, type Instant, type Millis } from '../foundation/units.ts';
import type { BakePlan } from '../pipeline/plan.ts';
import type { AlarmLook } from './alarm.ts';
import { Watching, type WatchSpec } from './watching.ts';

export interface WatchLook {
  readonly verdict: 'wait' | 'breach';
  readonly detail: string;
  readonly alarms: readonly AlarmLook[];
}

export interface BakeLook {
  /** `insufficient`: the longest time is over and it can still not be told; what then happens is the plan's choice, never a pass. */
  readonly verdict: 'wait' | 'pass' | 'breach' | 'insufficient';
  /** Requests that the release answered since `since`, as the router counted them; those of probes too. */
  readonly requests: number;
  /** Requests that are to be asked for by `exercise`, once the least time is over. What was asked for and is under way is in it. */
  readonly missing: number;
  /** Time since `since` during which what was measured was fresh. */
  readonly validTime: Millis;
  /** For people. */
  readonly detail: string;
  readonly alarms: readonly AlarmLook[];
}

/** Whether a region that carries traffic outside a bake still does well. Nothing but a breach ends it. */
export function lookOf(watching: Watching, now: Instant, unhealthy = false): WatchLook {
  const alarms = watching.alarms(now);
  const faults = [
    ...(unhealthy ? ['none of its instances is healthy'] : []),
    ...watching.faults(now),
    ...alarms.filter(({ state }) => state === 'firing').map(({ detail }) => detail),
  ];
  return { verdict: faults.length > 0 ? 'breach' : 'wait', detail: faults.join('; '), alarms };
}

/** @param bake.since when the share of traffic that is judged came into force. */
export function bakeLookOf(watching: Watching, bake: BakePlan & { readonly since: Instant }, now: Instant, unhealthy = false): BakeLook {
  const { requests } = watching;
  const watch = lookOf(watching, now, unhealthy);
  const fresh = watching.fresh(now);
  const elapsed = now - bake.since;
  const quiet = watch.alarms.filter(({ state }) => state === 'no-data');
  const lacks = [
    ...(fresh.valid < bake.minTimeMs ? [`${formatDuration(fresh.valid)} of ${formatDuration(bake.minTimeMs)}`] : []),
    ...(fresh.now ? [] : ['no fresh measurements']),
    ...(requests < bake.minRequests ? [`${requests} of ${bake.minRequests} requests`] : []),
    ...quiet.map(({ detail }) => detail),
    ...[watching.undecided(now)].filter((why) => why !== undefined),
  ];
  const look = (verdict: BakeLook['verdict'], detail: string, missing = 0): BakeLook => ({ verdict, requests, missing, validTime: fresh.valid, detail, alarms: watch.alarms });
  if (watch.verdict === 'breach') return look('breach', watch.detail);
  if (isEmpty(bake)) return look('pass', 'nothing is to be waited for');
  if (lacks.length === 0) return look('pass', `${requests} requests in ${formatDuration(elapsed)}${watch.alarms.map(({ detail }) => `; ${detail}`).join('')}`);
  const missing = elapsed < bake.minTimeMs ? 0 : Math.max(bake.minRequests - requests, ...quiet.map((alarm) => alarm.missing), 0);
  if (elapsed >= Math.max(bake.minTimeMs, bake.maxTimeMs)) return look('insufficient', `after ${formatDuration(elapsed)} still: ${lacks.join('; ')}`, missing);
  return look('wait', lacks.join('; '), missing);
}

export interface WatchInput extends WatchSpec {
  /** Should begin a few seconds before `since`, so that what was counted before is known. */
  readonly telemetry: Telemetry;
  readonly now: Instant;
  /** Not one of its instances is healthy. */
  readonly unhealthy?: boolean;
}

/** One look, with all that was measured. */
export function evaluateWatch({ telemetry, now, unhealthy, ...spec }: WatchInput): WatchLook {
  return lookOf(absorbed(spec, telemetry), now, unhealthy);
}

/** One look, with all that was measured. */
export function evaluateBake({ telemetry, now, unhealthy, bake, ...spec }: WatchInput & { readonly bake: BakePlan }): BakeLook {
  return bakeLookOf(absorbed(spec, telemetry), { ...bake, since: spec.since }, now, unhealthy);
}

function absorbed(spec: WatchSpec, telemetry: Telemetry): Watching {
  const watching = new Watching(spec);
  watching.absorb(telemetry);
  return watching;
}

/** A plan that asks for no time and no request, and gives none: tests, not traffic, decide about what comes next. */
function isEmpty({ minTimeMs, minRequests, maxTimeMs }: BakePlan): boolean {
  return minTimeMs === 0 && minRequests === 0 && maxTimeMs === 0;
}
