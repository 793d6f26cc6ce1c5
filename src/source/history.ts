/** First and last line, both inclusive, from 1. */
export type LineRange = readonly [first: number, last: number];

/** What can be known of a commit from its repository, without its checkout. */
export interface CommitHistory {
  /** Lines that the commit added or changed, by file: since its first parent; of what is not committed, since the head. */
  changedLines(): Promise<ReadonlyMap<string, readonly LineRange[]>>;
  /** Every version of every file that is reachable from the commit, each once; none of it is checked out. */
  versions(signal: AbortSignal): AsyncIterable<FileVersion>;
}

export interface FileVersion {
  /** Git's name of the content. */
  readonly id: string;
  /** A path and a commit at which it lay there. */
  readonly path: string;
  readonly commit: string;
  readonly bytes: Buffer;
}
