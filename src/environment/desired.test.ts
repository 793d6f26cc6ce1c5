import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { TrunklineError } from '../foundation/errors.ts';
import { WHOLE } from '../foundation/units.ts';
import { contractPlan } from './contract.testing.ts';
import { preparation, probing, restored, settled, shifted, weights, type Desired } from './desired.ts';

const releaseOf = (id: string) => ({ id, artifact: `sha256:${'0'.repeat(64)}`, commit: id, sequence: 1 }) as const;

const move = fc.oneof(
  fc.record({ type: fc.constant('prepare' as const), id: fc.constantFrom('r1', 'r2', 'r3') }),
  fc.record({ type: fc.constant('shift' as const), id: fc.constantFrom('r1', 'r2', 'r3'), weight: fc.constantFrom(0, 500, 9_999, 10_000, 10_001, 0.5) }),
  fc.record({ type: fc.constant('settle' as const), id: fc.constantFrom('r1', 'r2', 'r3') }),
  fc.record({ type: fc.constant('restore' as const) }),
);

function next(desired: Desired, it: typeof move extends fc.Arbitrary<infer M> ? M : never): Desired {
  switch (it.type) {
    case 'prepare':
      return preparation(desired, releaseOf(it.id)) === 'new' ? { ...desired, candidate: { release: releaseOf(it.id), plan: desired.plan }, weight: 0 } : desired;
    case 'shift': return shifted(desired, it.id, it.weight);
    case 'settle': return settled(desired, it.id);
    case 'restore': return restored(desired);
  }
}

test('after any moves the shares sum to the whole, and lead only to releases that are here (I3)', () => {
  fc.assert(fc.property(fc.array(move, { maxLength: 30 }), (moves) => {
    let desired: Desired = { plan: contractPlan, weight: 0 };
    for (const it of moves) {
      const before = desired;
      try {
        desired = next(desired, it);
      } catch (error) {
        assert.ok(error instanceof TrunklineError);
        assert.equal(desired, before);
        continue;
      }
      const { stable, candidate } = weights(desired);
      assert.ok(Number.isInteger(desired.weight) && desired.weight >= 0 && desired.weight <= WHOLE);
      assert.ok(desired.stable ? stable + candidate === WHOLE : stable === 0 && (candidate === 0 || candidate === WHOLE));
      assert.notEqual(desired.candidate?.release.id ?? 'none', desired.stable?.release.id);
      if (it.type === 'restore') assert.equal(desired.stable, before.stable);
      assert.deepEqual(next(desired, it), desired, 'again, it changes nothing');
    }
  }));
});

test('probes are those of the stable release until the candidate has all traffic', () => {
  const placed = (id: string) => ({ release: releaseOf(id), plan: contractPlan });
  const both: Desired = { plan: contractPlan, stable: placed('r1'), candidate: placed('r2'), weight: 9_999 };
  assert.equal(probing(both)?.release.id, 'r1');
  assert.equal(probing({ ...both, weight: 10_000 })?.release.id, 'r2');
  assert.equal(probing({ plan: contractPlan, candidate: placed('r2'), weight: 0 })?.release.id, 'r2');
  assert.equal(probing({ plan: contractPlan, weight: 0 }), undefined);
});
