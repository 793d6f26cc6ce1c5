/** What a probe is given. Its `fetch` carries the headers that lead a request to where it is wanted. */
export interface Probe {
  /** The address of the shop. */
  readonly url: string;
  readonly fetch: typeof fetch;
  readonly assert: typeof import('node:assert/strict');
}
