import type { EnvironmentDriver } from '../environment/driver.ts';
import type { Clock } from '../foundation/clock.ts';
import { errorRecord } from '../foundation/errors.ts';
import { formatDuration, type Instant, type Millis, type Name } from '../foundation/units.ts';
import type { AlarmPlan, BakePlan } from '../pipeline/plan.ts';
import { bakeLookOf, lookOf, type BakeLook } from '../rollout/bake.ts';
import { Watching } from '../rollout/watching.ts';
import { Reader } from './reader.ts';

export interface Watched {
  readonly clock: Clock;
  readonly region: EnvironmentDriver;
  readonly name: Name;
  readonly release: string;
  readonly alarms: readonly AlarmPlan[];
  /** When the release got the share of traffic that is judged. */
  readonly since: Instant;
  /** When it got its first traffic here, where that was earlier. */
  readonly exposedSince?: Instant;
  /** Without it nothing but a breach ends the watch. */
  readonly bake?: BakePlan;
  /** The longest time of the bake is over, and it goes on. Said once. */
  readonly held?: (reason: string) => void;
  /** What the last look says, whenever it says something else. */
  readonly told?: (detail: string) => void;
  readonly signal: AbortSignal;
}

export type WatchEnd =
  | { readonly type: 'passed'; readonly requests: number; readonly detail: string }
  | { readonly type: 'breached'; readonly cause: 'alarm' | 'health' | 'insufficient-data'; readonly requests: number; readonly detail: string };

/** How often it looks: an alarm starts its rollback within one evaluation. */
const LOOK_EVERY: Millis = 500;
/** Counters are read from a little before the time that is judged, so that their growth in it is known. */
const BEFORE: Millis = 10_000;
/** What was asked of the probes needs a while to arrive; what is missing after that is asked for again. */
const ASK_EVERY: Millis = 3_000;
/** A region that can't be read for so long is gone, or as good as gone: what customers meet there nobody knows. */
const GONE: Millis = 30_000;
/** No call to a region may take longer. */
const CALL: Millis = 10_000;

/**
 * The one loop that watches a release in a region, for bakes and for alarms. Resolves with what was decided, or with
 * nothing when it is no longer wanted. A region that can't be read once is read again.
 */
export async function watchRegion(watched: Watched): Promise<WatchEnd | undefined> {
  const { clock, signal, bake, since } = watched;
  if (bake && bake.minTimeMs === 0 && bake.minRequests === 0 && bake.maxTimeMs === 0) return { type: 'passed', requests: 0, detail: 'nothing is to be waited for' };
  const watching = new Watching(watched);
  const reader = new Reader(watched.region, Math.min(since, watched.exposedSince ?? since) - BEFORE);
  let [readAt, askedAt] = [clock.now(), -Infinity];
  let [held, said] = [false, ''];
  while (!signal.aborted) {
    const seen = await see(watched, watching, reader);
    if (signal.aborted) break;
    if (seen) readAt = clock.now();
    else if (clock.now() - readAt >= GONE) return { type: 'breached', cause: 'health', requests: watching.requests, detail: `the region could not be read for ${formatDuration(clock.now() - readAt)}` };
    const look = seen && (bake ? bakeLookOf(watching, { ...bake, since }, clock.now(), seen.unhealthy) : { ...lookOf(watching, clock.now(), seen.unhealthy), requests: 0, missing: 0 });
    if (look && look.detail !== said) watched.told?.(said = look.detail);
    const end = look && endOf(look, bake);
    if (end) return end;
    if (look?.verdict === 'insufficient' && !held) watched.held?.(look.detail);
    held ||= look?.verdict === 'insufficient';
    if (bake && look && look.missing > 0 && clock.now() - askedAt >= patience(look, bake, watched.alarms) && await exercise(watched, look.missing)) askedAt = clock.now();
    await clock.sleep(LOOK_EVERY, signal).catch(() => undefined); // it rejects only when the signal aborts, which ends the loop
  }
  return undefined;
}

function endOf({ verdict, detail, requests }: Pick<BakeLook, 'verdict' | 'detail' | 'requests'>, bake: BakePlan | undefined): WatchEnd | undefined {
  if (verdict === 'breach') return { type: 'breached', cause: 'alarm', requests, detail };
  if (verdict === 'pass') return { type: 'passed', requests, detail };
  if (verdict === 'insufficient' && bake?.onInsufficientData === 'rollback') return { type: 'breached', cause: 'insufficient-data', requests, detail };
  return undefined;
}

/** Takes in what is new in the region; undefined while it can't be read, or isn't there. */
async function see({ clock, region, release, signal }: Watched, watching: Watching, reader: Reader): Promise<{ readonly unhealthy: boolean } | undefined> {
  try {
    const telemetry = await within(clock, signal, reader.next());
    const { launched, candidate, stable } = await within(clock, signal, region.observe());
    watching.absorb(telemetry);
    const here = [candidate, stable].find((live) => live?.release.id === release);
    return launched ? { unhealthy: here?.instances.healthy === 0 } : undefined;
  } catch (error) {
    if (!signal.aborted && errorRecord(error).class === 'bug' && error !== LATE) throw error;
    return undefined;
  }
}

const LATE = new Error('the region does not answer in time');

async function within<Value>(clock: Clock, signal: AbortSignal, call: Promise<Value>): Promise<Value> {
  const answered = new AbortController();
  const late = clock.sleep(CALL, AbortSignal.any([signal, answered.signal])).then(() => Promise.reject(LATE));
  late.catch(() => undefined); // whoever comes second is not heard
  call.catch(() => undefined);
  try {
    return await Promise.race([call, late]);
  } finally {
    answered.abort();
  }
}

/**
 * Runs of a probe arrive at once, and fill only the point in which they do: where nothing else is lacking, each point is
 * asked for by itself, or none would ever stand beside another.
 */
function patience({ requests, alarms: looks }: Pick<BakeLook, 'requests' | 'alarms'>, { minRequests }: BakePlan, alarms: readonly AlarmPlan[]): Millis {
  const quiet = looks.filter(({ state }) => state === 'no-data').map(({ name }) => alarms.find((alarm) => alarm.name === name));
  const isOfProbes = requests >= minRequests && quiet.length > 0 && quiet.every((alarm) => alarm?.signal.type === 'probe');
  return isOfProbes ? Math.min(ASK_EVERY, ...quiet.map((alarm) => alarm?.everyMs ?? ASK_EVERY)) : ASK_EVERY;
}

/** Asks the probes for what is missing; when they can't be asked now, the next look finds as much missing again. */
async function exercise({ clock, region, signal, told }: Watched, missing: number): Promise<boolean> {
  try {
    await within(clock, signal, region.exercise(missing, signal));
    return true;
  } catch (error) {
    if (!signal.aborted && errorRecord(error).class === 'bug' && error !== LATE) throw error;
    told?.(`probes could not be asked for more: ${errorRecord(error).message}`);
    return false;
  }
}
