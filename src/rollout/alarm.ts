import type { Telemetry } from '../environment/driver.ts';
import { formatDuration, type Instant } from '../foundation/units.ts';
import type { AlarmPlan } from '../pipeline/plan.ts';
import { horizonOf } from './growth.ts';
import { countersOf, isOfRouter } from './router-series.ts';
import { measure, type Measured } from './signals.ts';
import { Tally } from './tally.ts';

/** One stretch of `everyMs`. Only what rests on enough requests and on sound data is good; what is bad is bad. */
export interface Point extends Measured {
  readonly from: Instant;
  readonly to: Instant;
  readonly state: 'good' | 'bad' | 'insufficient';
}

export interface AlarmLook {
  readonly name: string;
  /** `no-data` is neither: it fires nothing and passes nothing. */
  readonly state: 'ok' | 'firing' | 'no-data';
  /** For people: `errors: 14.2 % of 120 requests, above 1 % in 2 of 3 points`. */
  readonly detail: string;
  /** Requests that it lacks to say anything; 0 where it is not requests that are lacking. */
  readonly missing: number;
  /** Its newest complete points, oldest first. */
  readonly points: readonly Point[];
}

/**
 * Watches an alarm for one release: its newest complete points since `since`, when that release got its traffic. What
 * was measured earlier, or of another release, does not count.
 */
export class AlarmWatch {
  readonly #alarm: AlarmPlan;
  readonly #tally: Tally;
  readonly #since: Instant;

  constructor(alarm: AlarmPlan, release: string, since: Instant) {
    this.#alarm = alarm;
    this.#since = since;
    const { points: [, of], everyMs } = alarm;
    this.#tally = new Tally(alarm.signal, release, { since, everyMs, newest: of });
  }

  absorb(telemetry: Telemetry, horizon: Instant): void {
    this.#tally.absorb(telemetry, horizon);
  }

  look(now: Instant): AlarmLook {
    const { name, points: [atLeast, of], minRequests, everyMs } = this.#alarm;
    const complete = Math.max(0, Math.floor((now - this.#since) / everyMs));
    const points = this.#tally.newest(of, complete).map((index): Point => {
      const [from, to] = this.#tally.span(index);
      return pointOf(this.#alarm, from, to, measure(this.#alarm.signal, this.#tally, index));
    });
    const bad = points.filter(({ state }) => state === 'bad');
    const sound = points.filter(({ state }) => state !== 'insufficient');
    // With fewer sound points it could not have fired, so that its silence would say nothing.
    const state = bad.length >= atLeast ? 'firing' : sound.length >= atLeast ? 'ok' : 'no-data';
    const lacks = state === 'no-data' && (points.at(-1)?.requests ?? Infinity) < minRequests;
    const coming = lacks ? measure(this.#alarm.signal, this.#tally, complete).requests : 0;
    return {
      name, state, points, detail: `${name}: ${detailOf(this.#alarm, state, points)}`,
      missing: lacks ? Math.max(0, (atLeast - sound.length) * minRequests - coming) : 0,
    };
  }
}

/** Looks at an alarm once, with all that was measured. */
export function evaluateAlarm(alarm: AlarmPlan, telemetry: Telemetry, release: string, since: Instant, now: Instant): AlarmLook {
  const watch = new AlarmWatch(alarm, release, since);
  watch.absorb(telemetry, horizonOf(telemetry));
  return watch.look(now);
}

/** All alarms that guard a release: also those that it no longer has, so that none can remove the one that would catch it. */
export function alarmsOf(stable: readonly AlarmPlan[], candidate: readonly AlarmPlan[]): readonly AlarmPlan[] {
  const known = new Set(candidate.map((alarm) => JSON.stringify(alarm)));
  return [...candidate, ...stable.filter((alarm) => !known.has(JSON.stringify(alarm)))];
}

/** Whether an alarm reads what the instances publish. */
export function readsMetrics({ signal }: AlarmPlan): boolean {
  return countersOf(signal).some((counter) => !isOfRouter(counter));
}

function pointOf({ above, minRequests }: AlarmPlan, from: Instant, to: Instant, measured: Measured): Point {
  const { value, beyond, doubt, requests } = measured;
  const point = (state: Point['state'], why?: string): Point => ({ from, to, ...measured, ...(why === undefined ? {} : { doubt: why }), state });
  if (requests < minRequests) return point('insufficient', doubt ?? `${requests} of ${minRequests} requests`);
  if (value === undefined) return point('insufficient', doubt ?? 'nothing to measure');
  if (value > above || (beyond && value >= above)) return point('bad');
  if (beyond) return point('insufficient', `the buckets end at ${value}, below the limit of ${above}`);
  return point(doubt === undefined ? 'good' : 'insufficient');
}

function detailOf(alarm: AlarmPlan, state: AlarmLook['state'], points: readonly Point[]): string {
  const limit = valueText(alarm, alarm.above);
  const shown = (point: Point): string => `${point.beyond ? 'more than ' : ''}${valueText(alarm, point.value ?? 0)} of ${point.requests} ${alarm.signal.type === 'probe' ? 'runs' : 'requests'}`;
  const bad = points.filter((point) => point.state === 'bad');
  const newestBad = bad.at(-1);
  const newest = points.findLast((point) => point.state !== 'insufficient');
  if (newestBad && state !== 'no-data') {
    const often = `${shown(newestBad)}, above ${limit} in ${bad.length} of ${points.length} point${points.length === 1 ? '' : 's'}`;
    return state === 'firing' ? often : `${often}, fires at ${alarm.points[0]}`;
  }
  if (newest && state === 'ok') return `${shown(newest)}, limit ${limit}`;
  return `no data yet: ${points.at(-1)?.doubt ?? `a point takes ${formatDuration(alarm.everyMs)}`}`;
}

function valueText({ signal }: AlarmPlan, value: number): string {
  const rounded = Number(value.toPrecision(3));
  switch (signal.type) {
    case 'share': case 'probe': return `${Number((value * 100).toPrecision(3))} %`;
    case 'rate': return `${rounded} a second`;
    case 'quantile': return `p${Number((signal.q * 100).toFixed(3))} ${rounded}`;
  }
}
