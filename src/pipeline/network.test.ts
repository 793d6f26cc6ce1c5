import assert from 'node:assert/strict';
import { test } from 'node:test';
import { hostFault, networkOf, networkOfPreparation } from './network.ts';

test('what only reads has no network, what builds has the registries, and what is written counts', () => {
  for (const row of ['build.secrets', 'build.sast', 'build.code-quality', 'build.unit-tests', 'beta.integration-tests', 'gamma.acceptance-tests']) assert.equal(networkOf({ row, command: 'npm test' }), 'none', row);
  assert.equal(networkOf({ row: 'build.code', command: 'npm run build' }), 'registries');
  assert.equal(networkOf({ row: 'build.code', command: 'npm run build', network: 'none' }), 'none');
  assert.deepEqual(networkOf({ row: 'build.secrets', command: 'scan', network: ['example.org'] }), ['example.org']);
});

test('a command that fetches packages by itself has the registries', () => {
  for (const command of ['npx eslint .', 'npm ci && npm test', 'npm --silent ci', './mvnw -B verify', 'cd server; go test ./...', 'cargo test', 'python3 -m pip install -e . && pytest', 'yarn', 'yarn && yarn test', '(uv run pytest)', './gradlew check', 'dotnet test']) {
    assert.equal(networkOf({ row: 'build.unit-tests', command }), 'registries', command);
  }
  for (const command of ['npm test', 'npm run go', 'node --test', 'pytest', 'yarn test', 'pnpm run lint', 'make gopher', 'bin/mvn-like', 'cat go.mod', 'npm run install-check']) {
    assert.equal(networkOf({ row: 'build.unit-tests', command }), 'none', command);
  }
});

test('a preparation reaches the registries beside what its command names', () => {
  assert.equal(networkOfPreparation('none'), 'registries');
  assert.deepEqual(networkOfPreparation(['git.example.org']), ['git.example.org', 'registries']);
});

test('a host is written as a name, with or without a port', () => {
  for (const host of ['example.org', '*.example.org', 'example.org:8443', 'registries', 'nexus', '10.0.0.5:8081']) assert.equal(hostFault(host), undefined, host);
  for (const host of ['https://example.org', 'example.org/path', 'user@example.org', '*', '*.', 'a b', '', 'example.org:', '-x.org', '*.*.org']) assert.notEqual(hostFault(host), undefined, host);
});
