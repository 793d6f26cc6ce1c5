/** What lies in a commit, or in a developer's folder: names first, bytes only of what is asked for. */
export interface Tracked {
  list(): Promise<Listing>;
  /** Of plain files of at most so many bytes; what is larger, a link, or not there is left out. */
  read(paths: readonly string[], limitBytes: number): Promise<ReadonlyMap<string, Uint8Array>>;
}

export interface Listing {
  /** Files and links, relative to the repository, with `/`. */
  readonly paths: readonly string[];
  /** Where a commit of another repository is meant. */
  readonly submodules: readonly string[];
}
