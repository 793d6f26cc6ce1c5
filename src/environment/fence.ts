import { TrunklineError } from '../foundation/errors.ts';
import type { Turn } from './driver.ts';

/** The number of a turn alone: what a region keeps of it. */
export type Fenced = Pick<Turn, 'run' | 'fence'>;

/**
 * Fencing: a region takes changes from the newest entry of its stage that it has heard of, and refuses what an earlier
 * one, or a host that was taken for dead, still sends. What comes without a turn, such as the end of all, is no entry's.
 */
export class Fence {
  #highest: Fenced | undefined;

  constructor(highest?: Fenced) {
    this.#highest = highest;
  }

  get highest(): Fenced | undefined {
    return this.#highest;
  }

  /** Answers whether it is a newer one than any before. @throws {TrunklineError} `FENCE_STALE`. */
  admit(turn: Fenced | undefined, place: string): boolean {
    if (!turn) return false;
    const known = this.#highest;
    if (known && turn.fence < known.fence) {
      throw new TrunklineError('FENCE_STALE', 'refused', `${place} takes no change from run ${turn.run} (fence ${turn.fence}): run ${known.run} (fence ${known.fence}) has entered since`,
        `if the journal was lost and began anew, end the environment with "trunkline down" and launch it again`);
    }
    if (known?.fence === turn.fence) return false;
    this.#highest = { run: turn.run, fence: turn.fence };
    return true;
  }
}
