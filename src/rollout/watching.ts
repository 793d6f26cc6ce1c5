import type { Telemetry } from '../environment/driver.ts';
import type { Instant, Millis } from '../foundation/units.ts';
import type { AlarmPlan } from '../pipeline/plan.ts';
import { AlarmWatch, readsMetrics, type AlarmLook } from './alarm.ts';
import { Coverage, freshTime } from './coverage.ts';
import { freshFor, horizonOf } from './growth.ts';
import { guardFaults, undecided, type Guarded } from './guard.ts';
import { Router } from './served.ts';

export interface WatchSpec {
  /** The release's alarms and the stable one's: see `alarmsOf`. */
  readonly alarms: readonly AlarmPlan[];
  /** The id of the release that is watched. */
  readonly release: string;
  /** When the share of traffic that is judged came into force. */
  readonly since: Instant;
  /** When the release got its first traffic here, where that was earlier: alarms remember across steps. */
  readonly exposedSince?: Instant;
}

/**
 * What is known of one release in one region. It takes in what is new, and keeps only what is judged: a bake may last
 * for as long as it likes, and what was measured long ago need not be told again.
 */
export class Watching {
  readonly #spec: WatchSpec;
  readonly #alarms: readonly { readonly here: AlarmWatch; readonly before?: AlarmWatch }[];
  readonly #router: Router;
  readonly #traffic = new Coverage();
  readonly #metrics = new Coverage();
  #horizon: Instant | undefined;
  #fresh: Millis = freshFor({});
  /** Answered since `since`. */
  requests = 0;

  constructor(spec: WatchSpec) {
    const { alarms, release, since, exposedSince } = spec;
    this.#spec = spec;
    this.#router = new Router(release);
    this.#alarms = alarms.map((alarm) => ({
      here: new AlarmWatch(alarm, release, since),
      ...(exposedSince === undefined || exposedSince === since ? {} : { before: new AlarmWatch(alarm, release, exposedSince) }),
    }));
  }

  /** Takes in what was measured since the last time; the first time, from a few seconds before `since` on. */
  absorb(telemetry: Telemetry): void {
    const { release, since } = this.#spec;
    const first = horizonOf(telemetry);
    if (this.#horizon === undefined && first !== Infinity) this.#horizon = first;
    const horizon = this.#horizon ?? first;
    this.#fresh = freshFor(telemetry);
    this.#router.absorb(telemetry, horizon, ({ from, requests }) => {
      if (from >= since) this.requests += requests; // of a reading that reaches back further, nobody knows when it was counted
    });
    for (const { here, before } of this.#alarms) {
      here.absorb(telemetry, horizon);
      before?.absorb(telemetry, horizon);
    }
    for (const [readings, coverage] of [[telemetry.traffic, this.#traffic], [telemetry.samples, this.#metrics]] as const) {
      for (const reading of readings) if (reading.release === release) coverage.add(reading.from ?? reading.at, reading.at + this.#fresh);
    }
  }

  alarms(now: Instant): readonly AlarmLook[] {
    return this.#alarms.map(({ here, before }) => {
      const look = here.look(now);
      const earlier = look.state === 'firing' ? undefined : before?.look(now);
      return earlier?.state === 'firing' ? earlier : look;
    });
  }

  /** What the router sees that no release may do, whatever its alarms are. */
  faults(now: Instant): readonly string[] {
    return guardFaults(this.#guarded(now));
  }

  /** Why nothing can be said yet though much was measured. */
  undecided(now: Instant): string | undefined {
    return undecided(this.#guarded(now));
  }

  /** For how long since `since` the release could be seen, and whether it can be now. */
  fresh(now: Instant): { readonly valid: Millis; readonly now: boolean } {
    return freshTime(this.#spec.alarms.some(readsMetrics) ? [this.#traffic, this.#metrics] : [this.#traffic], this.#spec.since, now);
  }

  #guarded(now: Instant): Guarded {
    const { release, since } = this.#spec;
    return { router: this.#router, release, since, now, fresh: this.#fresh };
  }
}
