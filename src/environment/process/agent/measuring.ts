import { readFile } from 'node:fs/promises';
import { systemClock } from '../../../foundation/clock.ts';
import type { Millis } from '../../../foundation/units.ts';
import { Counts } from './counts.ts';
import type { Fleet } from './fleet.ts';
import type { History } from './history.ts';
import type { Life } from './life.ts';
import { Scraping } from './scraping.ts';
import { writeWhole } from './stored.ts';

const EVERY: Millis = 1_000;
const SCRAPE_LIMIT: Millis = 900;

export interface MeasuringSpec {
  readonly history: History;
  readonly counts: Counts;
  /** Where the counts are kept, so that they stay cumulative over an agent's death. */
  readonly file: string;
  lives(): readonly Fleet[];
  note(line: string): void;
}

/** Once a second: what the router counted, and what every healthy instance publishes. */
export class Measuring {
  readonly #spec: MeasuringSpec;
  readonly #complained = new Map<string, string>();
  readonly #scraping = new Scraping();
  #timer: NodeJS.Timeout | undefined;
  #saved = '';
  #saving: Promise<void> = Promise.resolve();

  constructor(spec: MeasuringSpec) {
    this.#spec = spec;
  }

  /** What was counted up to a second before the last agent ended; nothing where that is unreadable. */
  static async storedCounts(file: string): Promise<Counts> {
    const text = await readFile(file, 'utf8').catch(() => '{}'); // counts are no state: a lost file costs a second's worth of them
    return Counts.parse(json(text));
  }

  start(): void {
    this.#timer ??= setInterval(() => void this.#tick(), EVERY);
  }

  async stop(): Promise<void> {
    clearInterval(this.#timer);
    await this.#scraping.close();
    await this.#save();
  }

  /** Also between two ticks, so that what a release did last is known when it leaves. */
  count(): void {
    const { counts, history } = this.#spec;
    const at = systemClock.now();
    const present = this.#spec.lives().flatMap(({ release, healthy }) => healthy.map(({ id }) => ({ release, instance: id })));
    history.traffic(counts.samples(at), counts.instances(at, present));
  }

  async #tick(): Promise<void> {
    this.count();
    this.#spec.history.age(systemClock.now());
    void this.#save();
    const all = this.#spec.lives().flatMap((fleet) => fleet.healthy.map((life) => [fleet, life] as const));
    this.#scraping.keep(new Set(all.map(([, { id }]) => id)));
    await Promise.all(all.map(([fleet, life]) => this.#scrape(fleet, life)));
  }

  async #scrape({ release, placed }: Fleet, life: Life): Promise<void> {
    const at = systemClock.now();
    try {
      const { names, values, lost, fault } = await this.#scraping.ask(life.id, life.http.port, placed.plan.metrics, SCRAPE_LIMIT);
      this.#spec.history.metrics(at, release, life.id, { names, values });
      if (lost === 0) this.#complained.delete(life.id);
      else this.#complain(life, `${lost} line(s) of the metrics of ${life.id} (${release}) are not read: ${fault}`);
    } catch (error) {
      this.#complain(life, `no metrics of ${life.id} (${release}): ${(error as Error).message}`);
    }
  }

  /** Missing metrics are missing samples, which no alarm takes for health; the log says why, once. */
  #complain({ id }: Life, what: string): void {
    if (this.#complained.get(id) === what) return;
    if (this.#complained.size > 1_000) this.#complained.clear();
    this.#complained.set(id, what);
    this.#spec.note(what);
  }

  #save(): Promise<void> {
    const text = JSON.stringify(this.#spec.counts);
    if (text === this.#saved) return this.#saving;
    this.#saved = text;
    this.#saving = this.#saving.then(() => writeWhole(this.#spec.file, text, false)).catch((error: unknown) => this.#spec.note(`counts not kept: ${String(error)}`));
    return this.#saving;
  }
}

function json(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return {};
  }
}
