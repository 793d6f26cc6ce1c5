/** What customers met, counted. */
export interface Summary {
  readonly requests: number;
  /** Answers of 500 and above, wrong answers, and requests that got none. */
  readonly errors: number;
  /** Answers from 400 to 499: the shop said no, as it may. */
  readonly refused: number;
  /** Visits that were due and did not take place, because too many were under way. */
  readonly shed: number;
  /** By the release that answered; `none` where nobody did, or did not say. */
  readonly releases: { readonly [release: string]: { readonly requests: number; readonly serverErrors: number } };
  readonly p50Ms: number | null;
  readonly p99Ms: number | null;
}

export class Tally {
  #errors = 0;
  #refused = 0;
  #shed = 0;
  readonly #releases = new Map<string, { requests: number; serverErrors: number }>();
  readonly #milliseconds: number[] = [];

  answered(release: string, status: number, milliseconds: number): void {
    const counted = this.#releases.get(release) ?? { requests: 0, serverErrors: 0 };
    this.#releases.set(release, counted);
    counted.requests += 1;
    this.#milliseconds.push(milliseconds);
    if (status >= 500) {
      counted.serverErrors += 1;
      this.#errors += 1;
    } else if (status >= 400) this.#refused += 1;
  }

  unanswered(milliseconds: number): void {
    this.answered('none', 0, milliseconds);
    this.#errors += 1;
  }

  /** The answer came and was not what it must be. */
  wrong(): void {
    this.#errors += 1;
  }

  shed(): void {
    this.#shed += 1;
  }

  summary(): Summary {
    const sorted = this.#milliseconds.toSorted((a, b) => a - b);
    const quantile = (q: number): number | null => (sorted.length === 0 ? null : Math.round(sorted[Math.ceil(q * sorted.length) - 1]! * 10) / 10);
    return {
      requests: sorted.length,
      errors: this.#errors,
      refused: this.#refused,
      shed: this.#shed,
      releases: Object.fromEntries(this.#releases),
      p50Ms: quantile(0.5),
      p99Ms: quantile(0.99),
    };
  }
}
