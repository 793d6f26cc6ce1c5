/** First and last line, both inclusive, from 1. */
export type LineRange = readonly [first: number, last: number];

/** What can be known of a commit from its repository, without its checkout. */
export interface CommitHistory {
  /** Lines that the commit added or changed, by file: since its first parent; of what is not committed, since the head. */
  changedLines(): Promise<ReadonlyMap<string, readonly LineRange[]>>;
  /** Every plain file of the commit (or of what is staged, or of the work tree), as git holds it: no build has touched it. Without those that are not wanted. */
  files(signal: AbortSignal, isWanted?: (path: string) => boolean): AsyncIterable<TrackedFile>;
  /** Every version of every file that is reachable from the commit, each once; none of it is checked out. Those that are not wanted are not read. Of a content that lay at several paths, the newest path that is preferred is told. */
  versions(signal: AbortSignal, isWanted?: (version: Omit<FileVersion, 'bytes'>) => boolean, isPreferred?: (path: string) => boolean): AsyncIterable<FileVersion>;
}

export interface TrackedFile {
  readonly path: string;
  /** Of the whole file; `bytes` holds less of it when it has more than 64 MiB. */
  readonly size: number;
  readonly bytes: Buffer;
}

export interface FileVersion {
  /** Git's name of the content. */
  readonly id: string;
  /** A path and a commit at which it lay there. */
  readonly path: string;
  readonly commit: string;
  readonly bytes: Buffer;
}
