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

  async recover(state: PipelineState): Promise<void> {
    await this.#parts.cells.reap();
    const keep = new Set([...state.unfinished].flatMap((id) => {
      const run = state.runs.get(id);
      const stage = run && currentStage(run);
      const inside = stage && run.stages[stage.name];
      return inside?.state === 'running' ? [`${id}/${inside.name}-${inside.fence}`] : [];
    }));
    await this.#parts.workspaces.sweep(keep);
    await this.#parts.releases.clear();
  }

  perform(effect: Effect, state: PipelineState, report: (fact: Fact) => void, signal: AbortSignal): Promise<Fact | undefined> {
    switch (effect.type) {
      case 'attempt':
        return runAttempt(this.#parts, effect, state, signal);
      case 'rollout':
        return performStep(this.#parts, effect, state, report, signal);
      case 'attest':
        return attest(this.#parts, effect, state).catch((error: unknown): Fact => {
          const record = errorRecord(error);
          if (record.class !== 'refused') throw error;
          return { type: 'attest-refused', run: effect.run, stage: effect.stage, error: record };
        });
    }
  }

  async release(run: string, stage: StageName): Promise<void> {
    await Promise.all([this.#parts.workspaces.close(run, stage), this.#parts.releases.forget(run, stage)]);
  }

  async close(): Promise<void> {
    await this.#parts.workspaces.closeCells();
    await this.#parts.releases.clear();
  }
}
