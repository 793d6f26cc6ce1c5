import type { LineRange, TrackedFile } from './history.ts';

/** What the next commit would hold, found without touching the work tree, the index or the repository. */
export interface Staged {
  /** Git's name of the whole of it. */
  readonly tree: string;
  /** That of the last commit; undefined where nothing was ever committed. */
  readonly base: string | undefined;
  /** Every file and link of it, sorted; submodules are not its own. */
  readonly files: readonly string[];
  /** Files that differ from the last commit: those that are there, and those that are gone. */
  readonly changed: readonly string[];
  readonly deleted: readonly string[];
  /** Lines that it adds or changes, by file. */
  changedLines(): Promise<ReadonlyMap<string, readonly LineRange[]>>;
  /** Some of its files, as git holds them; what is no file of it is left out. */
  read(paths: readonly string[]): AsyncIterable<TrackedFile>;
  /** The files, in a folder that does not exist yet: a repository of its own, so that no git that is run there finds another. */
  layOut(folder: string): Promise<void>;
  /** Forgets what was kept beside the repository for it. */
  [Symbol.asyncDispose](): Promise<void>;
}
