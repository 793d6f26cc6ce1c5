import { WHOLE, type BasisPoints } from '../foundation/units.ts';

/**
 * Splits requests exactly: of any `n` requests since the weight last changed, the candidate got
 * `floor(n × weight / 10,000)`: evenly spread, and never one more than its share.
 */
export class Split {
  #weight: BasisPoints = 0;
  #owed = 0;

  get weight(): BasisPoints {
    return this.#weight;
  }

  set weight(weight: BasisPoints) {
    if (weight === this.#weight) return;
    this.#weight = weight;
    this.#owed = 0;
  }

  next(): 'stable' | 'candidate' {
    this.#owed += this.#weight;
    if (this.#owed < WHOLE) return 'stable';
    this.#owed -= WHOLE;
    return 'candidate';
  }
}
