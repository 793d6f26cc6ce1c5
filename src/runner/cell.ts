import type { Millis } from '../foundation/units.ts';
import type { Log } from './log.ts';

/**
 * A cell is where code of a commit runs: a mount, user and PID namespace of its own, in which the state folder does
 * not exist, only `workdir` can be written, and the environment holds nothing that is not listed. When the cell is
 * closed, or the host dies, the kernel ends every process in it. Each command has a network of its own: a loopback, and
 * a way to the places that it is given.
 */
export interface Cell {
  readonly id: string;
  readonly isolation: Isolation;
  /**
   * Runs one command, many at a time if asked to. Resolves once it and everything that it started are proven dead.
   * @throws {TrunklineError} `COMMAND_NOT_FOUND`, `CWD_OUTSIDE`, `CWD_NOT_FOUND`, `ENV_INVALID`, `CELL_CLOSED`, and what
   * `log.write` throws; then too everything is dead.
   */
  run(command: CellCommand): Promise<Exit>;
  /** Ends everything in the cell; resolves once that is proven. Closing twice is closing once. */
  close(): Promise<void>;
}

/** `none` where no namespaces can be made: a process group and a marker are all that holds the processes together. */
export type Isolation = 'namespaces' | 'none';

export interface CellCommand {
  /** Names the attempt, uniquely in the cell; the processes carry it in their environment. */
  readonly attempt: string;
  /** With a string, `sh -c`; with a list, no shell. */
  readonly command: string | readonly string[];
  /** Inside the cell's `workdir`, absolute or from there; default is that folder. */
  readonly cwd?: string;
  /** Added to the allow-listed environment. Values may be secrets: add those to the log first. */
  readonly env?: { readonly [name: string]: string };
  /** Where it may go; default is nowhere. */
  readonly reach?: Reach;
  readonly timeout: Millis;
  readonly signal: AbortSignal;
  readonly log: Log;
}

/** What a command reaches beside its own loopback. */
export interface Reach {
  /** `registries`: those of this machine. Else names, `HOST`, `*.HOST` or `HOST:PORT`. */
  readonly hosts: 'none' | 'registries' | readonly string[];
  /** Ports of the machine's own loopback, found at the same address inside. */
  readonly ports?: readonly number[];
}

export interface Exit {
  /** The exit code; null when it was ended by a signal, or never began. */
  readonly code: number | null;
  /** Such as `SIGKILL`; also where a shell told of it by a code above 128. */
  readonly signal: string | null;
  readonly ended: 'by-itself' | 'timeout' | 'cancelled';
  readonly duration: Millis;
  /** Places that it asked for and that it may not reach; left out where there are none. */
  readonly refused?: readonly string[];
  /** The limits of the cell that it hit, for people: `4096 processes`; left out where there are none. */
  readonly hit?: string;
}

export interface CellSpec {
  /** Unique among living cells; carried in the environment of every process of the cell. */
  readonly id: string;
  /**
   * The only folder that can be written, beside a private temporary one and a private HOME. Where the host is root,
   * it changes hands: commands run as `nobody`, and so does what they write belong to.
   */
  readonly workdir: string;
  /** Folders that do not exist inside: the state folder, above all. `workdir` may lie under one of them. */
  readonly hidden: readonly string[];
}

export interface Cells {
  readonly isolation: Isolation;
  /** `machine`: every command reaches whatever the machine does, since no network namespace can be made. */
  readonly network: 'own' | 'machine';
  /** Why `isolation` is `none`, and what to do about it; undefined where cells are sealed. */
  readonly weakness: string | undefined;
  /** @throws {TrunklineError} `CELL_NOT_SEALED` when the machine refuses a part of what a cell promises. */
  open(spec: CellSpec): Promise<Cell>;
  /**
   * Ends every process that an earlier host of this state folder left, and resolves once all are proven dead.
   * @returns how many there were to end.
   */
  reap(): Promise<number>;
}
