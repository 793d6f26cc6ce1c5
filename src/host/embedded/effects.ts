import { attest, type AttestationParts } from './attestations.ts';
import { runAttempt, type AttemptParts } from './attempts.ts';
import { performStep, type RolloutParts } from './rollouts.ts';
import type { Fact } from '../../core/facts.ts';
import type { Effect } from '../../core/owed.ts';
import { currentStage, type PipelineState } from '../../core/state.ts';
import { errorRecord } from '../../foundation/errors.ts';
import type { StageName } from '../../pipeline/plan.ts';
import type { Cells } from '../../runner/cell.ts';
import type { Effects } from '../effects.ts';

export type EffectParts = AttemptParts & RolloutParts & AttestationParts & { readonly cells: Cells };

/** Carries effects out on this machine. */
export class LocalEffects implements Effects {
  readonly #parts: EffectParts;

  constructor(parts: EffectParts) {
    this.#parts = parts;
  }

  async recover(state: PipelineState): Promise<readonly Fact[]> {
    const living = await this.#parts.cells.reap().then(() => [], (error: unknown): Fact[] => [{ type: 'host-troubled', what: 'what an earlier host left under way', error: errorRecord(error) }]);
    const keep = new Set([...state.unfinished].flatMap((id) => {
      const run = state.runs.get(id);
      const stage = run && currentStage(run);
      const inside = stage && run.stages[stage.name];
      return inside?.state === 'running' ? [`${id}/${inside.name}-${inside.fence}`] : [];
    }));
    const left = [...await this.#parts.workspaces.sweep(keep), ...await this.#parts.releases.clear()];
    return [...living, ...left.map(({ run, stage, error }): Fact => ({ type: 'cleanup-failed', run, stage, error: errorRecord(error) }))];
  }

  async perform(effect: Effect, state: PipelineState, report: (fact: Fact) => void, signal: AbortSignal): Promise<Fact | undefined> {
    await this.#pause(effect, signal);
    switch (effect.type) {
      case 'attempt':
        return runAttempt(this.#parts, effect, state, signal);
      case 'rollout':
        return performStep(this.#parts, effect, state, report, signal);
      case 'attest':
        return attest(this.#parts, effect, state);
    }
  }

  /** A clock that was set back lengthens no wait, and one that was set forward ends it. */
  async #pause(effect: Effect, signal: AbortSignal): Promise<void> {
    if (effect.type === 'attempt' || !effect.after) return;
    const { failedAt, retryAt } = effect.after;
    const passed = Math.max(0, this.#parts.clock.now() - failedAt);
    const pause = retryAt - failedAt - passed;
    if (pause > 0) await this.#parts.clock.sleep(pause, signal);
  }

  async release(run: string, stage: StageName): Promise<void> {
    await Promise.all([this.#parts.workspaces.close(run, stage), this.#parts.releases.forget(run, stage)]);
  }

  async close(): Promise<void> {
    await this.#parts.workspaces.closeCells();
    await this.#parts.releases.clear();
  }
}
