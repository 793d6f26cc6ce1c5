/** How effects come to their ends in the model's world, as `src/host/embedded` tells the core of it. */
import type { AttemptEnd, Fact } from '../../src/core/facts.ts';
import type { Effect } from '../../src/core/owed.ts';
import { digestOf } from '../../src/foundation/digest.ts';
import type { ErrorRecord } from '../../src/foundation/errors.ts';
import type { Plan } from '../../src/pipeline/plan.ts';
import type { ReportedFact } from '../../src/rollout/rollout.ts';
import type { End } from './steps.ts';
import type { World } from './world.ts';

export interface UnderWay {
  readonly effect: Effect;
  /** The entry of the stage in which it was begun. */
  readonly fence: number;
}

export interface Maker {
  readonly world: World;
  /** The pipeline that a run's commit describes. */
  readonly planOf: (run: string) => Plan;
  /** Which attempt of its run an approval is signed for. */
  readonly attemptOf: (run: string) => number;
}

const errors: { readonly [how in 'code' | 'infra' | 'refused']: ErrorRecord } = {
  code: { code: 'TESTS_FAILED', class: 'code', message: 'a test failed' },
  infra: { code: 'DISK_FULL', class: 'infra', message: 'the disk is full' },
  refused: { code: 'BLOB_CORRUPT', class: 'refused', message: 'it is not what it was' },
};

/** What a good end does to the world, and the fact that it is; undefined for what lasts until it is no longer owed. */
export function endWell(maker: Maker, { effect, fence }: UnderWay): Fact | undefined {
  switch (effect.type) {
    case 'attempt': return attemptFact(effect, passed(maker, effect));
    case 'attest': {
      const name = effect.what === 'approval' ? `approval ${maker.attemptOf(effect.run)}` : `${effect.stage} passed`;
      // Deterministic, as signatures are: the same entry of a stage gives the same attestation.
      const digest = digestOf(`${effect.run} ${effect.stage} ${fence} ${name}`);
      return { ...effect, type: 'attested', attestations: [{ digest, predicateType: 'model', name }] };
    }
    case 'rollout': return stepFact(effect, stepped(maker.world, effect));
  }
}

export function endBadly(maker: Maker, underWay: UnderWay, how: End, isApplied: boolean): Fact | undefined {
  const { effect } = underWay;
  const error = errors[how === 'infra' || how === 'refused' ? how : 'code'];
  if (effect.type === 'attempt') return attemptFact(effect, { state: 'failed', error });
  if (effect.type === 'attest') return { ...effect, type: 'effect-failed', what: { type: 'attest' }, error };
  const { step } = effect;
  const { region } = step;
  if (step.type === 'bake' || step.type === 'watch') {
    const held = how === 'hold' && step.type === 'bake';
    return stepFact(effect, held ? { type: 'held', region, reason: 'too few requests' } : { type: 'breached', cause: { type: 'alarm', region, detail: 'errors above 1 %' } });
  }
  // The call may have come through, and only its answer not.
  if (isApplied) applied(maker.world, underWay);
  if (how === 'hold' && step.type === 'restore') return stepFact(effect, { type: 'restore-late', region });
  return { ...effect, type: 'effect-failed', what: step, error };
}

/** An effect that was lost, or is no longer owed, may have come about all the same. */
export function applied(world: World, { effect }: UnderWay): void {
  if (effect.type === 'rollout') stepped(world, effect);
}

function passed({ planOf }: Maker, effect: Extract<Effect, { type: 'attempt' }>): AttemptEnd {
  const plan = effect.action.kind === 'plan' ? { plan: planOf(effect.run) } : {};
  const artifact = effect.action.kind === 'archive' ? { artifact: digestOf(effect.run) } : {};
  return { state: 'passed', output: {}, ...plan, ...artifact };
}

export function attemptFact(effect: Extract<Effect, { type: 'attempt' }>, end: AttemptEnd): Fact {
  return { ...effect, type: 'attempt-ended', action: effect.action.name, end };
}

function stepFact(effect: Extract<Effect, { type: 'rollout' }>, fact: ReportedFact | undefined): Fact | undefined {
  return fact && { ...effect, type: 'rollout', fact };
}

function stepped(world: World, { run, environment, step }: Extract<Effect, { type: 'rollout' }>): ReportedFact | undefined {
  const { region } = step;
  const place = `${environment.name}/${region}`;
  switch (step.type) {
    case 'prepare': return { type: 'prepared', region, ...(world.prepare(place, run) ? { first: true } : {}) };
    case 'shift':
      world.shift(place, run, step.weight);
      return { type: 'shifted', region, step: step.step, weight: step.weight };
    case 'bake': return { type: 'baked', region, step: step.step, requests: 300 };
    case 'watch': return undefined;
    case 'settle':
      world.settle(place, run);
      return { type: 'settled', region };
    case 'restore':
      world.restore(place);
      return { type: 'restored', region };
  }
}
