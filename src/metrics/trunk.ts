import type { EventOf } from '../journal/events.ts';
import type { AttemptCommit } from './attempt.ts';

/** The trunk's commits in the order in which they were pushed, as far as it was ever seen. */
export class Trunk {
  #commits: AttemptCommit[] = [];
  readonly #places = new Map<string, number>();

  /** A commit that comes back after a force-push moves to the end, and keeps the time at which it was first seen. */
  push({ at, commit: { id, reverts } }: EventOf<'commit-pushed'>): void {
    const known = this.#at(id);
    if (known) {
      this.#commits = this.#commits.filter((commit) => commit !== known);
      for (const [place, commit] of this.#commits.entries()) this.#places.set(commit.id, place);
    }
    this.#places.set(id, this.#commits.length);
    this.#commits.push({ id, pushedAt: known?.pushedAt ?? at, ...(reverts.length === 0 ? {} : { reverts }) });
  }

  orphan(ids: readonly string[]): void {
    for (const id of ids) {
      const commit = this.#at(id);
      if (commit) this.#commits[this.#places.get(id) ?? 0] = { ...commit, orphaned: true };
    }
  }

  /** The commits after `last`, or from the first one seen, up to and with `to`; none where `to` is not after `last`. */
  range(last: string | undefined, to: string): readonly AttemptCommit[] {
    const place = (id: string | undefined): number => (id === undefined ? -1 : this.#places.get(id) ?? -1);
    return this.#commits.slice(place(last) + 1, place(to) + 1);
  }

  #at(id: string): AttemptCommit | undefined {
    const place = this.#places.get(id);
    return place === undefined ? undefined : this.#commits[place];
  }
}
