/** One change of the region at a time, in the order asked. */
export class Turns {
  #tail: Promise<unknown> = Promise.resolve();
  #waiting = new Set<AbortController>();

  /** @throws the signal's reason when it aborts before its turn; whatever `work` throws. */
  take<T>(signal: AbortSignal, work: (signal: AbortSignal) => Promise<T>): Promise<T> {
    const preempted = new AbortController();
    this.#waiting.add(preempted);
    const either = AbortSignal.any([signal, preempted.signal]);
    const turn = this.#tail.then(async () => {
      either.throwIfAborted();
      return work(either);
    }).finally(() => this.#waiting.delete(preempted));
    this.#tail = turn.catch(() => {}); // whoever asked is told
    return turn;
  }

  /** Asks whatever is under way, and whatever waits, to give up. */
  preempt(reason: Error): void {
    for (const waiting of this.#waiting) waiting.abort(reason);
  }
}
