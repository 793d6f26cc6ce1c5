import type { Millis } from '../../../foundation/units.ts';

/** Counts what is under way, and says when nothing is. */
export class InFlight {
  #count = 0;
  #waiting: (() => void)[] = [];

  get count(): number {
    return this.#count;
  }

  enter(): void {
    this.#count++;
  }

  leave(): void {
    this.#count--;
    if (this.#count === 0) for (const wake of this.#waiting.splice(0)) wake();
  }

  /** Resolves once nothing is under way, or after `limit`. */
  async drained(limit: Millis): Promise<void> {
    if (this.#count === 0 || limit === 0) return;
    const { promise, resolve } = Promise.withResolvers<void>();
    this.#waiting.push(resolve);
    const timer = setTimeout(resolve, limit);
    await promise;
    clearTimeout(timer);
  }
}
