import type { Instant } from '../../foundation/units.ts';
import type { Placed } from '../desired.ts';
import type { MetricSample, TrafficSample } from '../driver.ts';
import { published, type Behaviour } from './behaviour.testing.ts';

/** A release at work in memory: it counts, and fails exactly as often as it is told to. */
export class Running {
  readonly placed: Placed;
  readonly #behaviour: () => Behaviour;
  readonly #instances: { requests: number; errors: number }[];
  #turn = 0;
  #owedErrors = 0;
  #total = { requests: 0, errors: 0, synthetic: 0 };

  constructor(placed: Placed, behaviour: () => Behaviour) {
    this.placed = placed;
    this.#behaviour = behaviour;
    this.#instances = Array.from({ length: placed.plan.instances }, () => ({ requests: 0, errors: 0 }));
  }

  get id(): string {
    return this.placed.release.id;
  }

  get healthy(): boolean {
    return this.#behaviour().healthy ?? true;
  }

  get synthetic(): number {
    return this.#total.synthetic;
  }

  /** True when it answered well. */
  serve(synthetic: boolean): boolean {
    this.#owedErrors += this.healthy ? this.#behaviour().errors ?? 0 : 1;
    const failed = this.#owedErrors >= 1;
    if (failed) this.#owedErrors -= 1;
    this.#total.requests++;
    if (failed) this.#total.errors++;
    if (synthetic) this.#total.synthetic++;
    const instance = this.#instances[this.#turn++ % this.#instances.length];
    if (instance && this.healthy) {
      instance.requests++;
      if (failed) instance.errors++;
    }
    return !failed;
  }

  traffic(at: Instant): TrafficSample {
    return { at, release: this.id, ...this.#total };
  }

  metrics(at: Instant): readonly MetricSample[] {
    const behaviour = this.#behaviour();
    if (behaviour.silent || !this.healthy) return [];
    return this.#instances.map(({ requests, errors }, index) => ({ at, release: this.id, instance: `${this.id}/i${index + 1}`, values: published(behaviour, requests, errors) }));
  }
}
