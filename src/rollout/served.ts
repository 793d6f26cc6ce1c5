import type { Telemetry } from '../environment/driver.ts';
import type { Instant, Millis } from '../foundation/units.ts';
import { Rises } from './growth.ts';

/** What came to an end between one reading and the next. */
export interface Served { readonly at: Instant; readonly requests: number; readonly errors: number; readonly unanswered: number }

/** What is older is needed only where little has come since. */
const RECENT: Millis = 10 * 60_000;
const ENOUGH = 100;

/** Requests that were answered or not, in order of time, as far back as anybody asks. */
export class ServedLog {
  #steps: Served[] = [];
  #known = 0;

  add(step: Served): void {
    if (step.requests === 0 && step.errors === 0) return;
    this.#steps.push(step);
    this.#known += step.requests;
    let oldest = this.#steps[0];
    while (oldest && oldest.at < step.at - RECENT && this.#known - oldest.requests >= ENOUGH) {
      this.#known -= oldest.requests;
      this.#steps.shift();
      oldest = this.#steps[0];
    }
  }

  /** The newest steps since `since` that make up `least` requests; undefined where there are fewer. */
  newest(least: number, since: Instant = -Infinity): Sum | undefined {
    let sum: Sum = { requests: 0, errors: 0, unanswered: 0, from: Infinity };
    for (let index = this.#steps.length - 1; index >= 0; index--) {
      const step = this.#steps[index] as Served;
      if (step.at < since) break;
      sum = added(sum, step);
      if (sum.requests >= least) return sum;
    }
    return undefined;
  }

  since(since: Instant): Sum {
    return this.#steps.reduce((sum, step) => (step.at < since ? sum : added(sum, step)), { requests: 0, errors: 0, unanswered: 0, from: Infinity });
  }
}

/** `from`: when the first of these was seen. */
export interface Sum { readonly requests: number; readonly errors: number; readonly unanswered: number; readonly from: Instant }

function added(sum: Sum, { at, requests, errors, unanswered }: Served): Sum {
  return { requests: sum.requests + requests, errors: sum.errors + errors, unanswered: sum.unanswered + unanswered, from: Math.min(sum.from, at) };
}

export function failing({ requests, errors }: Sum): number {
  return requests === 0 ? 0 : Math.min(errors, requests) / requests;
}

const NONE = { requests: 0, errors: 0 };

function logIn(logs: Map<string, ServedLog>, release: string): ServedLog {
  const log = logs.get(release) ?? new ServedLog();
  logs.set(release, log);
  return log;
}

/** What the router counted, by release and, of the one that is watched, by instance. */
export class Router {
  readonly #release: string;
  readonly #rises = new Rises();
  readonly #releases = new Map<string, ServedLog>();
  /** Without what probes sent, where that is told apart. */
  readonly #customers = new Map<string, ServedLog>();
  /** Instances of the watched release, and when each was last there. */
  readonly #instances = new Map<string, { at: Instant; readonly log: ServedLog }>();
  readonly #ends = new Map<string, { readonly at: Instant; readonly count: number }[]>();
  readonly #waiting = new Map<string, number>();
  #lastOther: { at: Instant; release?: string } = { at: -Infinity };

  constructor(release: string) {
    this.#release = release;
  }

  absorb({ traffic, instances = [] }: Telemetry, horizon: Instant, each: (step: Served & { readonly from: Instant }) => void): void {
    for (const { at, from = at, release, requests, errors, synthetic, syntheticErrors, unanswered = 0, waiting = 0, crashes = 0 } of traffic.toSorted((a, b) => a.at - b.at)) {
      const rise = this.#rises.read(release, at, horizon);
      const step = { at, requests: rise('requests', requests), errors: rise('errors', errors), unanswered: rise('unanswered', unanswered) };
      this.of(release).add(step);
      const probed = syntheticErrors === undefined ? NONE : { requests: rise('synthetic', synthetic), errors: rise('syntheticErrors', syntheticErrors) };
      this.customers(release).add({ ...step, requests: step.requests - probed.requests, errors: step.errors - probed.errors });
      this.#ended(release, at, rise('crashes', crashes));
      this.#waiting.set(release, waiting);
      if (release === this.#release) each({ ...step, from });
      else if (at >= this.#lastOther.at) this.#lastOther = { at, release };
    }
    for (const { at, release, instance, requests, errors } of instances.toSorted((a, b) => a.at - b.at)) {
      if (release !== this.#release) continue;
      const known = this.#instances.get(instance) ?? { at, log: new ServedLog() };
      this.#instances.set(instance, known);
      known.at = at;
      const rise = this.#rises.read(`${release} ${instance}`, at, horizon);
      known.log.add({ at, requests: rise('requests', requests), errors: rise('errors', errors), unanswered: 0 });
    }
    for (const [instance, { at }] of this.#instances) if (at < this.#newestInstance - RECENT) this.#instances.delete(instance);
  }

  of(release: string): ServedLog {
    return logIn(this.#releases, release);
  }

  customers(release: string): ServedLog {
    return logIn(this.#customers, release);
  }

  /** The release beside the watched one that was last seen. */
  get other(): string | undefined {
    return this.#lastOther.release;
  }

  /** Those that may be given traffic now. */
  present(fresh: Millis): ReadonlyMap<string, ServedLog> {
    const newest = this.#newestInstance;
    return new Map([...this.#instances].filter(([, { at }]) => at >= newest - fresh).map(([instance, { log }]) => [instance, log]));
  }

  /** How many instances ended that were not meant to. */
  crashes(release: string, since: Instant): number {
    return (this.#ends.get(release) ?? []).reduce((sum, { at, count }) => (at >= since ? sum + count : sum), 0);
  }

  waiting(release: string): number {
    return this.#waiting.get(release) ?? 0;
  }

  get #newestInstance(): Instant {
    return Math.max(-Infinity, ...[...this.#instances.values()].map(({ at }) => at));
  }

  #ended(release: string, at: Instant, count: number): void {
    if (count === 0) return;
    const ends = this.#ends.get(release) ?? [];
    this.#ends.set(release, [...ends.filter((end) => end.at >= at - RECENT), { at, count }]);
  }
}
