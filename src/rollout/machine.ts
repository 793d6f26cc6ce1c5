/**
 * A rollout as a machine: facts go in, and what is owed follows from the state alone. It knows no time and touches
 * nothing, so that after a crash the same facts lead to the same steps, which are then simply done again.
 */
import { TrunklineError } from '../foundation/errors.ts';
import type { Name } from '../foundation/units.ts';
import type { WavePlan } from '../pipeline/plan.ts';
import { rollbackOrder } from './order.ts';
import type { RegionProgress, RolloutFact, RolloutState, RolloutStep } from './rollout.ts';
import { wavesFault } from './waves.ts';

/** @throws {TrunklineError} `ROLLOUT_INVALID` when the waves can't be rolled out. */
export function begin(waves: readonly WavePlan[]): RolloutState {
  const fault = wavesFault(waves);
  if (fault !== undefined) throw new TrunklineError('ROLLOUT_INVALID', 'usage', fault, 'correct the waves of the stage in trunkline.config.ts');
  const waiting: RegionProgress = { phase: 'waiting', step: 0, weight: 0 };
  const regions = Object.fromEntries(waves.flatMap((wave) => wave.regions.map((region) => [region, waiting])));
  return onward({ waves, phase: 'rolling', regions });
}

/** The state after `fact`. A fact that is late, repeated or out of its order changes nothing. */
export function apply(state: RolloutState, fact: RolloutFact): RolloutState {
  switch (fact.type) {
    case 'prepared': return forward(state, fact.region, ['preparing'], (at) =>
      ({ ...at, phase: 'shifting', ...(fact.first ? { step: stepsOf(state, fact.region).length - 1 } : {}) }));
    case 'shifted': return forward(state, fact.region, ['shifting'], (at) =>
      fact.step === at.step && fact.weight === stepsOf(state, fact.region)[at.step]?.weight ? { ...at, phase: 'baking', weight: fact.weight } : at);
    case 'baked': return forward(state, fact.region, ['baking', 'held'], (at) =>
      fact.step === at.step ? baked(state, fact.region, at) : at);
    case 'held': return forward(state, fact.region, ['baking'], (at) => ({ ...at, phase: 'held' }));
    case 'resumed': return isForward(state) ? onward(each(state, (at, region) => (at.phase === 'held' ? baked(state, region, at) : at))) : state;
    case 'breached': return isForward(state) || state.phase === 'deployed' ? back({ ...state, phase: 'rolling-back', cause: fact.cause }) : state;
    case 'restored': return restoring(state, fact.region, ({ step }) => ({ phase: 'restored', step, weight: 0 }));
    case 'restore-late': return restoring(state, fact.region, (at) => ({ ...at, late: true }));
    case 'restore-failed': return restoring(state, fact.region, (at) => ({ ...at, phase: 'restore-failed' }));
    case 'accepted': return state.phase === 'deployed' ? { ...state, phase: 'settling' } : state;
    case 'settled': return settling(state, fact.region);
  }
}

/** Everything that should be under way now, in the order in which it is to be begun. */
export function owed(state: RolloutState): readonly RolloutStep[] {
  switch (state.phase) {
    case 'rolling': return regionsOf(state).flatMap((region) => owedForward(state, region));
    case 'holding': return regionsOf(state).flatMap((region) => armed(state, region));
    case 'deployed': return regionsOf(state).flatMap((region) => armed(state, region));
    case 'settling': return regionsOf(state).filter((region) => progressOf(state, region)?.phase === 'done').map((region) => ({ type: 'settle', region }));
    case 'rolling-back': return owedBack(state).map((region) => ({ type: 'restore', region }));
    case 'settled': case 'rolled-back': case 'rollback-failed': return [];
  }
}

function owedForward(state: RolloutState, region: Name): RolloutStep[] {
  const at = progressOf(state, region);
  const weight = at && stepsOf(state, region)[at.step]?.weight;
  if (at?.phase === 'preparing') return [{ type: 'prepare', region }];
  if (at?.phase === 'shifting' && weight !== undefined) return [{ type: 'shift', region, step: at.step, weight }, ...armed(state, region)];
  return armed(state, region);
}

/** Alarms are armed wherever there is, or may be, traffic: also before and after a bake, and where a shift was cut short. */
function armed(state: RolloutState, region: Name): RolloutStep[] {
  const at = progressOf(state, region);
  if (at?.phase === 'baking' || at?.phase === 'held') return [{ type: 'bake', region, step: at.step }];
  return at?.phase === 'shifting' || at?.phase === 'done' ? [{ type: 'watch', region }] : [];
}

/**
 * The batches of the rollback order up to the first that must be waited for: one in which every region is back, or is
 * late, holds nobody back. Until they settle, all regions are warm.
 */
function owedBack(state: RolloutState): readonly Name[] {
  const isBack = (region: Name): boolean => ['restored', 'restore-failed'].includes(progressOf(state, region)?.phase ?? '');
  const exposed = state.waves.flatMap(({ regions }, wave) => regions
    .filter((region) => progressOf(state, region)?.phase !== 'waiting')
    .map((region) => ({ region, wave, warm: true, weight: progressOf(state, region)?.weight ?? 0, failing: region === state.cause?.region })));
  const batches = rollbackOrder(exposed);
  const awaited = batches.findIndex((regions) => !regions.every((region) => isBack(region) || progressOf(state, region)?.late));
  return batches.slice(0, awaited === -1 ? batches.length : awaited + 1).flat().filter((region) => !isBack(region));
}

function isForward({ phase }: RolloutState): boolean {
  return phase === 'rolling' || phase === 'holding';
}

function forward(state: RolloutState, region: Name, from: readonly RegionProgress['phase'][], change: (at: RegionProgress) => RegionProgress): RolloutState {
  const at = progressOf(state, region);
  return at && isForward(state) && from.includes(at.phase) ? onward(put(state, region, change(at))) : state;
}

function baked(state: RolloutState, region: Name, at: RegionProgress): RegionProgress {
  const isLast = at.step === stepsOf(state, region).length - 1;
  return isLast ? { ...at, phase: 'done' } : { ...at, phase: 'shifting', step: at.step + 1 };
}

/** Holds while any region is held; else starts the first wave that is not through; after the last one, it is deployed. */
function onward(state: RolloutState): RolloutState {
  const isIn = (phase: RegionProgress['phase']) => (region: Name): boolean => progressOf(state, region)?.phase === phase;
  if (regionsOf(state).some(isIn('held'))) return { ...state, phase: 'holding' };
  const wave = state.waves.find(({ regions }) => !regions.every(isIn('done')));
  if (!wave) return { ...state, phase: 'deployed' };
  const started = each(state, (at, region) => (at.phase === 'waiting' && wave.regions.includes(region) ? { ...at, phase: 'preparing' } : at));
  return { ...started, phase: 'rolling' };
}

function restoring(state: RolloutState, region: Name, change: (at: RegionProgress) => RegionProgress): RolloutState {
  const at = progressOf(state, region);
  if (state.phase !== 'rolling-back' || !at || ['waiting', 'restored', 'restore-failed'].includes(at.phase)) return state;
  return back(put(state, region, change(at)));
}

function back(state: RolloutState): RolloutState {
  if (owedBack(state).length > 0) return state;
  const failed = regionsOf(state).some((region) => progressOf(state, region)?.phase === 'restore-failed');
  return { ...state, phase: failed ? 'rollback-failed' : 'rolled-back' };
}

function settling(state: RolloutState, region: Name): RolloutState {
  const at = progressOf(state, region);
  if (state.phase !== 'settling' || at?.phase !== 'done') return state;
  const next = put(state, region, { ...at, phase: 'settled' });
  return regionsOf(next).every((each) => progressOf(next, each)?.phase === 'settled') ? { ...next, phase: 'settled' } : next;
}

function regionsOf(state: RolloutState): readonly Name[] {
  return state.waves.flatMap(({ regions }) => regions);
}

function stepsOf(state: RolloutState, region: Name): WavePlan['steps'] {
  return state.waves.find(({ regions }) => regions.includes(region))?.steps ?? [];
}

function progressOf(state: RolloutState, region: Name): RegionProgress | undefined {
  return Object.hasOwn(state.regions, region) ? state.regions[region] : undefined;
}

function put(state: RolloutState, region: Name, at: RegionProgress): RolloutState {
  return { ...state, regions: { ...state.regions, [region]: at } };
}

function each(state: RolloutState, change: (at: RegionProgress, region: Name) => RegionProgress): RolloutState {
  return { ...state, regions: Object.fromEntries(Object.entries(state.regions).map(([region, at]) => [region, change(at, region)])) };
}
