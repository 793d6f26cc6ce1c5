import type { Event, Recorded } from './events.ts';

/** The one append-only stream of a pipeline, for whoever only reads it. */
export interface JournalReader {
  /**
   * Everything after place `after`, in order, also what is appended while it is being read.
   * Each is checked against what was written: against the one before it, and against the newest signed head.
   * @throws {TrunklineError} `JOURNAL_CORRUPT` or `JOURNAL_TAMPERED`, naming the place at fault; nothing is left out.
   */
  read(after: number): Iterable<Recorded>;
  /** The place of the last event; 0 for an empty stream. */
  head(): number;
  close(): void;
}

/** Whoever holds a journal open for writing is the only writer. */
export interface Journal extends JournalReader {
  /**
   * All of `events` or none, on disk when it returns; their places follow `after`.
   * @throws {TrunklineError} `JOURNAL_CONFLICT` when the stream does not end at `after`; `JOURNAL_FULL` when the disk is.
   */
  append(after: number, events: readonly Event[]): readonly Recorded[];
  /**
   * Signs how far the stream goes, so that a tail that is cut off later is missed. Ends when that is on disk.
   * @throws {TrunklineError} what {@link read} and {@link append} throw; nothing is signed that was not checked.
   */
  seal(): Promise<void>;
}
