import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { test, type TestContext } from 'node:test';
import { checkContext } from '../fixture.testing.ts';
import { missingFor } from './needs.ts';

type Files = { readonly [path: string]: string };

function folderOf(t: TestContext, files: Files): string {
  const folder = mkdtempSync(join(tmpdir(), 'trunkline-needs-'));
  t.after(() => rmSync(folder, { recursive: true }));
  for (const [path, text] of Object.entries(files)) {
    mkdirSync(dirname(join(folder, path)), { recursive: true });
    writeFileSync(join(folder, path), text, { mode: 0o755 });
  }
  return folder;
}

const wanting = async (t: TestContext, files: Files, command: string, prepare?: string): Promise<string> => (await missingFor({ command, prepare }, checkContext(folderOf(t, files)))).join('\n');

const json = JSON.stringify;
const DEVELOPED = json({ scripts: { lint: 'eslint .', types: 'tsc --noEmit', steps: 'cucumber-js', absent: 'stylelint src' }, devDependencies: { eslint: '^9', typescript: '^5', '@biomejs/biome': '2', '@cucumber/cucumber': '^12', husky: '9' } });
const NPM = json({ packages: { 'node_modules/typescript': { bin: { tsc: 'bin/tsc' } }, 'node_modules/own': { link: true, resolved: 'packages/own' }, 'packages/own': { bin: { tidy: 'tidy.js' } } } });
const BERRY = '__metadata:\n  version: 8\n\n"odd@npm:^1.0.0":\n  version: 1.0.0\n  bin:\n    peculiar: bin.js\n  checksum: x\n\n"deep@npm:1":\n  version: 1.0.0\n  bin:\n    hidden: x.js\n';

test('a tool of the devDependencies is there by the manifest, whichever lock file there is, and installed or not', async (t) => {
  for (const lock of ['package-lock.json', 'pnpm-lock.yaml', 'yarn.lock', undefined]) {
    const files = { 'package.json': DEVELOPED, ...(lock === undefined ? {} : { [lock]: lock.endsWith('.json') ? '{}' : '' }) };
    for (const command of ['npx eslint .', 'npx tsc --noEmit', 'npx biome lint', 'npx cucumber-js', 'npm run lint', 'npm run types', 'npm run steps']) {
      assert.equal(await wanting(t, files, command), '', `${command} with ${lock}`);
    }
    assert.match(await wanting(t, files, 'npm run absent'), /"stylelint" is not installed/);
  }
});

test('what lies in node_modules, or anywhere untracked, is no answer: another clone has none of it', async (t) => {
  const installed = { 'package.json': DEVELOPED, 'node_modules/.bin/stylelint': '#!/bin/sh\n', 'node_modules/.bin/eslint': '#!/bin/sh\n' };
  assert.match(await wanting(t, installed, 'npx stylelint src'), /from a registry at each run/);
  assert.match(await wanting(t, installed, 'node_modules/.bin/stylelint src'), /program of no dependency/);
  assert.equal(await wanting(t, installed, './node_modules/.bin/eslint src'), '');
  const folder = folderOf(t, { 'tools/check.sh': '' });
  assert.match((await missingFor({ command: 'tools/check.sh' }, checkContext(folder, 'tools'))).join(), /there is no tools\/check\.sh in the repository/);
  assert.deepEqual(await missingFor({ command: 'tools/check.sh && .venv/bin/pytest && ./build/app' }, checkContext(folder)), []);
});

test('programs are known by the lock files that name them: of npm with those of the workspace, of Yarn 2 only direct ones', async (t) => {
  const npm = { 'package.json': json({}), 'package-lock.json': NPM };
  for (const tool of ['tsc', 'tidy']) assert.equal(await wanting(t, npm, `npx ${tool}`), '');
  const berry = { 'package.json': json({ devDependencies: { odd: '^1.0.0' } }), 'yarn.lock': BERRY };
  assert.equal(await wanting(t, berry, 'npx peculiar'), '');
  assert.match(await wanting(t, berry, 'npx hidden'), /registry/);
});

test('what makes ready may do just that, and what checks may not', async (t) => {
  for (const prepare of ['mkdir -p reports', 'rm -rf reports && mkdir reports', 'export X=1; mkdir a']) assert.equal(await wanting(t, {}, 'node check.mjs', prepare), '', prepare);
  assert.match(await wanting(t, {}, 'node check.mjs', 'true'), /does nothing/);
  assert.match(await wanting(t, {}, 'mkdir -p reports'), /does nothing/);
});

test('a suite of Python needs a manifest or an installation that names its tool', async (t) => {
  const command = 'python3 -m behave --junit';
  assert.match(await wanting(t, { 'requirements.txt': 'flask==3.0.3\n# behave\n' }, command), /needs behave, which no manifest names/);
  assert.match(await wanting(t, {}, 'coverage_of() { :; }; python3 -m coverage run -m behave'), /behave/);
  for (const files of [{ 'requirements-dev.txt': 'behave==1.2.6\n' }, { 'pyproject.toml': '[dependency-groups]\ntest = ["behave>=1.2"]\n' }]) assert.equal(await wanting(t, files, command), '');
  assert.equal(await wanting(t, {}, command, 'python3 -m pip install --target deps behave==1.2.6'), '');
  assert.equal(await wanting(t, {}, 'python3 -m http.server'), '');
});
