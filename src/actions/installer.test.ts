import assert from 'node:assert/strict';
import { test } from 'node:test';
import { installerOf, unkeepable } from './installer.ts';

test('a command that only installs what is locked is known, with its options', () => {
  for (const command of ['npm ci', ' npm  ci --no-audit --loglevel=error', 'npm clean-install', 'npm ci --omit=dev']) assert.equal(installerOf(command)?.locks.includes('package-lock.json'), true, command);
  assert.deepEqual(installerOf('yarn install --frozen-lockfile')?.locks, ['yarn.lock']);
  assert.deepEqual(installerOf('pnpm install --frozen-lockfile --prefer-offline')?.locks, ['pnpm-lock.yaml']);
});

test('whatever does more, or may do more, is not', () => {
  for (const command of ['npm install', 'npm ci && npm run build', 'npm ci; true', 'npm ci left-pad', 'npm ci --prefix web', 'npm ci -w web', 'npm ci $OPTIONS', 'npm ci > log', 'npm ci | tee log', 'cd web && npm ci', 'PATH=. npm ci', 'sh -c "npm ci"', 'yarn install', 'pip install -r x', '', '(npm ci)\nnpm test']) {
    assert.equal(installerOf(command), undefined, command);
  }
});

test('what an installation makes is kept only where the manifests alone decide it', () => {
  assert.equal(unkeepable('{"scripts":{"test":"x","build":"y"},"dependencies":{"pg":"^8"}}', '{"packages":{"node_modules/pg":{"resolved":"https://registry.example/pg.tgz"}}}'), undefined);
  assert.match(unkeepable('{"scripts":{"postinstall":"node hook.js"}}', '{}') ?? '', /postinstall/);
  assert.match(unkeepable('{"workspaces":["web"]}', '{}') ?? '', /workspaces/);
  assert.match(unkeepable('{}', '{"packages":{"node_modules/own":{"resolved":"file:vendor/own.tgz"}}}') ?? '', /repository itself/);
  assert.match(unkeepable('{}', '{"packages":{"node_modules/own":{"resolved":"own", "link": true}}}') ?? '', /repository itself/);
  assert.match(unkeepable('{"dependencies":{"own":"file:../own"}}', '{}') ?? '', /repository itself/);
  assert.match(unkeepable('{', '{}') ?? '', /not JSON/);
});
