import type { Millis } from '../../../foundation/units.ts';
import { writeStored, type Stored } from './stored.ts';

const AGAIN_EVERY: Millis = 2_000;

/** Keeps on disk what is meant in a region; what could not be written when it came into force is written later. */
export class Keeping {
  readonly #file: string;
  readonly #note: (line: string) => void;
  #owed: Stored | undefined;
  #timer: NodeJS.Timeout | undefined;
  #failed = 0;
  #tail: Promise<unknown> = Promise.resolve();

  constructor(file: string, note: (line: string) => void) {
    this.#file = file;
    this.#note = note;
  }

  /** On disk when it resolves; whatever was owed before is no longer. @throws what {@link writeStored} throws. */
  async write(stored: Stored): Promise<void> {
    const superseded = this.#owed;
    this.#owed = undefined;
    try {
      await this.#inTurn(() => writeStored(this.#file, stored));
    } catch (error) {
      this.#owed ??= superseded;
      throw error;
    }
    this.#told();
  }

  /** It is in force, and is written as soon as it can be. @param why it could not be written; told once. */
  later(stored: Stored, why?: unknown): void {
    this.#owed = stored;
    if (why !== undefined && this.#failed++ === 0) this.#note(`what is in force is not on disk yet, and is written again every ${AGAIN_EVERY / 1_000} s: ${String(why)}`);
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => void this.#again(), why === undefined ? 0 : AGAIN_EVERY);
  }

  stop(): void {
    clearTimeout(this.#timer);
  }

  async #again(): Promise<void> {
    const stored = this.#owed;
    if (!stored) return;
    try {
      const isWritten = await this.#inTurn(async () => {
        if (this.#owed !== stored) return false; // something newer is meant by now
        await writeStored(this.#file, stored);
        return true;
      });
      if (!isWritten) return;
      this.#owed = undefined;
      this.#told();
    } catch (error) {
      if (this.#owed === stored) this.later(stored, error);
    }
  }

  #told(): void {
    if (this.#failed > 0) this.#note(`${this.#file} is written again, after ${this.#failed} failures`);
    this.#failed = 0;
  }

  /** All write to one file. */
  #inTurn<Value>(work: () => Promise<Value>): Promise<Value> {
    const turn = this.#tail.then(work);
    this.#tail = turn.catch(() => {}); // whoever asked is told
    return turn;
  }
}
