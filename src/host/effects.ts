import type { Fact } from '../core/facts.ts';
import type { Effect } from '../core/owed.ts';
import type { PipelineState } from '../core/state.ts';
import type { StageName } from '../pipeline/plan.ts';

/** Carries effects out in the world. All the world that a host touches is behind this port. */
export interface Effects {
  /**
   * Ends what an earlier host left under way, and proves it. Once, before the first {@link perform}. Answers what it could
   * not clean up, which keeps no host from its work.
   */
  recover(state: PipelineState): Promise<readonly Fact[]>;
  /**
   * Carries one effect out and gives the fact that it came to. When the signal aborts, the effect is no longer owed:
   * it resolves once nothing of it is under way any more. Facts on the way go to `report`. What it throws fails the effect.
   */
  perform(effect: Effect, state: PipelineState, report: (fact: Fact) => void, signal: AbortSignal): Promise<Fact | undefined>;
  /** A stage of a run has ended: what was kept for it goes. @throws {TrunklineError} `FOLDER_NOT_REMOVED` when its processes are dead, and files of it stay. */
  release(run: string, stage: StageName): Promise<void>;
  /** Ends all that is under way, and proves it. */
  close(): Promise<void>;
}
