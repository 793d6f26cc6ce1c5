import { setTimeout as sleep } from 'node:timers/promises';
import type { Instant, Millis } from './units.ts';

/** The only source of time. Decisions take an {@link Instant} instead. */
export interface Clock {
  /** Monotonic: it begins where the wall clock stands and never jumps. Durations and deadlines are differences of it. */
  now(): Instant;
  /** What the clock of the machine shows: for the day of the calendar and the age of files alone, because it may jump. */
  wall(): Instant;
  /** Resolves after `duration`; rejects with the signal's reason when it aborts first. */
  sleep(duration: Millis, signal?: AbortSignal): Promise<void>;
}

export const systemClock: Clock = {
  now: () => Math.round(performance.timeOrigin + performance.now()),
  wall: () => Date.now(),
  sleep: async (duration, signal) => {
    await sleep(duration, undefined, signal ? { signal } : {}).catch((error: unknown) => {
      signal?.throwIfAborted(); // the platform rejects with words of its own
      throw error;
    });
  },
};

/** A clock that moves only when told to: time in tests costs nothing and repeats exactly. */
export class VirtualClock implements Clock {
  #now: Instant;
  #ahead: Millis = 0;
  #sleepers: { readonly at: Instant; readonly wake: () => void }[] = [];

  constructor(start: Instant = 0) {
    this.#now = start;
  }

  now(): Instant {
    return this.#now;
  }

  wall(): Instant {
    return this.#now + this.#ahead;
  }

  /** Somebody sets the clock of the machine. */
  jump(by: Millis): void {
    this.#ahead += by;
  }

  sleep(duration: Millis, signal?: AbortSignal): Promise<void> {
    return new Promise((resolve, reject) => {
      if (signal?.aborted) return reject(signal.reason);
      const sleeper = { at: this.#now + duration, wake: resolve };
      this.#sleepers.push(sleeper);
      signal?.addEventListener('abort', () => {
        this.#sleepers = this.#sleepers.filter((other) => other !== sleeper);
        reject(signal.reason);
      }, { once: true });
    });
  }

  /** Moves to `now + duration`, waking sleepers in order, each at its own instant. */
  async advance(duration: Millis): Promise<void> {
    const end = this.#now + duration;
    for (;;) {
      const due = this.#sleepers.filter(({ at }) => at <= end).sort((a, b) => a.at - b.at)[0];
      if (!due) break;
      this.#sleepers = this.#sleepers.filter((other) => other !== due);
      this.#now = Math.max(this.#now, due.at);
      due.wake();
      await new Promise(setImmediate);
    }
    this.#now = end;
  }
}
