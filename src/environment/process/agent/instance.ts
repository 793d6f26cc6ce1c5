import { setTimeout as sleep } from 'node:timers/promises';
import { newId } from '../../../foundation/ids.ts';
import type { Millis } from '../../../foundation/units.ts';
import { Life, type InstanceSpec } from './life.ts';

const SHORTEST_BACKOFF: Millis = 100;
const LONGEST_BACKOFF: Millis = 10_000;
/** What ran for so long and then fell is not one that can't start. */
const PROVEN: Millis = 30_000;

/** One process that is kept running: started again whenever it ends or is ill, until {@link end}. */
export class Instance {
  readonly #spec: InstanceSpec;
  readonly #ending = new AbortController();
  readonly #running: Promise<void>;
  #life: Life | undefined;
  #restarts = 0;
  /** Starts in a row that did not become healthy. */
  failures = 0;
  #hit: string | undefined;

  /** @param changed called whenever health changes or a start fails. */
  constructor(spec: InstanceSpec, index: number, changed: () => void) {
    this.#spec = spec;
    this.#running = this.#keep(index, changed);
  }

  /** The process that may be given traffic now. */
  get healthy(): Life | undefined {
    return this.#life?.healthy ? this.#life : undefined;
  }

  /** The limits that its process has hit, or the last one that hit some, for people. */
  get hit(): string | undefined {
    return this.#life?.hit ?? this.#hit;
  }

  /** Ends the process that runs now; another one is started with a fresh environment. */
  recycle(): void {
    this.#life?.condemn('its surroundings have changed');
  }

  /** Out of rotation at once; then what is under way may finish, for `plan.drainMs`; resolves once it is dead. */
  async end(): Promise<void> {
    this.#ending.abort();
    await this.#running;
  }

  async #keep(index: number, changed: () => void): Promise<void> {
    const { signal } = this.#ending;
    while (!signal.aborted) {
      const began = performance.now();
      const life = new Life(this.#spec, newId(`i${index}`, Date.now()), changed);
      this.#life = life;
      const healthy = await life.run(signal);
      this.#life = undefined;
      this.#hit = life.hit ?? this.#hit;
      if (!signal.aborted && !life.isCondemned) this.#spec.crashed();
      this.failures = healthy ? 0 : this.failures + 1;
      changed();
      const lasted = performance.now() - began;
      const backoff = Math.min(LONGEST_BACKOFF, SHORTEST_BACKOFF * 2 ** Math.min(this.#restarts, 7));
      this.#restarts = lasted > PROVEN ? 0 : this.#restarts + 1;
      await sleep(backoff, undefined, { signal }).catch(() => {}); // ending is no error
    }
  }
}
