import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { rollbackOrder, type Exposed } from './order.ts';

const a: Exposed = { region: 'a', wave: 0, warm: false, weight: 10_000, failing: false };
const b: Exposed = { region: 'b', wave: 1, warm: true, weight: 3_000, failing: false };
const c: Exposed = { region: 'c', wave: 1, warm: true, weight: 5_000, failing: false };
const d: Exposed = { region: 'd', wave: 2, warm: true, weight: 500, failing: true };

test('the failing region goes back first, then the warm ones in parallel by exposure, then the cold ones', () => {
  assert.deepEqual(rollbackOrder([a, b, c, d]), [['d'], ['c', 'b'], ['a']]);
});

test('the order in which the regions are named changes nothing', () => {
  assert.deepEqual(rollbackOrder([d, c, b, a]), [['d'], ['c', 'b'], ['a']]);
});

test('cold regions go back wave by wave in reverse, two at once, waves never mixed', () => {
  const cold = ['p', 'q', 'r', 's', 't'].map((region, index) => ({ region, wave: index < 2 ? 0 : 1, warm: false, weight: 10_000, failing: false }));
  assert.deepEqual(rollbackOrder(cold), [['r', 's'], ['t'], ['p', 'q']]);
});

test('a failing cold region waits for the warm ones, which take a moment, and goes before the other cold ones', () => {
  assert.deepEqual(rollbackOrder([{ ...a, failing: true }, b, { ...a, region: 'z', wave: 3 }]), [['b'], ['a'], ['z']]);
});

test('where nobody knows which region fails, all warm ones go back at once', () => {
  assert.deepEqual(rollbackOrder([b, c, { ...d, failing: false }]), [['c', 'b', 'd']]);
});

test('nothing exposed gives nothing to do', () => {
  assert.deepEqual(rollbackOrder([]), []);
});

test('every region goes back exactly once, and never more than two cold ones at a time', () => {
  const exposed = fc.uniqueArray(fc.record({
    region: fc.string({ minLength: 1 }), wave: fc.nat(5), warm: fc.boolean(), weight: fc.nat(10_000), failing: fc.boolean(),
  }), { selector: ({ region }) => region });
  fc.assert(fc.property(exposed, (regions) => {
    const batches = rollbackOrder(regions);
    assert.deepEqual(batches.flat().sort(), regions.map(({ region }) => region).sort());
    const isCold = (region: string): boolean => regions.some((other) => other.region === region && !other.warm);
    for (const batch of batches) assert.ok(batch.filter(isCold).length <= 2);
  }));
});
