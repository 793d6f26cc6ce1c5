import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { orderOf } from './order.ts';

/** Each before the next. Those of one list that are the same stand in one place, divided by a bar. */
const ascending: { readonly [ecosystem: string]: readonly string[] } = {
  'npm': ['1.0.0-alpha', '1.0.0-alpha.1', '1.0.0-alpha.beta', '1.0.0-beta', '1.0.0-beta.2', '1.0.0-beta.11', '1.0.0-rc.1', '1.0.0|v1.0.0|1.0.0+build', '1.0.1', '1.2.0', '1.10.0', '2.0.0'],
  'Go': ['v0.0.0-20190101000000-abcdef123456', '0.1.0', 'v1.2.3|1.2.3', 'v2.0.0+incompatible|2.0.0'],
  'crates.io': ['0.9.9', '1.0.0-rc.1', '1.0.0', '1.0.1'],
  // Of PEP 440.
  'PyPI': ['1.0.dev456', '1.0a1', '1.0a2.dev456', '1.0a12.dev456', '1.0a12', '1.0b1.dev456', '1.0b2', '1.0b2.post345', '1.0rc1', '1.0|1.0.0', '1.0+abc.5', '1.0.post456', '1.1.dev1', '1.10', '1!0.1'],
  // Of the POM reference and the tests that Maven publishes for ComparableVersion.
  'Maven': ['1-alpha2snapshot', '1-alpha2', '1-alpha-123', '1-beta-2', '1-beta123', '1-m2', '1-m11', '1-rc|1-cr', '1-snapshot', '1|1.0|1-ga|1.0.0|1-final|1-release', '1-sp', '1-sp2', '1-sp123', '1-abc', '1-def', '1-pom-1', '1-1-snapshot', '1-1', '1-2', '1-123'],
  // Of Gem::Version.
  'RubyGems': ['0.beta.1', '1.0.a', '1.0.a.2', '1.0.0.pre1|1.0.0-1', '1.0|1|1.0.0', '1.0.1', '1.9.3', '1.10', '2.0.0.rc1', '2'],
  'NuGet': ['1.0.0-alpha', '1.0.0-alpha.2|1.0.0-ALPHA.2', '1.0.0-alpha.10', '1.0.0-beta', '1.0.0|1|1.0.0.0|1.0.0+x', '1.0.0.1', '1.0.1', '1.10.0'],
  'Packagist': ['1.0.0-dev', '1.0.0-alpha1', '1.0.0-beta2-dev', '1.0.0-beta2|1.0.0b2', '1.0.0-RC1', '1.0.0|v1.0|1.0.0.0', '1.0.0-p1|1.0.0-patch1', '1.0.1', '1.10'],
};

for (const [ecosystem, list] of Object.entries(ascending)) {
  test(`versions of ${ecosystem} are ordered as it orders them`, () => {
    const order = orderOf(ecosystem);
    assert.ok(order);
    const places = list.flatMap((same, place) => same.split('|').map((version) => ({ version, place })));
    for (const a of places) for (const b of places) assert.equal(Math.sign(order(a.version, b.version) ?? Number.NaN), Math.sign(a.place - b.place), `${a.version} and ${b.version}`);
  });

  test(`whatever stands for a version of ${ecosystem}, the order is none or the same from both sides`, () => {
    const order = orderOf(ecosystem);
    const version = fc.string({ unit: fc.constantFrom(...'0123456789.-+abrcv'), maxLength: 20 });
    fc.assert(fc.property(version, version, (a, b) => {
      const [one, other] = [order?.(a, b), order?.(b, a)];
      assert.equal(one === undefined ? undefined : Math.sign(one) + 0, other === undefined ? undefined : Math.sign(-other) + 0);
    }), { numRuns: 300 });
  });
}

test('an ecosystem whose order is not known has none', () => {
  assert.equal(orderOf('Hex'), undefined);
  assert.equal(orderOf('__proto__'), undefined);
});

test('Maven: more of the order that it publishes', () => {
  const order = orderOf('Maven');
  const ascends = (a: string, b: string): void => assert.equal(order?.(a, b), -1, `${a} < ${b}`);
  for (const [a, b] of [['1', '2'], ['1.5', '2'], ['1', '2.5'], ['1.0', '1.1'], ['1.1', '1.2'], ['1.0.0', '1.1'], ['1.0.1', '1.1'], ['1.1', '1.2.0'], ['1.0-alpha-1', '1.0'], ['1.0-alpha-1', '1.0-alpha-2'], ['1.0-alpha-1', '1.0-beta-1'], ['1.0-beta-1', '1.0-SNAPSHOT'], ['1.0-SNAPSHOT', '1.0'], ['1.0-alpha-1-SNAPSHOT', '1.0-alpha-1'], ['1.0', '1.0-1'], ['1.0-1', '1.0-2'], ['2.0-1', '2.0.1'], ['2.0.1-klm', '2.0.1-lmn'], ['2.0.1-xyz', '2.0.1.1'], ['2.0.1', '2.0.1-123'], ['2.9.9', '2.10.0'], ['9.4.9.v20180320', '9.4.10.v20180503']] as const) ascends(a, b);
});
