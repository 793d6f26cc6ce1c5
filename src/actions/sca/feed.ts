import type { Instant } from '../../foundation/units.ts';

/** What an address of advisories gave. */
export interface Fetched {
  readonly bytes: Buffer;
  readonly fetchedAt: Instant;
  /** Why this is a copy of an earlier time; undefined where it is new. */
  readonly trouble?: string;
}

/** Where advisories from elsewhere come from. */
export interface Feed {
  /** @throws {TrunklineError} `ADVISORIES_UNREACHABLE` where there is no copy either; `ADVISORIES_TOO_LARGE`. */
  fetch(url: string, signal: AbortSignal): Promise<Fetched>;
}

/** Of commands that only ask what is missing. */
export const noFeed: Feed = { fetch: () => Promise.reject(new Error('nothing is fetched here')) };
