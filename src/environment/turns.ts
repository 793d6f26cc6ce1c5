import type { Turn } from './driver.ts';
import { Fence, type Fenced } from './fence.ts';

export interface TurnsSpec {
  /** For people. */
  readonly place: string;
  /** The highest fence that was seen before. */
  readonly highest?: Fenced;
  /** Keeps a fence that is higher than any before, ahead of the change that carries it. */
  readonly keep?: (highest: Fenced) => Promise<void>;
}

/** Whose change it is: its fence is all that counts. */
export type Caller = Pick<Turn, 'run' | 'fence'> | undefined;

/** One change of the region at a time, in the order asked; what carries a lower fence than was seen is refused. */
export class Turns {
  readonly #spec: TurnsSpec;
  readonly #fence: Fence;
  #kept: number;
  #tail: Promise<unknown> = Promise.resolve();
  #waiting = new Set<AbortController>();

  constructor(spec: TurnsSpec) {
    this.#spec = spec;
    this.#fence = new Fence(spec.highest);
    this.#kept = spec.highest?.fence ?? 0;
  }

  /** @throws {TrunklineError} `FENCE_STALE`; the signal's reason when it aborts before its turn; whatever `work` throws. */
  async take<T>(caller: Caller, signal: AbortSignal, work: (signal: AbortSignal) => Promise<T>): Promise<T> {
    this.#fence.admit(caller, this.#spec.place);
    const preempted = new AbortController();
    this.#waiting.add(preempted);
    const either = AbortSignal.any([signal, preempted.signal]);
    const turn = this.#tail.then(async () => {
      either.throwIfAborted();
      this.#fence.admit(caller, this.#spec.place); // a newer one may have come while it waited
      await this.#keep();
      return work(either);
    }).finally(() => this.#waiting.delete(preempted));
    this.#tail = turn.catch(() => {}); // whoever asked is told
    return turn;
  }

  /** Asks whatever is under way, and whatever waits, to give up. @throws {TrunklineError} `FENCE_STALE`. */
  preempt(caller: Caller, reason: Error): void {
    this.#fence.admit(caller, this.#spec.place);
    for (const waiting of this.#waiting) waiting.abort(reason);
  }

  async #keep(): Promise<void> {
    const { highest } = this.#fence;
    if (!highest || highest.fence <= this.#kept) return;
    await this.#spec.keep?.(highest);
    this.#kept = highest.fence;
  }
}
