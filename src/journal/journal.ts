import type { Event, Recorded } from './events.ts';

/** The one append-only stream of a pipeline, for whoever only reads it. */
export interface JournalReader {
  /**
   * Everything after place `after`, in order, also what is appended while it is being read.
   * @throws {TrunklineError} `JOURNAL_CORRUPT`, naming the place that cannot be read; nothing is ever left out.
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
}
