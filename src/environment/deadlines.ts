import type { Clock } from '../foundation/clock.ts';
import { TrunklineError } from '../foundation/errors.ts';
import type { Millis } from '../foundation/units.ts';
import type { EnvironmentPlan } from '../pipeline/plan.ts';
import type { EnvironmentDriver, EnvironmentProvider, RegionId } from './driver.ts';

const SECOND: Millis = 1_000;
const MINUTE: Millis = 60 * SECOND;

/** For what answers from memory. */
const LOOK: Millis = 15 * SECOND;
const MEASURE: Millis = 35 * SECOND;
/** A database's first start and a release's copy are bounded by the disk alone. */
const BUILD_UP: Millis = 5 * MINUTE;
/** Traffic first; then what leaves is drained and ended, for which its plan has times of its own. */
const MOVE: Millis = 45 * SECOND;
const TAKE_DOWN: Millis = 3 * MINUTE;
/** After its signal aborts, a call has so long to stop what it does. */
const FAREWELL: Millis = SECOND;

/**
 * No driver holds up its caller: each call has a deadline, when its signal aborts and it is answered for, whatever it
 * still does. What it left is found by the next call, since every method converges.
 * @param provider whose regions may be silent. Calls throw `REGION_SILENT` (`infra`) when their time is over.
 */
export function withDeadlines(provider: EnvironmentProvider, clock: Clock): EnvironmentProvider {
  return { region: (id, turn) => bounded(provider.region(id, turn), id, turn?.plan ?? UNKNOWN, clock), regions: () => provider.regions() };
}

type Times = Pick<EnvironmentPlan, 'startTimeoutMs' | 'drainMs'>;

/** Whoever brings no plan has the patience for any. */
const UNKNOWN: Times = { startTimeoutMs: 30 * MINUTE, drainMs: 10 * MINUTE };

function bounded(driver: EnvironmentDriver, id: RegionId, { startTimeoutMs, drainMs }: Times, clock: Clock): EnvironmentDriver {
  const within = <Value>(limit: Millis, what: string, call: (signal: AbortSignal) => Promise<Value>, signal = new AbortController().signal): Promise<Value> => answered({ id, limit, what, call, signal, clock });
  return {
    observe: () => within(LOOK, 'say what runs there', () => driver.observe()),
    telemetry: (since) => within(MEASURE, 'give its measurements', () => driver.telemetry(since)),
    database: () => within(MEASURE, 'give the address of its database', () => driver.database()),
    exercise: (count, signal) => within(MEASURE, 'start its probes', (mine) => driver.exercise(count, mine), signal),
    launch: (plan, signal) => within(BUILD_UP + plan.startTimeoutMs, 'come up', (mine) => driver.launch(plan, mine), signal),
    prepare: (release, files, signal) => within(BUILD_UP + startTimeoutMs, 'place the release', (mine) => driver.prepare(release, files, mine), signal),
    shift: (release, weight, signal) => within(MOVE + startTimeoutMs, 'shift its traffic', (mine) => driver.shift(release, weight, mine), signal),
    settle: (release, signal) => within(MOVE + 2 * drainMs, 'settle', (mine) => driver.settle(release, mine), signal),
    restore: (signal) => within(MOVE + 2 * drainMs, 'go back', (mine) => driver.restore(mine), signal),
    remove: (signal) => within(TAKE_DOWN + 2 * drainMs, 'end', (mine) => driver.remove(mine), signal),
  };
}

interface Call<Value> {
  readonly id: RegionId;
  readonly limit: Millis;
  readonly what: string;
  readonly call: (signal: AbortSignal) => Promise<Value>;
  readonly signal: AbortSignal;
  readonly clock: Clock;
}

async function answered<Value>({ id: { environment, region }, limit, what, call, signal, clock }: Call<Value>): Promise<Value> {
  signal.throwIfAborted();
  const over = new AbortController();
  const answer = new AbortController();
  const deadline = clock.sleep(limit, answer.signal).then(() => {
    const late = new TrunklineError('REGION_SILENT', 'infra', `${environment}/${region} did not ${what} within ${Math.round(limit / SECOND)} s`,
      'look at agent.log in the folder of the region, and at the load of the machine');
    over.abort(late);
    throw late;
  });
  const left = aborted(signal, answer.signal).then(() => clock.sleep(FAREWELL, answer.signal)).then(() => signal.throwIfAborted());
  const work = call(AbortSignal.any([signal, over.signal]));
  for (const each of [deadline, left, work]) each.catch(() => {}); // the race tells; past it nobody listens
  try {
    return await Promise.race([work, deadline, left as Promise<never>]);
  } finally {
    answer.abort();
  }
}

/** Resolves when the first aborts, and never when the second does before. */
function aborted(signal: AbortSignal, over: AbortSignal): Promise<void> {
  return new Promise((resolve) => signal.addEventListener('abort', () => resolve(), { once: true, signal: over }));
}
