import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Advisory } from './advisory.ts';
import { concernOf } from './affected.ts';

const listing = (ecosystem: string, versions: readonly string[]): Advisory => ({
  id: 'X-1', names: ['X-1'], summary: '', severity: 'high', isUnrated: false, ecosystem, key: '', versions, ranges: [],
});

const same: readonly (readonly [ecosystem: string, listed: string, version: string])[] = [
  ['npm', '1.2.3', 'v1.2.3'], ['npm', 'v1.2.3', '1.2.3'], ['npm', '1.0', '1.0.0'], ['npm', '1.2.3', '1.2.3+build.5'], ['npm', '1.0-rc.1', '1.0.0-rc.1'],
  ['Go', '1.2.3', 'v1.2.3+incompatible'], ['Go', '1.21.0', 'go1.21'], ['PyPI', '1.0', '1.0.0'], ['PyPI', '1.0rc1', '1.0.RC1'], ['PyPI', '1.0', '1.0+ubuntu1'], ['PyPI', '1.0', 'v1.0'],
  ['NuGet', '1.2.3', '1.2.3.0'], ['NuGet', '1.0.0-Beta', '1.0.0-beta'], ['Maven', '1.0', '1.0.0'], ['Maven', '1.0-RC1', '1.0-rc1'], ['Maven', '1.0', '1.0.GA'],
  ['Maven', '1.2.3', 'v1.2.3'], ['RubyGems', '1.0', '1.0.0'], ['Packagist', '1.0.0', 'v1.0.0'], ['crates.io', '1.2.3', '1.2.3+meta'],
];

for (const [ecosystem, listed, version] of same) {
  test(`${ecosystem}: ${version} is the ${listed} that an advisory lists`, () => {
    assert.equal(concernOf(listing(ecosystem, ['0.0.1', listed]), version).isAffected, true);
  });
}

test('a version that is not listed is not concerned', () => {
  for (const [ecosystem, listed] of same) assert.equal(concernOf(listing(ecosystem, [listed]), '99.0.1').isAffected, false, ecosystem);
});

test('a version that its ecosystem does not know as one could be any of the list', () => {
  assert.equal(concernOf(listing('npm', ['1.0.0']), 'latest').isAffected, 'unknown');
  assert.equal(concernOf(listing('Swift', ['1.0.0']), '2.0.0').isAffected, 'unknown');
});
