import type { Instant } from '../../../foundation/units.ts';
import type { TrafficSample } from '../../driver.ts';

export interface Count { readonly requests: number; readonly errors: number; readonly synthetic: number }

const NONE: Count = { requests: 0, errors: 0, synthetic: 0 };

/** What the router has counted, by release, since each was prepared. */
export class Counts {
  #byRelease: Map<string, Count>;

  constructor(stored: { readonly [release: string]: Count } = {}) {
    this.#byRelease = new Map(Object.entries(stored));
  }

  /** From now on it is counted, until it is forgotten. */
  begin(release: string): void {
    if (!this.#byRelease.has(release)) this.#byRelease.set(release, NONE);
  }

  forget(release: string): void {
    this.#byRelease.delete(release);
  }

  /** A request that outlasted its release is no longer counted. */
  add(release: string, request: { readonly error: boolean; readonly synthetic: boolean }): void {
    if (!this.#byRelease.has(release)) return;
    const { requests, errors, synthetic } = this.of(release);
    this.#byRelease.set(release, {
      requests: requests + 1,
      errors: errors + (request.error ? 1 : 0),
      synthetic: synthetic + (request.synthetic ? 1 : 0),
    });
  }

  of(release: string): Count {
    return this.#byRelease.get(release) ?? NONE;
  }

  samples(at: Instant): readonly TrafficSample[] {
    return [...this.#byRelease].map(([release, count]) => ({ at, release, ...count }));
  }

  toJSON(): { readonly [release: string]: Count } {
    return Object.fromEntries(this.#byRelease);
  }
}
