import type { Commit } from '../journal/events.ts';

/** The one line of commits that a pipeline runs for: the first parents of the trunk's head. */
export interface Trunk {
  /** As people know it: `origin/main` where a remote exists, else `main`. */
  readonly name: string;
  /**
   * The full hash that the trunk points at now, fetched where a remote exists.
   * @throws {TrunklineError} `TRUNK_MISSING`; `SOURCE_UNREACHABLE` when the remote does not answer.
   */
  head(): Promise<string>;
  /** What happened since `seen`: ids oldest first, the last one being the head that was seen. With none, the head alone is new. */
  since(seen: readonly string[]): Promise<Movement>;
  /**
   * The commit that a person means by a hash, the beginning of one, or a ref; by default the head.
   * @throws {TrunklineError} `COMMIT_UNKNOWN`; `NOT_ON_TRUNK`, naming the branches that it is on.
   */
  find(word?: string): Promise<Commit>;
  /**
   * Exactly this commit in a folder that does not exist yet or is empty: whole, or not there at all. Runs no hook, no
   * filter and no submodule. The folder is a repository of its own, without history, that needs this one no more.
   * @throws {TrunklineError} `SOURCE_GONE` when the commit has vanished; `SOURCE_REFUSED` for what no build may hold.
   */
  checkout(commit: string, folder: string): Promise<void>;
}

export interface Movement {
  readonly head: string;
  /** New on the trunk, oldest first. */
  readonly commits: readonly Commit[];
  /** When the trunk no longer contains the head that was seen. */
  readonly rewritten?: { readonly from: string; readonly to: string; /** Of the seen ones, those that it lost. */ readonly orphaned: readonly string[] };
}
