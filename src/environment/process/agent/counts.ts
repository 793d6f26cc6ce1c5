import { z } from 'zod';
import type { Instant, Millis } from '../../../foundation/units.ts';
import { WAITS_LONG, type InstanceSample, type TrafficSample } from '../../driver.ts';

/** Upper bounds of the histogram of latency, in seconds, as the text formats write them. */
const BOUNDS = ['0.005', '0.01', '0.025', '0.05', '0.1', '0.25', '0.5', '1', '2.5', '5', '10', '30', '+Inf'] as const;

const many = z.int().nonnegative().default(0);
const count = z.object({ requests: many, errors: many, synthetic: many, syntheticErrors: many, unanswered: many, late: many, crashes: many, seconds: z.record(z.string(), z.int()).default({}) });
type Mutable = z.infer<typeof count>;
export type Count = Readonly<Mutable>;

/** How a request to a release ended. */
export interface Ended {
  readonly error: boolean;
  readonly synthetic: boolean;
  readonly unanswered?: boolean;
  readonly late?: boolean;
  /** Until the answer began. */
  readonly tookMs?: Millis;
  readonly instance?: string;
}

const NONE: Count = count.parse({});
const LIMITS = BOUNDS.map((le) => (le === '+Inf' ? Infinity : Number(le)));

/** What the router has counted: by release since each was prepared, and by instance since each began. */
export class Counts {
  readonly #byRelease: Map<string, Mutable>;
  readonly #byInstance = new Map<string, { requests: number; errors: number }>();
  /** Requests under way without an answer, since when. */
  readonly #open = new Map<object, { readonly release: string; readonly since: Instant }>();

  constructor(stored: { readonly [release: string]: Count } = {}) {
    this.#byRelease = new Map(Object.entries(stored).map(([release, counted]) => [release, { ...counted, seconds: { ...counted.seconds } }]));
  }

  /** What was kept of an earlier agent; nothing where that is no such thing. */
  static parse(stored: unknown): Counts {
    return new Counts(z.record(z.string(), count).catch({}).parse(stored));
  }

  /** From now on it is counted, until it is forgotten. */
  begin(release: string): void {
    if (!this.#byRelease.has(release)) this.#byRelease.set(release, { ...NONE, seconds: {} });
  }

  forget(release: string): void {
    this.#byRelease.delete(release);
  }

  /** A request that outlasted its release is no longer counted. */
  add(release: string, { error, synthetic, unanswered = false, late = false, tookMs, instance }: Ended): void {
    const known = this.#byRelease.get(release);
    if (!known) return;
    known.requests += 1;
    if (error) known.errors += 1;
    if (synthetic) known.synthetic += 1;
    if (synthetic && error) known.syntheticErrors += 1;
    if (unanswered) known.unanswered += 1;
    if (late) known.late += 1;
    if (tookMs !== undefined) observe(known.seconds, tookMs / 1_000);
    if (instance === undefined) return;
    const of = this.#byInstance.get(instance) ?? { requests: 0, errors: 0 };
    this.#byInstance.set(instance, of);
    of.requests += 1;
    if (error) of.errors += 1;
  }

  /** An instance ended that was not meant to. */
  crash(release: string): void {
    const known = this.#byRelease.get(release);
    if (known) known.crashes += 1;
  }

  /** A request is under way; call what is returned once its answer begins, or it ends without one. */
  open(release: string): () => void {
    const request = {};
    this.#open.set(request, { release, since: performance.now() });
    return () => void this.#open.delete(request);
  }

  of(release: string): Count {
    return this.#byRelease.get(release) ?? NONE;
  }

  samples(at: Instant): readonly TrafficSample[] {
    const long = [...this.#open.values()].filter(({ since }) => performance.now() - since > WAITS_LONG);
    return [...this.#byRelease].map(([release, counted]) => ({ at, release, ...counted, seconds: { ...counted.seconds }, waiting: long.filter((request) => request.release === release).length }));
  }

  /** @param present all instances that may be given traffic now; the others are forgotten. */
  instances(at: Instant, present: readonly { readonly release: string; readonly instance: string }[]): readonly InstanceSample[] {
    const names = new Set(present.map(({ instance }) => instance));
    for (const instance of this.#byInstance.keys()) if (!names.has(instance)) this.#byInstance.delete(instance);
    return present.map(({ release, instance }) => ({ at, release, instance, ...(this.#byInstance.get(instance) ?? { requests: 0, errors: 0 }) }));
  }

  toJSON(): { readonly [release: string]: Count } {
    return Object.fromEntries(this.#byRelease);
  }
}

function observe(seconds: Mutable['seconds'], took: number): void {
  for (const [index, le] of BOUNDS.entries()) seconds[le] = (seconds[le] ?? 0) + (took <= (LIMITS[index] ?? 0) ? 1 : 0);
}
