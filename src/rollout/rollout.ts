import type { ErrorRecord } from '../foundation/errors.ts';
import type { BasisPoints, Name } from '../foundation/units.ts';
import type { WavePlan } from '../pipeline/plan.ts';

/** Why a rollout goes back. `region` is where it was seen. */
export interface RollbackCause {
  readonly type: 'alarm' | 'health' | 'insufficient-data' | 'verification' | 'human' | 'pre-empted' | 'timeout';
  readonly region?: Name;
  /** For people: which alarm, its value, its limit; which test; who. */
  readonly detail: string;
  /** What the instances printed last, secrets struck out. */
  readonly lastLines?: readonly string[];
}

/** What happened to a rollout; the journal keeps these. */
export type RolloutFact =
  /** `first`: no other release is there that could keep a part of the traffic, so that only the last step can be taken. */
  | { readonly type: 'prepared'; readonly region: Name; readonly first?: true }
  | { readonly type: 'shifted'; readonly region: Name; readonly step: number; readonly weight: BasisPoints }
  | { readonly type: 'baked'; readonly region: Name; readonly step: number; readonly requests: number }
  /** Inconclusive: weights are frozen everywhere, alarms stay armed. Its bake may still come to pass. */
  | { readonly type: 'held'; readonly region: Name; readonly reason: string }
  /** A person vouches for what was inconclusive: the steps that are held count as baked. */
  | { readonly type: 'resumed'; readonly by: string }
  /** Forward motion ends here; only the first breach counts. */
  | { readonly type: 'breached'; readonly cause: RollbackCause }
  | { readonly type: 'restored'; readonly region: Name }
  /** It did not go back at once, and goes on trying: the others wait for it no longer. */
  | { readonly type: 'restore-late'; readonly region: Name }
  /** In journals of earlier versions, which gave a restore up. A restore is owed until it is done. */
  | { readonly type: 'restore-failed'; readonly region: Name; readonly error: ErrorRecord }
  /**
   * All verification after the last step has passed: the release becomes the stable one, in every region. From here
   * there is no way back inside this rollout; an alarm that comes later asks for a run that puts the last release back.
   */
  | { readonly type: 'accepted' }
  | { readonly type: 'settled'; readonly region: Name };

/** What a host may report: no restore is given up. */
export type ReportedFact = Exclude<RolloutFact, { readonly type: 'restore-failed' }>;

/** What is to be done now; done again after a crash, because every driver method is idempotent. */
export type RolloutStep =
  | { readonly type: 'prepare'; readonly region: Name }
  | { readonly type: 'shift'; readonly region: Name; readonly step: number; readonly weight: BasisPoints }
  | { readonly type: 'bake'; readonly region: Name; readonly step: number }
  /** Keeps the alarms armed where there is traffic outside a bake. It ends by a breach, or when it is owed no more. */
  | { readonly type: 'watch'; readonly region: Name }
  | { readonly type: 'restore'; readonly region: Name }
  | { readonly type: 'settle'; readonly region: Name };

export type RolloutPhase =
  | 'rolling' | 'holding'
  /** Every step of every wave is done; the stage's tests may run. */
  | 'deployed'
  | 'settling' | 'settled' | 'rolling-back' | 'rolled-back' | 'rollback-failed';

export interface RegionProgress {
  readonly phase: 'waiting' | 'preparing' | 'shifting' | 'baking' | 'held' | 'done' | 'settled' | 'restored' | 'restore-failed';
  /** Index into the wave's steps: the one under way, or the last one done. */
  readonly step: number;
  /** In force, as far as the journal knows. */
  readonly weight: BasisPoints;
  /** Its restore takes longer than a change of weights does, or has failed: it stays owed. */
  readonly late?: true;
}

export interface RolloutState {
  readonly waves: readonly WavePlan[];
  readonly phase: RolloutPhase;
  readonly regions: { readonly [region: Name]: RegionProgress };
  readonly cause?: RollbackCause;
}
