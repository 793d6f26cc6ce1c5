/** People who buy at the kiosk, many at a time and without pause, and remember who served them and how. */
import { Agent, request } from 'undici';
import { setTimeout as sleep } from 'node:timers/promises';

export interface Visit { readonly release: string; readonly status: number }

export class Buyers {
  /** In the order of the answers. */
  readonly visits: Visit[] = [];
  /** Requests that got no answer. */
  readonly unanswered: string[] = [];
  readonly #agent = new Agent();
  readonly #gone = new AbortController();
  readonly #visiting: Promise<unknown>;

  /** @param rate of requests a second. */
  constructor(url: string, rate: number) {
    this.#visiting = this.#visit(url, 1_000 / rate);
  }

  /** Resolves once the last of them has been answered. */
  async leave(): Promise<void> {
    this.#gone.abort();
    await this.#visiting;
    await this.#agent.close();
  }

  async #visit(url: string, pause: number): Promise<void> {
    const underWay = new Set<Promise<void>>();
    while (!this.#gone.signal.aborted) {
      const visit = this.#ask(url).finally(() => underWay.delete(visit));
      underWay.add(visit);
      await sleep(pause);
    }
    await Promise.all(underWay);
  }

  async #ask(url: string): Promise<void> {
    try {
      const { statusCode, headers, body } = await request(url, { dispatcher: this.#agent });
      await body.dump();
      this.visits.push({ release: String(headers['x-trunkline-release']), status: statusCode });
    } catch (error) {
      this.unanswered.push(String(error));
    }
  }
}

/**
 * The most of `n` trials that succeed, each with probability `p`, but for a chance below `doubt`: exact, by the sum of
 * the binomial distribution's upper tail.
 */
export function mostOf(n: number, p: number, doubt: number): number {
  let tail = 0;
  let logOf = n * Math.log(p); // of the probability that all n succeed
  for (let k = n; k >= 1; k -= 1) {
    tail += Math.exp(logOf);
    if (tail > doubt) return k;
    logOf += Math.log(k / (n - k + 1)) + Math.log((1 - p) / p);
  }
  return 0;
}
