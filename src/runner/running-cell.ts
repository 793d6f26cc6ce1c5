import { stat } from 'node:fs/promises';
import { isAbsolute, relative, resolve } from 'node:path';
import type { Clock } from '../foundation/clock.ts';
import { TrunklineError } from '../foundation/errors.ts';
import type { Millis } from '../foundation/units.ts';
import { attend, type Tree } from './attend.ts';
import type { Cell, CellCommand, Exit, Isolation, Reach } from './cell.ts';
import { requireVariables } from './command-environment.ts';

/** One command, ready to be started: an absolute folder that exists, words that need no shell. */
export interface Start {
  readonly words: readonly string[];
  readonly cwd: string;
  readonly given: { readonly [name: string]: string };
  readonly attempt: string;
  /** The gate's socket, and the ports on which it is reached; undefined for a command without a network. */
  readonly relay?: Relay;
}

export interface Relay { readonly gate: string; readonly ports: readonly number[] }

/** What of the cell's limits a command hit, for people; undefined for none. Asked once, at its end. */
export interface Watched { hit(): Promise<string | undefined> }

/** A way out for one command, and what was refused on it. */
export interface Opened extends AsyncDisposable { readonly relay: Relay; readonly refused: ReadonlySet<string> }

export interface CellParts {
  readonly id: string;
  readonly isolation: Isolation;
  /** As it was named, and as it is. */
  readonly workdir: { readonly named: string; readonly real: string };
  readonly clock: Clock;
  readonly grace: Millis;
  readonly start: (start: Start) => Tree;
  /** Opens a way out; undefined for none, and where the network is the machine's. */
  readonly open: (reach: Reach | undefined) => Promise<Opened | undefined>;
  /** Watches what one command is held to; `stop` is called when it may not go on. */
  readonly watch: (stop: () => void) => Watched;
  /** Ends everything in the cell; resolves once that is proven. */
  readonly end: () => Promise<void>;
  /** Removes what the cell leaves. */
  readonly clear: () => Promise<void>;
  /** @throws {TrunklineError} when the cell itself is gone, so that a command's end says nothing. */
  readonly require: () => Promise<void>;
}

/** What all cells have in common, whatever holds their processes together. */
export class RunningCell implements Cell {
  readonly #parts: CellParts;
  readonly #closing = new AbortController();
  readonly #runs = new Set<Promise<unknown>>();
  #closed: Promise<void> | undefined;

  constructor(parts: CellParts) {
    this.#parts = parts;
  }

  get id(): string {
    return this.#parts.id;
  }

  get isolation(): Isolation {
    return this.#parts.isolation;
  }

  async run(command: CellCommand): Promise<Exit> {
    const run = this.#run(command);
    this.#runs.add(run);
    try {
      return await run;
    } finally {
      this.#runs.delete(run);
    }
  }

  async #run(command: CellCommand): Promise<Exit> {
    const { clock, grace, start, open, watch, require } = this.#parts;
    const words = typeof command.command === 'string' ? ['/bin/sh', '-c', command.command] : command.command;
    if (words.length === 0) throw new TrunklineError('COMMAND_EMPTY', 'usage', 'a command without words can\'t be run', 'name a program');
    const given = command.env ?? {};
    requireVariables(given);
    const cwd = await this.#folder(command.cwd ?? '.');
    if (this.#closed) throw new TrunklineError('CELL_CLOSED', 'bug', `the cell ${this.id} was asked to run a command after it had been closed`);
    await using opened = await open(command.reach);
    const relay = opened === undefined ? {} : { relay: opened.relay };
    const stop = new AbortController();
    const watched = watch(() => stop.abort());
    const stoppable = { ...command, signal: AbortSignal.any([command.signal, stop.signal]) };
    const begin = (): Tree => start({ words, cwd, given, attempt: command.attempt, ...relay });
    let hit: string | undefined;
    let exit: Exit;
    try {
      exit = await attend(begin, stoppable, { clock, grace, closing: this.#closing.signal });
    } finally {
      hit = await watched.hit();
    }
    if (exit.ended === 'by-itself') await require();
    return {
      ...exit,
      // As the kernel does it to one that writes a file too large: nobody cancelled it.
      ...(stop.signal.aborted && exit.ended === 'cancelled' ? { ended: 'by-itself', code: null, signal: 'SIGXFSZ' } as const : {}),
      ...(hit === undefined ? {} : { hit }),
      ...(opened === undefined || opened.refused.size === 0 ? {} : { refused: [...opened.refused] }),
    };
  }

  async #folder(cwd: string): Promise<string> {
    const { named, real } = this.#parts.workdir;
    const path = relative(named, resolve(named, cwd));
    if (path === '..' || path.startsWith('../') || isAbsolute(path)) {
      throw new TrunklineError('CWD_OUTSIDE', 'usage', `a command was to run in ${cwd}, which is not inside the checkout`, 'name a folder of the repository');
    }
    const folder = resolve(real, path);
    if (await stat(folder).then((found) => found.isDirectory(), () => false)) return folder;
    throw new TrunklineError('CWD_NOT_FOUND', 'code', `a command was to run in ${path}, and there is no such folder`, 'name a folder of the repository');
  }

  close(): Promise<void> {
    this.#closed ??= this.#close();
    return this.#closed;
  }

  async #close(): Promise<void> {
    this.#closing.abort();
    await this.#parts.end();
    await Promise.allSettled(this.#runs);
    await this.#parts.clear();
  }
}
