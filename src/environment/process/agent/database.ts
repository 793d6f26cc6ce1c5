import { setTimeout as sleep } from 'node:timers/promises';
import type { Secret } from '../../../foundation/secret.ts';
import type { Millis } from '../../../foundation/units.ts';
import type { Layout } from '../layout.ts';
import type { ServerWalls } from '../postgres-process.ts';
import { startPostgres, type PostgresServer } from '../postgres.ts';
import type { Walls } from '../walls.ts';
import { marksOf } from './surroundings.ts';

const BACKOFF: Millis = 500;

/** As a user of its own where the agent is root: neither the application nor anybody else. */
export function databaseWalls({ database, hidden, held }: Walls, layout: Layout): ServerWalls {
  return { tools: database, hidden, marks: { ...marksOf(layout), TRUNKLINE_INSTANCE: 'database' }, held: () => held('database') };
}

/** The region's database: runs from {@link start} on, and again whenever it ends by itself. */
export class Database {
  readonly #directory: string;
  readonly #walls: ServerWalls;
  readonly #note: (line: string) => void;
  readonly #moved: () => void;
  readonly #stopping = new AbortController();
  #server: PostgresServer | undefined;
  #url: Secret | undefined;

  /** @param moved called when the address has changed, which it does only if its port was taken meanwhile. */
  constructor(directory: string, walls: ServerWalls, note: (line: string) => void, moved: () => void) {
    this.#directory = directory;
    this.#walls = walls;
    this.#note = note;
    this.#moved = moved;
  }

  get url(): Secret | undefined {
    return this.#url;
  }

  get state(): 'none' | 'running' | 'stopped' {
    if (this.#server) return 'running';
    return this.#url ? 'stopped' : 'none';
  }

  /** Idempotent. @throws what {@link startPostgres} throws. */
  async start(signal: AbortSignal): Promise<void> {
    if (this.#server) return;
    const server = await startPostgres(this.#directory, this.#walls, AbortSignal.any([signal, this.#stopping.signal]));
    const moved = this.#url !== undefined && this.#url.reveal() !== server.url.reveal();
    this.#server = server;
    this.#url = server.url;
    if (moved) this.#moved();
    void server.ended.then(() => this.#again());
  }

  async stop(): Promise<void> {
    this.#stopping.abort();
    await this.#server?.stop();
  }

  async #again(): Promise<void> {
    this.#server = undefined;
    const { signal } = this.#stopping;
    while (!signal.aborted && !this.#server) {
      this.#note('database: it ended by itself; starting it again');
      try {
        await this.start(signal);
      } catch (error) {
        this.#note(`database: ${String(error)}`);
        await sleep(BACKOFF, undefined, { signal }).catch(() => {}); // the loop looks itself
      }
    }
  }
}
