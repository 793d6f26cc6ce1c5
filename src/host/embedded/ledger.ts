import { TrunklineError } from '../../foundation/errors.ts';
import type { Event, Recorded } from '../../journal/events.ts';
import type { Journal } from '../../journal/journal.ts';

/**
 * Writes to the journal, and keeps in memory what a full disk does not take, in its order, until it does. What is kept
 * so is lost with the process: nothing may be begun for it that the journal must know of first.
 */
export class Ledger {
  readonly #journal: Journal;
  readonly #tell: (line: string) => void;
  #head: number;
  #unwritten: readonly Event[] = [];
  #unsealed = false;
  #trouble: TrunklineError | undefined;

  /** @param head the place of the last event that is on disk. */
  constructor(journal: Journal, head: number, tell: (line: string) => void) {
    this.#journal = journal;
    this.#head = head;
    this.#tell = tell;
  }

  /** The place of the last event that is on disk. */
  get head(): number {
    return this.#head;
  }

  /** Whether something is decided that is not on disk. */
  get isBehind(): boolean {
    return this.#unwritten.length > 0;
  }

  /** Why something was not written, as long as that is so: `JOURNAL_FULL`. */
  get trouble(): TrunklineError | undefined {
    return this.#trouble;
  }

  /** Writes what waits, then these. @returns what is on disk now and was not before. @throws what the journal throws, but `JOURNAL_FULL`. */
  append(events: readonly Event[]): readonly Recorded[] {
    const all = [...this.#unwritten, ...events];
    if (all.length === 0) return [];
    try {
      const recorded = this.#journal.append(this.#head, all);
      this.#unwritten = [];
      this.#head += all.length;
      this.#over();
      return recorded;
    } catch (error) {
      this.#met(error);
      this.#unwritten = all;
      return [];
    }
  }

  /** Signs how far the journal goes; on a full disk, when it is next asked. @throws what the journal throws, but `JOURNAL_FULL`. */
  async seal(): Promise<void> {
    try {
      await this.#journal.seal();
      this.#unsealed = false;
      this.#over();
    } catch (error) {
      this.#unsealed = true;
      this.#met(error);
    }
  }

  get isUnsealed(): boolean {
    return this.#unsealed;
  }

  /** Whoever asked for these is told that it was not done. */
  forget(): void {
    this.#unwritten = [];
  }

  #met(error: unknown): void {
    if (!(error instanceof TrunklineError) || error.record.code !== 'JOURNAL_FULL') throw error;
    if (!this.#trouble) this.#tell(`${error.message} [${error.record.code}]; nothing new is begun until there is room, releases that are watched or go back go on (${error.record.hint ?? ''})`);
    this.#trouble = error;
  }

  #over(): void {
    if (!this.#trouble || this.isBehind || this.#unsealed) return;
    this.#trouble = undefined;
    this.#tell('the journal: there is room again, and all is written');
  }
}
