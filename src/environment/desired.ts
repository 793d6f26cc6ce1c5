/**
 * What a region is meant to be, as data, and the pure moves between such states. Every adapter keeps one of these
 * and obeys the same moves, so that the rules of a deployment are written once.
 */
import { TrunklineError } from '../foundation/errors.ts';
import { WHOLE, type BasisPoints, type Digest } from '../foundation/units.ts';
import type { EnvironmentPlan } from '../pipeline/plan.ts';
import type { Release } from './driver.ts';

/** A release with the plan it was prepared under: a later plan changes later releases, never this one. */
export interface Placed {
  readonly release: Release;
  readonly plan: EnvironmentPlan;
  /** What its files are; undefined where an earlier version placed it. */
  readonly content?: Digest | undefined;
}

export interface Desired {
  /** The newest plan: what the next release is prepared under. */
  readonly plan: EnvironmentPlan;
  readonly stable?: Placed | undefined;
  readonly candidate?: Placed | undefined;
  /** The candidate's share; the stable release has the rest. 0 where there is no candidate. */
  readonly weight: BasisPoints;
}

/**
 * Whether the release is already here, or is to be placed. One candidate at a time.
 * @throws {TrunklineError} `CANDIDATE_EXISTS`; `RELEASE_MISMATCH` when the id is known with other bytes.
 */
export function preparation(desired: Desired, release: Release): 'present' | 'new' {
  for (const placed of [desired.stable, desired.candidate]) {
    if (placed?.release.id !== release.id) continue;
    if (placed.release.artifact === release.artifact) return 'present';
    throw new TrunklineError('RELEASE_MISMATCH', 'refused', `release ${release.id} is here already with the artifact ${placed.release.artifact}, not ${release.artifact}`,
      'give every artifact a release of its own');
  }
  if (!desired.candidate) return 'new';
  throw new TrunklineError('CANDIDATE_EXISTS', 'refused', `release ${desired.candidate.release.id} is still under way here, so ${release.id} can't be prepared`,
    'settle or restore the region first');
}

/** @throws {TrunklineError} `RELEASE_UNKNOWN`, `WEIGHT_INVALID`, or `NO_BASELINE` for a part of the first release. */
export function shifted(desired: Desired, release: string, weight: BasisPoints): Desired {
  if (!Number.isInteger(weight) || weight < 0 || weight > WHOLE) {
    throw new TrunklineError('WEIGHT_INVALID', 'usage', `${weight} is not a share of traffic`, 'give integer basis points from 0 to 10,000');
  }
  const { stable, candidate } = desired;
  if (candidate?.release.id === release) {
    if (!stable && weight !== 0 && weight !== WHOLE) {
      throw new TrunklineError('NO_BASELINE', 'refused', `release ${release} is the first one here: there is no other to leave the rest of the traffic to`,
        'give a first release the whole traffic at once');
    }
    return { ...desired, weight };
  }
  if (stable?.release.id === release && (candidate || weight === WHOLE)) return { ...desired, weight: candidate ? WHOLE - weight : 0 };
  throw unknown(desired, release);
}

/** @throws {TrunklineError} `RELEASE_UNKNOWN`. */
export function settled(desired: Desired, release: string): Desired {
  if (desired.candidate?.release.id === release) return { plan: desired.plan, stable: desired.candidate, weight: 0 };
  if (desired.stable?.release.id === release) return desired;
  throw unknown(desired, release);
}

export function restored({ plan, stable }: Desired): Desired {
  return { plan, stable, weight: 0 };
}

/** The shares that a {@link RegionState} reports. */
export function weights({ stable, candidate, weight }: Desired): { readonly stable: BasisPoints; readonly candidate: BasisPoints } {
  return { stable: stable ? WHOLE - weight : 0, candidate: candidate ? weight : 0 };
}

/**
 * Whose probes run by ordinary traffic: the stable release's until the candidate has all of it, so that a candidate
 * can't bring the probes that would spare it.
 */
export function probing({ stable, candidate, weight }: Desired): Placed | undefined {
  return stable && weight < WHOLE ? stable : candidate ?? stable;
}

export function notLaunched(place: string): TrunklineError {
  return new TrunklineError('NOT_LAUNCHED', 'usage', `${place} was never launched`, 'launch the environment first');
}

export function noCandidate(place: string): TrunklineError {
  return new TrunklineError('NO_CANDIDATE', 'usage', `${place} has no candidate to exercise`, 'prepare a release first');
}

function unknown({ stable, candidate }: Desired, release: string): TrunklineError {
  const here = [stable, candidate].flatMap((placed) => (placed ? [placed.release.id] : []));
  return new TrunklineError('RELEASE_UNKNOWN', 'usage', `release ${release} is not here; ${here.length ? here.join(' and ') + (here.length > 1 ? ' are' : ' is') : 'no release is'}`,
    'prepare it first');
}
