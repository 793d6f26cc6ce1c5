import assert from 'node:assert/strict';
import { test } from 'node:test';
import { componentsOf } from './components.ts';

test('components of CycloneDX and of SPDX are the same to a reader', () => {
  const cyclonedx = { components: [
    { group: '@scope', name: 'b', version: '2.0.0', licenses: [{ license: { id: 'MIT' } }, { license: { name: 'of its own' } }], scope: 'optional' },
    { name: 'a', version: '1.0.0', licenses: [{ expression: 'MIT OR Apache-2.0' }] },
  ] };
  assert.deepEqual(componentsOf(cyclonedx), [
    { name: '@scope/b', version: '2.0.0', licence: 'MIT, of its own', isOptional: true },
    { name: 'a', version: '1.0.0', licence: 'MIT OR Apache-2.0', isOptional: false },
  ]);
  const spdx = { packages: [{ name: 'a', versionInfo: '1.0.0', licenseConcluded: 'NOASSERTION', licenseDeclared: 'MIT' }] };
  assert.deepEqual(componentsOf(spdx), [{ name: 'a', version: '1.0.0', licence: 'MIT', isOptional: false }]);
});

test('what is no such document has no components', () => {
  for (const document of [null, 1, 'x', [], {}, { components: 'x' }, { packages: [null, 1, { name: 1 }] }, { components: [{ licenses: 'x' }] }]) assert.deepEqual(componentsOf(document), []);
});

test('components within components, and within the one that the document is about, are found at any depth, each once', () => {
  const leaf = { name: 'leaf', version: '1.0.0', licenses: [{ license: { id: 'GPL-3.0-only' } }] };
  const document = {
    bomFormat: 'CycloneDX',
    metadata: { component: { name: 'app', components: [{ name: 'part', version: '1.0.0', components: [leaf] }] } },
    components: [{ name: 'outer', version: '1.0.0', components: [{ name: 'inner', version: '1.0.0', components: [leaf] }] }],
  };
  assert.deepEqual(componentsOf(document).map(({ name }) => name), ['inner', 'leaf', 'outer', 'part']);
  assert.equal(componentsOf(document).find(({ name }) => name === 'leaf')?.licence, 'GPL-3.0-only');
});
