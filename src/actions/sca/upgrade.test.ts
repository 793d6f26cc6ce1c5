import assert from 'node:assert/strict';
import { test } from 'node:test';
import { isSafe, upgradesFor, type Vulnerable } from './upgrade.ts';

const vulnerable = (name: string, version: string, advisory: string, fixed?: string, ecosystem = 'npm'): Vulnerable => ({ ecosystem, name, version, advisories: [advisory, `CVE-${advisory}`], ...(fixed === undefined ? {} : { fixed }) });

test('each package is upgraded once, to the highest version that is asked for', () => {
  const { upgrades, unfixable } = upgradesFor([vulnerable('left', '1.0.0', 'T-1', '1.2.0'), vulnerable('left', '1.1.0', 'T-2', '1.10.0'), vulnerable('right', '2.0.0', 'T-3', '2.0.1')], []);
  assert.deepEqual(upgrades, [{ name: 'left', from: ['1.0.0', '1.1.0'], to: '1.10.0', advisories: ['CVE-T-1', 'CVE-T-2'] }, { name: 'right', from: ['2.0.0'], to: '2.0.1', advisories: ['CVE-T-3'] }]);
  assert.deepEqual(unfixable, []);
});

test('only what was asked for is upgraded, by any of its names', () => {
  const all = [vulnerable('left', '1.0.0', 'T-1', '1.2.0'), vulnerable('right', '2.0.0', 'T-3', '2.0.1')];
  assert.deepEqual(upgradesFor(all, ['T-3']).upgrades.map(({ name }) => name), ['right']);
  assert.deepEqual(upgradesFor(all, ['CVE-T-1']).upgrades.map(({ name }) => name), ['left']);
});

test('what has no fixed version, or belongs to another package manager, is said', () => {
  const { upgrades, unfixable } = upgradesFor([vulnerable('left', '1.0.0', 'T-1'), vulnerable('flask', '1.0', 'T-2', '1.1', 'PyPI')], []);
  assert.deepEqual(upgrades, []);
  assert.deepEqual(unfixable.map(({ why }) => why), ['no version is said to be free of it', 'packages of PyPI are upgraded by their own tool; only those of npm are upgraded here']);
});

test('a name or version that npm could take for something else is not given to it', () => {
  const safe = (name: string, to: string): boolean => isSafe({ name, to, from: [], advisories: [] });
  assert.ok(safe('left', '1.2.3') && safe('@scope/left.js', '1.2.3-rc.1'));
  for (const [name, to] of [['--global', '1.0.0'], ['left', 'file:/etc'], ['git+ssh://x', '1.0.0'], ['../x', '1.0.0'], ['a b', '1.0.0'], ['left', '1.0.0 || *'], ['@/x', '1.0.0']] as const) assert.ok(!safe(name, to), `${name}@${to}`);
});
