import { totalmem } from 'node:os';

/** The most that all processes of one cell, or of one instance, may use together. */
export interface Limits {
  /** In bytes, with what lies in shared memory and in a tmpfs. */
  readonly memory: number;
  /** Processes and threads. */
  readonly processes: number;
  /** In bytes, of what lies in the folders that can be written. */
  readonly disk: number;
}

const GIB = 1024 ** 3;

/** What an honest build never needs, and what leaves the machine to others: a quarter of its memory above all. */
export const DEFAULT_LIMITS: Limits = { memory: Math.max(2 * GIB, Math.floor(totalmem() * 0.75)), processes: 4_096, disk: 32 * GIB };

export type Limited = keyof Limits;

/** A limit that was reached, for people. */
export function limitText(what: Limited, { [what]: value }: Limits): string {
  return what === 'processes' ? `${value} processes` : `${Math.round(value / 1024 ** 2)} MiB of ${what}`;
}
