/** Whether a step may be left, must be left, or is to be watched on. Breaches need no minimum; passing needs everything. */
import type { Telemetry } from '../environment/driver.ts';
import { formatDuration, type Instant, type Millis } from '../foundation/units.ts';
import type { AlarmPlan, BakePlan } from '../pipeline/plan.ts';
import { evaluateAlarm, readsMetrics, type AlarmLook } from './alarm.ts';
import { freshTime } from './freshness.ts';
import { served } from './growth.ts';
import { brokenBeside } from './guard.ts';

export interface WatchInput {
  /** The release's alarms and the stable one's: see `alarmsOf`. */
  readonly alarms: readonly AlarmPlan[];
  /** Should begin a few seconds before `since`, so that what was counted before is known. */
  readonly telemetry: Telemetry;
  /** The id of the release that is watched. */
  readonly release: string;
  /** When the share of traffic that is judged came into force. */
  readonly since: Instant;
  /** When the release got its first traffic here, where that was earlier: alarms remember across steps. */
  readonly exposedSince?: Instant;
  readonly now: Instant;
  /** Not one of its instances is healthy. */
  readonly unhealthy?: boolean;
}

export interface WatchLook {
  readonly verdict: 'wait' | 'breach';
  readonly detail: string;
  readonly alarms: readonly AlarmLook[];
}

export interface BakeInput extends WatchInput { readonly bake: BakePlan }

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
export function evaluateWatch({ alarms, telemetry, release, since, exposedSince, now, unhealthy }: WatchInput): WatchLook {
  const looks = alarms.map((alarm): AlarmLook => {
    const here = evaluateAlarm(alarm, telemetry, release, since, now);
    const before = exposedSince === undefined || here.state === 'firing' ? here : evaluateAlarm(alarm, telemetry, release, exposedSince, now);
    return before.state === 'firing' ? before : here;
  });
  const faults = [
    ...(unhealthy ? ['none of its instances is healthy'] : []),
    ...[brokenBeside(telemetry, release, since)].filter((fault) => fault !== undefined),
    ...looks.filter(({ state }) => state === 'firing').map(({ detail }) => detail),
  ];
  return { verdict: faults.length > 0 ? 'breach' : 'wait', detail: faults.join('; '), alarms: looks };
}

export function evaluateBake(input: BakeInput): BakeLook {
  const { bake, telemetry, release, since, now } = input;
  const watch = evaluateWatch(input);
  const requests = served(telemetry, release).filter(({ at }) => at >= since).reduce((count, step) => count + step.requests, 0);
  const fresh = freshTime(telemetry, release, input.alarms.some(readsMetrics), since, now);
  const elapsed = now - since;
  const quiet = watch.alarms.filter(({ state }) => state === 'no-data');
  const lacks = [
    ...(fresh.valid < bake.minTimeMs ? [`${formatDuration(fresh.valid)} of ${formatDuration(bake.minTimeMs)}`] : []),
    ...(fresh.now ? [] : ['no fresh measurements']),
    ...(requests < bake.minRequests ? [`${requests} of ${bake.minRequests} requests`] : []),
    ...quiet.map(({ detail }) => detail),
  ];
  const look = (verdict: BakeLook['verdict'], detail: string, missing = 0): BakeLook => ({ verdict, requests, missing, validTime: fresh.valid, detail, alarms: watch.alarms });
  if (watch.verdict === 'breach') return look('breach', watch.detail);
  if (isEmpty(bake)) return look('pass', 'nothing is to be waited for');
  if (lacks.length === 0) return look('pass', `${requests} requests in ${formatDuration(elapsed)}${watch.alarms.map(({ detail }) => `; ${detail}`).join('')}`);
  const missing = elapsed < bake.minTimeMs ? 0 : Math.max(bake.minRequests - requests, ...quiet.map((alarm) => alarm.missing), 0);
  if (elapsed >= Math.max(bake.minTimeMs, bake.maxTimeMs)) return look('insufficient', `after ${formatDuration(elapsed)} still: ${lacks.join('; ')}`, missing);
  return look('wait', lacks.join('; '), missing);
}

/** A plan that asks for no time and no request, and gives none: tests, not traffic, decide about what comes next. */
function isEmpty({ minTimeMs, minRequests, maxTimeMs }: BakePlan): boolean {
  return minTimeMs === 0 && minRequests === 0 && maxTimeMs === 0;
}
