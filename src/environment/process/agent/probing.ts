import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { systemClock } from '../../../foundation/clock.ts';
import type { Millis } from '../../../foundation/units.ts';
import type { ProbePlan } from '../../../pipeline/plan.ts';
import type { Placed } from '../../desired.ts';
import type { ProbeResult } from '../../driver.ts';
import type { Prober } from './prober.ts';

/** Missing requests are spread over this time at most, and never come faster than {@link BRISK}. */
const SPREAD: Millis = 30_000;
const BRISK: Millis = 20;
const AT_ONCE = 8;

export interface ProbingSpec {
  readonly prober: Prober;
  readonly url: string;
  folder(release: string): string;
  record(result: ProbeResult): void;
  /** How many requests of probes the release has answered. */
  synthetic(release: string): number;
}

interface Exercise { readonly release: string; readonly stop: AbortController; target: number }

/** When which probe runs, and against what. */
export class Probing {
  readonly #spec: ProbingSpec;
  #timers: NodeJS.Timeout[] = [];
  #everyday: Placed | undefined;
  #exercise: Exercise | undefined;

  constructor(spec: ProbingSpec) {
    this.#spec = spec;
  }

  /** Runs the probes of `placed` at their own pace, by ordinary traffic; those of another release no more. */
  follow(placed: Placed | undefined): void {
    if (placed === this.#everyday) return;
    this.stop();
    this.#everyday = placed;
    for (const probe of placed?.plan.probes ?? []) {
      let running = false;
      const run = async (): Promise<void> => {
        if (running) return;
        running = true;
        await this.#run(probe, placed as Placed);
        running = false;
      };
      this.#timers.push(setInterval(() => void run(), probe.everyMs));
    }
  }

  /** `count` more requests are wanted of the candidate, beside those that are still to come. */
  exercise(candidate: Placed, count: number): void {
    const release = candidate.release.id;
    if (this.#exercise?.release === release) {
      this.#exercise.target += count;
      return;
    }
    this.#exercise?.stop.abort();
    const exercise: Exercise = { release, target: this.#spec.synthetic(release) + count, stop: new AbortController() };
    this.#exercise = exercise;
    void this.#pursue(candidate, exercise, Math.min(SPREAD / Math.max(1, count), ...candidate.plan.probes.map(({ everyMs }) => everyMs)));
  }

  rest(): void {
    this.#exercise?.stop.abort();
    this.#exercise = undefined;
  }

  stop(): void {
    for (const timer of this.#timers.splice(0)) clearInterval(timer);
    this.#everyday = undefined;
  }

  async #pursue(candidate: Placed, exercise: Exercise, pace: Millis): Promise<void> {
    const { probes } = candidate.plan;
    const underWay = new Set<Promise<void>>();
    const begun = this.#spec.synthetic(exercise.release);
    for (let turn = 0; !exercise.stop.signal.aborted; turn++) {
      const done = this.#spec.synthetic(exercise.release);
      // Probes that send nothing must not be run for ever.
      if (done >= exercise.target || turn > (exercise.target - begun) * 2) break;
      if (underWay.size < AT_ONCE) {
        const run = this.#run(probes[turn % probes.length] as ProbePlan, candidate, 'candidate').finally(() => underWay.delete(run));
        underWay.add(run);
      }
      await sleep(Math.max(BRISK, pace), undefined, { signal: exercise.stop.signal }).catch(() => {}); // the loop looks itself
    }
    if (this.#exercise === exercise) this.#exercise = undefined;
  }

  async #run(probe: ProbePlan, of: Placed, route?: 'candidate'): Promise<void> {
    const file = join(this.#spec.folder(of.release.id), probe.file);
    const { ok, detail, release } = await this.#spec.prober.run({ file, url: this.#spec.url, ...(route ? { route } : {}) });
    // What a probe of one release thinks of another's answer says nothing: the other may have meant to change it. That
    // it answers with errors is seen in what the router counts.
    if (release !== undefined && release !== of.release.id) return;
    this.#spec.record({ at: systemClock.now(), probe: probe.name, release: of.release.id, ok, detail });
  }
}
