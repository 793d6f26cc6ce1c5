import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { TrunklineError } from '../foundation/errors.ts';
import type { BakePlan, WavePlan } from '../pipeline/plan.ts';
import { apply, begin, owed } from './machine.ts';
import type { RollbackCause, RolloutFact, RolloutPhase, RolloutState, RolloutStep } from './rollout.ts';

const bake: BakePlan = { minTimeMs: 1_000, minRequests: 10, maxTimeMs: 3_000, onInsufficientData: 'hold' };
const steps = (...weights: number[]): WavePlan['steps'] => weights.map((weight) => ({ weight, bake }));
const wave = (name: string, regions: string[], ...weights: number[]): WavePlan => ({ name, regions, steps: steps(...weights) });
const twoWaves = [wave('first light', ['eu'], 500, 10_000), wave('the rest', ['us', 'ap'], 2_500, 10_000)];

const after = (state: RolloutState, ...facts: RolloutFact[]): RolloutState => facts.reduce(apply, state);
const prepared = (region: string): RolloutFact => ({ type: 'prepared', region });
const shifted = (region: string, step: number, weight: number): RolloutFact => ({ type: 'shifted', region, step, weight });
const baked = (region: string, step: number): RolloutFact => ({ type: 'baked', region, step, requests: 100 });
const held = (region: string): RolloutFact => ({ type: 'held', region, reason: '3 of 10 requests' });
const restored = (region: string): RolloutFact => ({ type: 'restored', region });
const breached = (region?: string): RolloutFact => ({ type: 'breached', cause: { type: 'alarm', detail: 'errors', ...(region === undefined ? {} : { region }) } satisfies RollbackCause });
const restoreFailed = (region: string): RolloutFact => ({ type: 'restore-failed', region, error: { code: 'ROUTER_GONE', class: 'infra', message: 'no answer' } });
const brief = (state: RolloutState): string[] => owed(state).map((step) => [step.type, step.region, ...('step' in step ? [step.step] : []), ...('weight' in step ? [step.weight] : [])].join(' '));
const firstWave = [prepared('eu'), shifted('eu', 0, 500), baked('eu', 0), shifted('eu', 1, 10_000), baked('eu', 1)];
const inSecondWave = [...firstWave, prepared('us'), prepared('ap'), shifted('us', 0, 2_500), shifted('ap', 0, 2_500), baked('us', 0), shifted('us', 1, 10_000)];

test('a region is prepared, then climbs its steps, each baked before the next', () => {
  let state = begin(twoWaves);
  const seen = [brief(state)];
  for (const fact of firstWave.slice(0, 4)) seen.push(brief(state = apply(state, fact)));
  assert.deepEqual(seen, [['prepare eu'], ['shift eu 0 500', 'watch eu'], ['bake eu 0'], ['shift eu 1 10000', 'watch eu'], ['bake eu 1']]);
});

test('the first release of a region takes the whole traffic at once, and is baked there', () => {
  const state = after(begin([wave('all', ['eu', 'us'], 500, 5_000, 10_000)]), { type: 'prepared', region: 'eu', first: true }, prepared('us'));
  assert.deepEqual(brief(state), ['shift eu 2 10000', 'watch eu', 'shift us 0 500', 'watch us']);
  assert.deepEqual(brief(after(state, shifted('eu', 2, 10_000))), ['bake eu 2', 'shift us 0 500', 'watch us']);
  assert.deepEqual(brief(after(state, shifted('eu', 2, 10_000), baked('eu', 2))), ['watch eu', 'shift us 0 500', 'watch us']);
});

test('a wave begins when the one before is through, all its regions in parallel, under armed alarms everywhere', () => {
  assert.deepEqual(brief(after(begin(twoWaves), ...firstWave)), ['watch eu', 'prepare us', 'prepare ap']);
});

test('the regions of a wave do not wait for each other, but the next wave waits for them all', () => {
  const waves = [wave('one', ['a', 'b'], 10_000), wave('two', ['c'], 10_000)];
  const state = after(begin(waves), prepared('a'), shifted('a', 0, 10_000), baked('a', 0));
  assert.deepEqual(brief(state), ['watch a', 'prepare b']);
});

test('after the last bake the release is deployed, watched, and settles only once it is accepted', () => {
  const deployed = after(begin([wave('all', ['a', 'b'], 10_000)]), ...['a', 'b'].flatMap((region) => [prepared(region), shifted(region, 0, 10_000), baked(region, 0)]));
  assert.equal(deployed.phase, 'deployed');
  assert.deepEqual(brief(deployed), ['watch a', 'watch b']);
  const settling = apply(deployed, { type: 'accepted' });
  assert.deepEqual(brief(settling), ['settle a', 'settle b']);
  const half = apply(settling, { type: 'settled', region: 'a' });
  assert.deepEqual([half.phase, brief(half)], ['settling', ['settle b']]);
  const whole = apply(half, { type: 'settled', region: 'b' });
  assert.deepEqual([whole.phase, brief(whole)], ['settled', []]);
});

test('a hold freezes the weights everywhere, while every alarm stays armed', () => {
  const state = after(begin(twoWaves), ...inSecondWave, held('ap'), baked('us', 1));
  assert.equal(state.phase, 'holding');
  assert.deepEqual(brief(state), ['watch eu', 'watch us', 'bake ap 0']);
  const other = after(begin([wave('all', ['a', 'b'], 100, 10_000)]), prepared('a'), prepared('b'), shifted('a', 0, 100), shifted('b', 0, 100), held('a'), baked('b', 0));
  assert.deepEqual(brief(other), ['bake a 0', 'watch b']);
});

test('a hold ends when its bake passes after all, or when a person resumes it', () => {
  const state = after(begin(twoWaves), prepared('eu'), shifted('eu', 0, 500), held('eu'));
  for (const fact of [baked('eu', 0), { type: 'resumed', by: 'ada' } as const]) {
    assert.deepEqual(brief(apply(state, fact)), ['shift eu 1 10000', 'watch eu']);
  }
});

test('it holds for as long as one region is held', () => {
  const waves = [wave('all', ['a', 'b'], 100, 10_000)];
  const state = after(begin(waves), prepared('a'), prepared('b'), shifted('a', 0, 100), shifted('b', 0, 100), held('a'), held('b'), baked('a', 0));
  assert.deepEqual([state.phase, brief(state)], ['holding', ['watch a', 'bake b 0']]);
});

test('a breach sends back the failing region first, then all others at once, the largest exposure first', () => {
  const breach = after(begin(twoWaves), ...inSecondWave, breached('ap'));
  assert.deepEqual(brief(breach), ['restore ap']);
  const others = apply(breach, restored('ap'));
  assert.deepEqual(brief(others), ['restore eu', 'restore us']);
  assert.equal(after(others, restored('us')).phase, 'rolling-back');
  assert.equal(after(others, restored('us'), restored('eu')).phase, 'rolled-back');
});

test('a region that does not go back at once, or can not, keeps no other from it, and stays owed', () => {
  const breach = after(begin(twoWaves), ...inSecondWave, breached('ap'));
  const late = apply(breach, { type: 'restore-late', region: 'ap' });
  assert.deepEqual(brief(late), ['restore ap', 'restore eu', 'restore us'], 'the failing region is the first to be begun');
  const alone = after(late, restored('eu'), restored('us'));
  assert.deepEqual([alone.phase, brief(alone)], ['rolling-back', ['restore ap']]);
  const back = apply(alone, restored('ap'));
  assert.deepEqual([back.phase, back.regions.ap], ['rolled-back', { phase: 'restored', step: 0, weight: 0 }]);
  assert.equal(apply(breach, { type: 'restore-late', region: 'elsewhere' }), breach);
});

test('a region that was never touched is not restored', () => {
  const state = after(begin(twoWaves), prepared('eu'), breached('eu'));
  assert.deepEqual(brief(state), ['restore eu']);
  assert.equal(apply(state, restored('eu')).phase, 'rolled-back');
});

test('only the first breach counts', () => {
  const state = after(begin(twoWaves), ...inSecondWave, breached('us'));
  assert.equal(apply(state, breached('eu')), state);
  assert.equal(state.cause?.region, 'us');
});

test('a breach while holding, or while the tests of the stage run, rolls back', () => {
  assert.equal(after(begin(twoWaves), prepared('eu'), shifted('eu', 0, 500), held('eu'), breached('eu')).phase, 'rolling-back');
  const deployed = after(begin([wave('all', ['a', 'b'], 10_000)]), ...['a', 'b'].flatMap((region) => [prepared(region), shifted(region, 0, 10_000), baked(region, 0)]), breached());
  assert.deepEqual(brief(deployed), ['restore a', 'restore b']);
});

test('a region that can not be restored does not keep the others from it, and the end says so', () => {
  const state = after(begin(twoWaves), ...inSecondWave, breached('ap'), restoreFailed('ap'));
  assert.deepEqual(brief(state), ['restore eu', 'restore us']);
  const end = after(state, restored('eu'), restored('us'));
  assert.deepEqual([end.phase, brief(end), end.regions.ap?.phase], ['rollback-failed', [], 'restore-failed']);
});

test('after the release is accepted no breach turns it round, so that no region is left on another release', () => {
  const settling = after(begin([wave('all', ['a'], 10_000)]), prepared('a'), shifted('a', 0, 10_000), baked('a', 0), { type: 'accepted' });
  assert.equal(apply(settling, breached('a')), settling);
});

test('facts that are late, repeated, of another step or of an unknown region change nothing', () => {
  const state = after(begin(twoWaves), ...firstWave.slice(0, 3));
  const strange: RolloutFact[] = [...firstWave.slice(0, 3), shifted('eu', 1, 9_999), shifted('eu', 2, 10_000), baked('eu', 1), held('eu'), prepared('us'), prepared('constructor'),
    restored('eu'), restoreFailed('eu'), { type: 'accepted' }, { type: 'settled', region: 'eu' }, { type: 'resumed', by: 'ada' }];
  for (const fact of strange) assert.deepEqual(apply(state, fact), state, fact.type);
});

test('waves that can not end well are refused', () => {
  const bad = [[], [wave('w', [], 10_000)], [wave('w', ['a'], 5_000)], [wave('w', ['a'], 5_000, 5_000, 10_000)], [wave('w', ['a'])],
    [wave('w', ['a'], 0.5, 10_000)], [wave('w', ['a'], 10_000), wave('v', ['a'], 10_000)]];
  for (const waves of bad) assert.throws(() => begin(waves), (thrown) => thrown instanceof TrunklineError && thrown.record.code === 'ROLLOUT_INVALID');
});

// ── For every plan and every history ─────────────────────────────────────────────────────────────────────────────

const someWaves = fc.array(fc.tuple(fc.integer({ min: 1, max: 3 }), fc.uniqueArray(fc.integer({ min: 1, max: 9_999 }), { maxLength: 3 })), { minLength: 1, maxLength: 3 })
  .map((shapes) => shapes.map(([regions, weights], index) => wave(`w${index}`, Array.from({ length: regions }, (_, place) => `r${index}${place}`), ...weights.sort((x, y) => x - y), 10_000)));

const anyFact = (waves: readonly WavePlan[]): fc.Arbitrary<RolloutFact> => {
  const region = fc.constantFrom(...waves.flatMap(({ regions }) => regions), 'elsewhere');
  const step = fc.nat(3);
  const weight = fc.oneof(fc.constantFrom(...waves.flatMap((each) => each.steps.map((one) => one.weight))), fc.nat(10_000));
  return fc.oneof(
    region.map(prepared), fc.tuple(region, step, weight).map(([...of]) => shifted(...of)), fc.tuple(region, step).map(([...of]) => baked(...of)),
    region.map(held), fc.constant<RolloutFact>({ type: 'resumed', by: 'ada' }), fc.option(region, { nil: undefined }).map(breached), region.map(restored),
    region.map(restoreFailed), region.map((at): RolloutFact => ({ type: 'restore-late', region: at })), fc.constant<RolloutFact>({ type: 'accepted' }), region.map((at): RolloutFact => ({ type: 'settled', region: at })),
  );
};

const ends: ReadonlySet<RolloutPhase> = new Set(['settled', 'rolled-back', 'rollback-failed']);
const onTheWay: ReadonlySet<RolloutStep['type']> = new Set(['prepare', 'shift', 'bake', 'watch', 'settle']);

/** What a host may answer to a step; `chance` decides. A watch answers only when it has bad news. */
function answer(step: RolloutStep, chance: number): RolloutFact | undefined {
  switch (step.type) {
    case 'prepare': return chance < 5 ? breached(step.region) : prepared(step.region);
    case 'shift': return chance < 5 ? breached(step.region) : shifted(step.region, step.step, step.weight);
    case 'bake': return chance < 5 ? breached(step.region) : chance < 15 ? held(step.region) : baked(step.region, step.step);
    case 'watch': return chance < 3 ? breached(step.region) : undefined;
    case 'restore': return chance < 40 ? { type: 'restore-late', region: step.region } : restored(step.region);
    case 'settle': return { type: 'settled', region: step.region };
  }
}

function invariants(state: RolloutState, waves: readonly WavePlan[]): void {
  for (const [region, { weight, step, phase }] of Object.entries(state.regions)) {
    const ladder = waves.find(({ regions }) => regions.includes(region))?.steps ?? [];
    assert.ok(Number.isInteger(weight) && weight >= 0 && weight <= (ladder[step]?.weight ?? 0), `${region} has ${weight} at step ${step}`);
    if (phase === 'waiting' || phase === 'preparing' || phase === 'restored') assert.equal(weight, 0);
  }
  const types = new Set(owed(state).map(({ type }) => type));
  if (state.cause) assert.ok(![...types].some((type) => onTheWay.has(type)), 'nothing forward after a breach');
  if (state.phase === 'holding') assert.ok(![...types].some((type) => type === 'shift' || type === 'prepare'), 'nothing moves while holding');
  assert.equal(owed(state).length === 0, ends.has(state.phase), 'only an end owes nothing');
  assert.equal(new Set(owed(state).map((one) => `${one.type} ${one.region}`)).size, owed(state).length, 'no step is owed twice');
  const exposed = Object.entries(state.regions).filter(([, { weight }]) => weight > 0).map(([region]) => region);
  if (['rolling', 'holding', 'deployed'].includes(state.phase)) {
    for (const region of exposed) assert.ok(owed(state).some((one) => one.region === region && (one.type === 'bake' || one.type === 'watch')), `the alarms of ${region} are armed`);
  }
}

test('whatever facts come in whatever order, weights stay within their step and nothing forward follows a breach', () => {
  const histories = someWaves.chain((waves) => fc.tuple(fc.constant(waves), fc.array(anyFact(waves), { maxLength: 60 })));
  fc.assert(fc.property(histories, ([waves, facts]) => {
    let state = begin(waves);
    invariants(state, waves);
    for (const fact of facts) {
      const next = apply(state, fact);
      invariants(next, waves);
      if (state.cause) for (const [region, { weight }] of Object.entries(next.regions)) assert.ok(weight <= (state.regions[region]?.weight ?? 0), 'no weight rises after a breach');
      if (ends.has(state.phase)) assert.deepEqual(next, state, 'an end is an end');
      assert.deepEqual(apply(next, fact).phase, next.phase, 'a fact twice is a fact once');
      state = next;
    }
    assert.deepEqual(facts.reduce(apply, begin(waves)), state, 'a replay gives the same state');
    assert.deepEqual(JSON.parse(JSON.stringify(state)), state, 'the state is plain data');
  }), { numRuns: 300 });
});

test('whoever does what is owed, in any order and with any luck, comes to an end', () => {
  const luck = fc.infiniteStream(fc.tuple(fc.nat(99), fc.nat(1_000)));
  fc.assert(fc.property(someWaves, luck, (waves, chances) => {
    let state = begin(waves);
    for (let turn = 0; turn < 400 && !ends.has(state.phase); turn += 1) {
      const [chance, pick] = chances.next().value as [number, number];
      const steps = owed(state);
      const step = steps[pick % steps.length];
      assert.ok(step, `something is owed while ${state.phase}`);
      const fact: RolloutFact | undefined = state.phase === 'deployed' ? { type: 'accepted' }
        : state.phase === 'holding' && chance > 90 ? { type: 'resumed', by: 'ada' } : answer(step, chance);
      if (fact) state = apply(state, fact);
      invariants(state, waves);
    }
    assert.ok(ends.has(state.phase), `ended as ${state.phase}`);
  }), { numRuns: 300 });
});
