import type { Effect } from '../../core/owed.ts';
import { retriesOf, type PipelineState } from '../../core/state.ts';

/** Kinds that touch no region, in a stage that has an environment. */
const APART: ReadonlySet<string> = new Set(['approval', 'verify', 'authorise']);

/** The environment that an effect touches; undefined where it touches none. */
export function placeOf(state: PipelineState, effect: Effect): string | undefined {
  switch (effect.type) {
    case 'rollout':
      return effect.environment.name;
    case 'attempt':
      return APART.has(effect.action.kind) ? undefined : state.runs.get(effect.run)?.plan?.plan.stages.find(({ name }) => name === effect.stage)?.environment?.name;
    case 'attest':
      return undefined;
  }
}

/** A run that deploys to an environment that is meant, and is not merely kept from ending by a region that is lost. */
export function busyIn(state: PipelineState, isMeant: (environment: string) => boolean): string | undefined {
  return [...state.unfinished].find((id) => {
    const run = state.runs.get(id);
    const isLost = run !== undefined && retriesOf(run).some(({ effect }) => effect === 'restore' || effect === 'settle');
    return !isLost && Object.values(run?.stages ?? {}).some((stage) => stage?.state === 'running' && stage.rollout && isMeant(stage.rollout.environment));
  });
}
