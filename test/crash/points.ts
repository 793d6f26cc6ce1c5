/** Where a host can be killed: before and after each touch of the world, and in the middle of the longer ones. */
import { appendFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';

export interface PointSpec {
  /** Each point's name is appended here as it is reached. */
  readonly record?: string | undefined;
  /** The name of the point at which this process kills itself. */
  readonly killAt?: string | undefined;
  /** How long after its beginning a touch is killed in its middle, in milliseconds. */
  readonly amidMs: number;
}

/** A name holds no ids, and says which of its kind it is: `before region.shift prod/east 10000 #1`. */
export class Points {
  readonly #spec: PointSpec;
  readonly #counts = new Map<string, number>();

  constructor(spec: PointSpec) {
    this.#spec = spec;
  }

  now<Value>(touch: string, act: () => Value): Value {
    this.#reach(`before ${touch}`);
    const value = act();
    this.#reach(`after ${touch}`);
    return value;
  }

  /** @param long whether there is a middle in which to be killed. */
  async during<Value>(touch: string, act: () => Promise<Value>, long = false): Promise<Value> {
    this.#reach(`before ${touch}`);
    const amid = long ? this.#named(`amid ${touch}`) : undefined;
    const value = act();
    if (amid !== undefined && this.#isLast(amid)) {
      await Promise.race([sleep(this.#spec.amidMs), value.catch(() => undefined)]);
      die();
    }
    const known = await value.then((is) => ({ is }), (thrown: unknown) => ({ thrown }));
    this.#reach(`after ${touch}`);
    if ('thrown' in known) throw known.thrown;
    return known.is;
  }

  #reach(name: string): void {
    if (this.#isLast(this.#named(name))) die();
  }

  #named(name: string): string {
    const count = (this.#counts.get(name) ?? 0) + 1;
    this.#counts.set(name, count);
    return `${name} #${count}`;
  }

  #isLast(point: string): boolean {
    if (this.#spec.record !== undefined) appendFileSync(this.#spec.record, `${point}\n`);
    return point === this.#spec.killAt;
  }
}

/** As a power cut does: no handler runs, nothing is flushed. */
function die(): never {
  process.kill(process.pid, 'SIGKILL');
  for (;;) Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0);
}
