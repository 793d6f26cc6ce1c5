import { join } from 'node:path';
import { TrunklineError } from '../../../foundation/errors.ts';
import type { EnvironmentPlan } from '../../../pipeline/plan.ts';
import type { Placed } from '../../desired.ts';
import type { LiveRelease } from '../../driver.ts';
import { Instance } from './instance.ts';
import { InstanceLog } from './instance-log.ts';
import type { InstanceSpec, Life } from './life.ts';
import type { Backend, Target } from './router.ts';

/** So many starts in a row that came to nothing are proof enough while a release is being prepared. */
const HOPELESS = 3;

/** All instances of one release. */
export class Fleet implements Backend {
  readonly placed: Placed;
  readonly #log: InstanceLog;
  readonly #instances: readonly Instance[];
  #waiting: (() => void)[] = [];
  /** Where the search for the least busy one begins: by turns, so that idle ones share what comes. */
  #turn = 0;

  constructor(placed: Placed, spec: Omit<InstanceSpec, 'release' | 'plan' | 'log'> & { readonly logs: string; readonly masked: readonly string[] }) {
    this.placed = placed;
    this.#log = new InstanceLog(join(spec.logs, `${placed.release.id}.log`), () => spec.masked);
    const each: InstanceSpec = { ...spec, release: placed.release.id, plan: placed.plan, log: this.#log };
    const changed = (): void => {
      for (const look of this.#waiting.splice(0)) look();
    };
    this.#instances = Array.from({ length: placed.plan.instances }, (_, index) => new Instance(each, index + 1, changed));
  }

  get release(): string {
    return this.placed.release.id;
  }

  get healthy(): readonly Life[] {
    return this.#instances.flatMap(({ healthy }) => healthy ?? []);
  }

  get instances(): LiveRelease['instances'] {
    return { healthy: this.healthy.length, total: this.#instances.length };
  }

  pick(except?: Target): Life | undefined {
    let best: Life | undefined;
    const first = this.#turn++ % this.#instances.length;
    for (let n = 0; n < this.#instances.length; n++) {
      const healthy = this.#instances[(first + n) % this.#instances.length]?.healthy;
      if (healthy && healthy !== except && (!best || healthy.inFlight.count < best.inFlight.count)) best = healthy;
    }
    return best;
  }

  /**
   * Resolves once every instance is healthy.
   * @throws {TrunklineError} `INSTANCE_UNHEALTHY` with what was printed last, after `plan.startTimeoutMs` or when an
   * instance has failed to start three times.
   */
  async ready(signal: AbortSignal): Promise<void> {
    const limit = AbortSignal.timeout(this.placed.plan.startTimeoutMs);
    const stop = AbortSignal.any([signal, limit]);
    while (this.healthy.length < this.#instances.length) {
      signal.throwIfAborted();
      const hopeless = this.#instances.some(({ failures }) => failures >= HOPELESS);
      if (hopeless || limit.aborted) throw this.#unhealthy(hopeless ? `failed to start ${HOPELESS} times` : `not healthy within ${this.placed.plan.startTimeoutMs} ms`);
      await this.#change(stop);
    }
  }

  recycle(): void {
    for (const instance of this.#instances) instance.recycle();
  }

  /** Ends every instance once its requests are done; resolves when all are dead. The release's files stay. */
  async end(): Promise<void> {
    await Promise.all(this.#instances.map((instance) => instance.end()));
    await this.#log.close();
  }

  async #change(stop: AbortSignal): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<void>();
    this.#waiting.push(resolve);
    const abort = (): void => resolve();
    stop.addEventListener('abort', abort, { once: true });
    if (stop.aborted) resolve();
    await promise;
    stop.removeEventListener('abort', abort);
  }

  #unhealthy(why: string): TrunklineError {
    const { run } = this.placed.plan;
    const hit = this.#instances.find((instance) => instance.hit !== undefined)?.hit;
    const limited = hit === undefined ? '' : `; it hit the limit of ${hit}`;
    const use = 'use less, or let an operator raise "limits" in sandbox.json of the state folder';
    return new TrunklineError('INSTANCE_UNHEALTHY', 'code', `release ${this.release}: an instance (${run}) ${why}; ${this.healthy.length} of ${this.#instances.length} are healthy${limited}`,
      hit !== undefined ? use : hint(this.#log.lastLines(50), this.placed.plan), this.#log.lastLines(20));
  }
}

/** What the last lines give away. */
export function hint(lines: readonly string[], { health, data }: Pick<EnvironmentPlan, 'health' | 'data'>): string {
  const shut = lines.find((line) => /\bEROFS\b|read-only file system/i.test(line));
  if (shut === undefined) return `it must listen on 127.0.0.1 at PORT and answer ${health} with 200`;
  const where = data === undefined ? 'declare data: "/data" in processes(…) of trunkline.config.ts and write there' : `write in ${data}, which TRUNKLINE_DATA names`;
  return `it writes where a release may not ("${shut.trim().slice(0, 160)}"): what is to stay, ${where}; what need not, below TMPDIR`;
}
