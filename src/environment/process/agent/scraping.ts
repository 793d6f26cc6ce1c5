import { extname } from 'node:path';
import { Worker } from 'node:worker_threads';
import type { Millis } from '../../../foundation/units.ts';

/** One question of the thread that reads metrics. */
export interface Scrape { readonly number: number; readonly instance: string; readonly port: number; readonly path: string; readonly limitMs: Millis }

export type Scraped =
  /** Without `names` they are those of this instance's last answer. */
  | { readonly number: number; readonly instance: string; readonly names?: readonly string[]; readonly values: Float64Array; readonly lost: number; readonly fault?: string }
  | { readonly number: number; readonly error: string };

/** What an instance published: its series, names and values in one order. */
export interface Answered { readonly names: readonly string[]; readonly values: Float64Array; readonly lost: number; readonly fault?: string }

const PROGRAM = new URL(`./scraping-worker${extname(import.meta.url)}`, import.meta.url);
const MEMORY_MB = 256;
/** Past its own limit, the thread itself is late. */
const GRACE: Millis = 5_000;

/** Asks instances for their metrics on a thread of its own, which is begun again when it dies. */
export class Scraping {
  readonly #waiting = new Map<number, { readonly resolve: (scraped: Scraped) => void; readonly reject: (error: Error) => void }>();
  readonly #names = new Map<string, readonly string[]>();
  #worker: Worker | undefined;
  #number = 0;

  /** @throws {Error} why there are none. */
  async ask(instance: string, port: number, path: string, limitMs: Millis): Promise<Answered> {
    const number = ++this.#number;
    const { promise, resolve, reject } = Promise.withResolvers<Scraped>();
    this.#waiting.set(number, { resolve, reject });
    const timer = setTimeout(() => reject(new Error('the thread that reads metrics is late')), limitMs + GRACE);
    try {
      this.#thread().postMessage({ number, instance, port, path, limitMs } satisfies Scrape);
      const scraped = await promise;
      if ('error' in scraped) throw new Error(scraped.error);
      const names = this.#names.get(instance);
      if (!names) throw new Error('nobody knows the names of its metrics yet');
      return { ...scraped, names };
    } finally {
      clearTimeout(timer);
      this.#waiting.delete(number);
    }
  }

  /** Instances that are there no more need not be known. */
  keep(instances: ReadonlySet<string>): void {
    for (const instance of this.#names.keys()) if (!instances.has(instance)) this.#names.delete(instance);
  }

  async close(): Promise<void> {
    await this.#worker?.terminate();
  }

  #thread(): Worker {
    if (this.#worker) return this.#worker;
    const worker = new Worker(PROGRAM, { resourceLimits: { maxOldGenerationSizeMb: MEMORY_MB } });
    worker.unref();
    worker.on('message', (scraped: Scraped) => {
      if ('names' in scraped && scraped.names) this.#names.set(scraped.instance, scraped.names); // also of an answer that is late
      this.#waiting.get(scraped.number)?.resolve(scraped);
    });
    worker.on('error', (error) => this.#died(worker, error));
    worker.on('exit', () => this.#died(worker, new Error('the thread that reads metrics ended')));
    this.#worker = worker;
    return worker;
  }

  #died(worker: Worker, error: Error): void {
    if (this.#worker !== worker) return;
    this.#worker = undefined;
    for (const { reject } of this.#waiting.values()) reject(error);
  }
}
