import type { Millis } from '../foundation/units.ts';
import type { Log } from './log.ts';

/**
 * A cell is where code of a commit runs: a mount, user and PID namespace of its own, in which the state folder does
 * not exist, only `workdir` can be written, and the environment holds nothing that is not listed. When the cell is
 * closed, or the host dies, the kernel ends every process in it.
 */
export interface Cell {
  readonly id: string;
  readonly isolation: Isolation;
  /** Runs one command. Resolves once it and everything that it started are proven dead. */
  run(command: CellCommand): Promise<Exit>;
  /** Ends everything in the cell; resolves once that is proven. */
  close(): Promise<void>;
}

/** `none` where no namespaces can be made: a process group and a marker are all that holds the processes together. */
export type Isolation = 'namespaces' | 'none';

export interface CellCommand {
  /** Names the attempt; the processes carry it in their environment. */
  readonly attempt: string;
  /** With a string, `sh -c`; with a list, no shell. */
  readonly command: string | readonly string[];
  /** Inside the cell's `workdir`; default is that folder. */
  readonly cwd?: string;
  /** Added to the allow-listed environment. Values may be secrets; they are struck from the log. */
  readonly env?: { readonly [name: string]: string };
  readonly timeout: Millis;
  readonly signal: AbortSignal;
  readonly log: Log;
}

export interface Exit {
  /** The exit code; null when it was ended by a signal. */
  readonly code: number | null;
  readonly signal: string | null;
  readonly ended: 'by-itself' | 'timeout' | 'cancelled';
  readonly duration: Millis;
}

export interface CellSpec {
  /** Unique among living cells; carried in the environment of every process of the cell. */
  readonly id: string;
  /** The only folder that can be written, beside a private temporary one. */
  readonly workdir: string;
  /** Folders that do not exist inside: the state folder, above all. `workdir` may lie under one of them. */
  readonly hidden: readonly string[];
}

export interface Cells {
  readonly isolation: Isolation;
  open(spec: CellSpec): Promise<Cell>;
  /** Ends every process that an earlier host of this state folder left, and resolves once all are proven dead. */
  reap(): Promise<number>;
}
