import { closeSync, openSync, writeSync } from 'node:fs';
import { basename } from 'node:path';
import { TrunklineError } from '../foundation/errors.ts';
import type { Secret } from '../foundation/secret.ts';
import { MASK, Masker } from './masker.ts';
import { printable } from './printable.ts';
import { Tail } from './tail.ts';

/** The log of one attempt: masked, bounded, on disk. */
export interface Log {
  /**
   * Chunks may split anywhere, also inside a secret.
   * @throws {TrunklineError} `DISK_FULL`, `LOG_NOT_WRITTEN`: what the log lacks must not pass unseen.
   */
  write(chunk: Uint8Array | string): void;
  /** The last lines written, masked and fit for a terminal, for the error. */
  lastLines(count: number): readonly string[];
  /** Resolves when the operating system has all of it. Closing twice is closing once. */
  close(): Promise<void>;
}

export interface MaskedLog extends Log {
  /** Strikes this one too, from now on. @throws {TrunklineError} `SECRET_TOO_SHORT`. */
  addSecret(secret: Secret | string): void;
}

export interface LogSpec {
  readonly secrets: Iterable<Secret | string>;
  /** Of what is kept, beside the mark: the beginning as it comes, the end when it is closed. Default 16 MiB. */
  readonly limitBytes?: number;
}

/** What the error may quote. */
const RECENT_BYTES = 64 * 1024;
const LONGEST_TAIL = 256 * 1024;
const DEFAULT_LIMIT = 16 * 1024 * 1024;

/** Appends to the file at `path`, which only its owner can read. @throws {TrunklineError} like {@link Log.write}. */
export function openLog(path: string, spec: LogSpec): MaskedLog {
  return new FileLog(path, spec);
}

class FileLog implements MaskedLog {
  readonly #path: string;
  readonly #masker = new Masker();
  readonly #limit: number;
  readonly #recent = new Tail(RECENT_BYTES);
  /** What comes after the beginning: written when the log is closed. */
  readonly #end: Tail;
  /** How much more goes to disk at once. */
  #room: number;
  #file: number | undefined;
  #marked = false;

  constructor(path: string, { secrets, limitBytes = DEFAULT_LIMIT }: LogSpec) {
    this.#path = path;
    for (const secret of secrets) this.#masker.add(secret);
    this.#limit = limitBytes;
    this.#end = new Tail(Math.min(LONGEST_TAIL, Math.floor(limitBytes / 4)));
    this.#room = limitBytes - this.#end.capacity;
    this.#file = this.#onDisk(() => openSync(path, 'a', 0o600));
  }

  write(chunk: Uint8Array | string): void {
    const bytes = typeof chunk === 'string' ? Buffer.from(chunk) : Buffer.from(chunk.buffer, chunk.byteOffset, chunk.byteLength);
    this.#keep(this.#masker.push(bytes));
  }

  addSecret(secret: Secret | string): void {
    this.#masker.add(secret);
  }

  lastLines(count: number): readonly string[] {
    const text = this.#recent.bytes().toString() + (this.#masker.holds ? MASK : '');
    const lines = text.replace(/\r?\n$/, '').split('\n');
    if (this.#recent.total > RECENT_BYTES && lines.length > 1) lines.shift();
    return text === '' ? [] : lines.slice(-count).map(printable);
  }

  async close(): Promise<void> {
    const file = this.#file;
    if (file === undefined) return;
    try {
      this.#keep(this.#masker.flush());
      const left = this.#end.total - this.#end.capacity;
      if (left > 0) this.#append(Buffer.from(`\n[trunkline: ${left} bytes are left out here; the end follows]\n`));
      this.#append(this.#end.bytes());
    } finally {
      this.#file = undefined;
      closeSync(file);
    }
  }

  #keep(pieces: readonly Buffer[]): void {
    const beginning: Buffer[] = [];
    for (const piece of pieces) {
      this.#recent.push(piece);
      beginning.push(piece.subarray(0, this.#room));
      this.#end.push(piece.subarray(this.#room));
      this.#room = Math.max(0, this.#room - piece.length);
    }
    this.#append(...beginning);
    if (this.#marked || this.#end.total <= this.#end.capacity) return;
    this.#marked = true;
    this.#append(Buffer.from(`\n[trunkline: the log has reached its limit of ${this.#limit} bytes; only the end of what follows is kept]\n`));
  }

  /** At once and in order: what is printed faster than the disk takes it waits in the pipe, not in memory. */
  #append(...pieces: readonly Buffer[]): void {
    const file = this.#file;
    if (file === undefined) throw new TrunklineError('LOG_CLOSED', 'bug', `the log ${basename(this.#path)} was written to after it had been closed`);
    this.#onDisk(() => {
      for (const piece of pieces) {
        for (let written = 0; written < piece.length;) written += writeSync(file, piece, written);
      }
    });
  }

  #onDisk<Result>(act: () => Result): Result {
    try {
      return act();
    } catch (error) {
      const { code, message } = error as NodeJS.ErrnoException;
      const what = `the log ${basename(this.#path)} could not be written`;
      if (code === 'ENOSPC' || code === 'EDQUOT') throw new TrunklineError('DISK_FULL', 'infra', `${what}: the disk is full`, 'free some space, for example with `trunkline gc`, and retry');
      throw new TrunklineError('LOG_NOT_WRITTEN', 'infra', `${what}: ${message}`, 'see that the state folder can be written, and retry');
    }
  }
}
