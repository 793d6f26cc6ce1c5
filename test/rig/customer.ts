/** Sends requests to one address, one after another, and notes every answer that a customer would complain about. */
import { Agent, request } from 'undici';
import { RELEASE_HEADER } from '../../src/environment/driver.ts';

export class Customer {
  readonly failures: string[] = [];
  readonly releases = new Set<string>();
  served = 0;
  readonly #agent = new Agent({ connections: 1 });
  readonly #gone = new AbortController();
  readonly #visit: Promise<void>;

  constructor(url: string) {
    this.#visit = this.#stay(url);
  }

  /** Resolves once the last answer has come; more than once does no harm. */
  async leave(): Promise<this> {
    this.#gone.abort();
    await this.#visit;
    if (!this.#agent.closed) await this.#agent.close();
    return this;
  }

  async #stay(url: string): Promise<void> {
    while (!this.#gone.signal.aborted) {
      try {
        const { statusCode, headers, body } = await request(url, { dispatcher: this.#agent });
        const text = await body.text();
        if (statusCode !== 200 || !text.startsWith('tiny ')) this.failures.push(`${statusCode} ${text.slice(0, 80)}`);
        this.releases.add(String(headers[RELEASE_HEADER]));
        this.served += 1;
      } catch (error) {
        this.failures.push(String(error));
      }
      await new Promise((resolve) => setTimeout(resolve, 5));
    }
  }
}
