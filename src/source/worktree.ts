/** What lies in a developer's folder: never deployed, but built the same way by `trunkline build`. Only read. */
export interface WorkTree {
  /** Whether anything differs from the last commit: changed, staged, or new and not ignored. */
  isDirty(): Promise<boolean>;
  /** The paths that git tracks, sorted. */
  files(): Promise<readonly string[]>;
  /**
   * What the next commit would hold, in a folder that does not exist yet or is empty.
   * @param index the index file, when it is not the usual one: git names it to hooks as `GIT_INDEX_FILE`.
   */
  checkoutIndex(folder: string, index?: string): Promise<void>;
  /** The files as they are now, the new ones that are not ignored among them. */
  checkoutWorkTree(folder: string): Promise<void>;
}
