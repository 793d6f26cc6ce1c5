import type { Recorded } from '../../journal/events.ts';
import type { JournalReader } from '../../journal/journal.ts';

/** As many events as the journal fetches in one query. Reading them takes a millisecond or two. */
const PAGE = 128;

/**
 * The journal for followers, in pages of bounded size. However many of them ask, one page is read in a turn of the event
 * loop: a decision waits for one page at most, and whoever reads slowly keeps no more than a page in memory.
 */
export class History {
  readonly #journal: JournalReader;
  #turn: Promise<unknown> = Promise.resolve();

  constructor(journal: JournalReader) {
    this.#journal = journal;
  }

  /** The first events after a place; none at the end. @throws what the journal throws. */
  page(after: number): Promise<readonly Recorded[]> {
    const read = this.#turn.then(() => new Promise((resolve) => setImmediate(resolve))).then(() => this.#read(after));
    this.#turn = read.catch(() => undefined); // whoever asked is told
    return read;
  }

  #read(after: number): readonly Recorded[] {
    const page: Recorded[] = [];
    for (const event of this.#journal.read(after)) if (page.push(event) === PAGE) break;
    return page;
  }
}
