import type { Digest, Instant, Json } from '../foundation/units.ts';

/**
 * What work came to, by a key over all that decides it. Anything in it may be gone at any time: whoever looks must be
 * able to do the work instead. Several processes may use one at once.
 */
export interface Cache {
  /**
   * What was kept under the key; undefined where nothing is. What is not what was kept, byte for byte, counts as nothing
   * and is removed. @param tell is told of that, for the log of whoever looks.
   */
  find(key: Digest, tell: (line: string) => void): Promise<Kept | undefined>;
  /**
   * Whole or not at all; what was there under the key is replaced. What has not been looked for the longest goes, until
   * all of it fits again. @param files the bytes that belong to it. @returns false where it is too large.
   */
  keep(key: Digest, kept: Keeping, files?: AsyncIterable<Uint8Array>): Promise<boolean>;
}

export interface Keeping {
  readonly at: Instant;
  readonly value: Json;
}

export interface Kept extends Keeping {
  /** What lies beside the value; undefined where nothing was kept beside it. */
  readonly files: KeptFiles | undefined;
}

export interface KeptFiles {
  readonly size: number;
  /** Copies the bytes to a path where nothing is yet. @returns false where they are not what was kept: the copy is gone then, and so is the entry. */
  copyTo(path: string): Promise<boolean>;
}

/** Looks in `mine`, then in the others, and keeps in `mine` alone: what the others believe stays theirs to decide. */
export function inFrontOf(mine: Cache, ...others: readonly Cache[]): Cache {
  return {
    find: async (key, tell) => {
      for (const cache of [mine, ...others]) {
        const kept = await cache.find(key, tell);
        if (kept) return kept;
      }
      return undefined;
    },
    keep: (key, kept, files) => mine.keep(key, kept, files),
  };
}

/** For whoever must do all the work every time. */
export const noCache: Cache = { find: async () => undefined, keep: async () => false };
