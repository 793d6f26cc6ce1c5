import assert from 'node:assert/strict';
import { test } from 'node:test';
import { TrunklineError } from '../foundation/errors.ts';
import { hookScripts } from './hook-script.ts';
import { hooksState, installation, type HooksFound } from './hooks.ts';

function found({ hooksPath, own = {}, files = {} }: { hooksPath?: HooksFound['hooksPath']; own?: { [name: string]: string }; files?: { [path: string]: string } } = {}): HooksFound {
  return { hooksPath, own: new Map(Object.entries(own)), files: new Map(Object.entries(files)) };
}
const ours = { path: '.githooks', scope: 'local', preCommit: undefined };
const scripts = Object.fromEntries(Object.entries(hookScripts).map(([hook, script]) => [`.githooks/${hook}`, script]));

function refusal(state: HooksFound): { readonly message: string; readonly hint: string } {
  try {
    installation(state);
  } catch (error) {
    assert.ok(error instanceof TrunklineError && error.record.code === 'HOOKS_TAKEN', String(error));
    return { message: error.record.message, hint: error.record.hint ?? '' };
  }
  return assert.fail('it was installed');
}

test('where nothing is, the scripts are written and the folder is set; once there, nothing is left to do', () => {
  assert.deepEqual(installation(found()), { scripts, hooksPath: '.githooks' });
  assert.equal(hooksState(found()).state, 'absent');
  assert.deepEqual(installation(found({ files: scripts })), { scripts: {}, hooksPath: '.githooks' }, 'a new clone');
  assert.deepEqual(installation(found({ hooksPath: ours, files: scripts })), { scripts: {}, hooksPath: undefined });
  assert.equal(hooksState(found({ hooksPath: ours, files: scripts })).state, 'installed');
});

test('husky, lefthook and pre-commit are never put out of use: what to add is said', () => {
  const husky = { path: '.husky/_', scope: 'local', preCommit: '#!/bin/sh' };
  assert.match(refusal(found({ hooksPath: husky, files: { '.husky/pre-commit': 'npm test\n' } })).hint, /^add this there: npx --no-install trunkline hook pre-commit$/);
  assert.match(refusal(found({ files: { 'lefthook.yml': 'pre-commit:\n' } })).message, /^lefthook runs the hooks here \(lefthook\.yml\)/);
  assert.match(refusal(found({ files: { '.pre-commit-config.yaml': 'repos: []\n' }, own: { 'pre-commit': '# pre-commit.com' } })).hint, /always_run: true/);
});

test('where another calls Trunkline already there is nothing to do, unless only a comment says so', () => {
  const calling = found({ files: { '.husky/pre-commit': 'npx --no-install trunkline hook pre-commit\n' } });
  assert.deepEqual(installation(calling), { scripts: {}, hooksPath: undefined });
  assert.equal(hooksState(calling).state, 'through');
  refusal(found({ files: { '.husky/pre-commit': '# npx --no-install trunkline hook pre-commit\n' } }));
});

test('hooks of the clone\'s own, another folder of hooks, and a script of another stay in use', () => {
  assert.match(refusal(found({ own: { 'commit-msg': '#!/bin/sh', 'pre-push': '' } })).message, /commit-msg, pre-push/);
  assert.match(refusal(found({ hooksPath: { path: '/etc/hooks', scope: 'global', preCommit: undefined } })).message, /\/etc\/hooks\/pre-commit, by core\.hooksPath of the global/);
  assert.match(refusal(found({ files: { '.githooks/pre-commit': '#!/bin/sh\nnpm test\n' } })).message, /\.githooks\/pre-commit/);
  const merged = found({ files: { '.githooks/pre-commit': '#!/bin/sh\nnpm test\ntrunkline hook pre-commit\n' } });
  assert.equal(hooksState(merged).state, 'absent', 'git does not look there yet');
  assert.deepEqual(installation(merged), { scripts: { '.githooks/pre-merge-commit': scripts['.githooks/pre-merge-commit'] }, hooksPath: '.githooks' });
  assert.equal(hooksState(found({ own: { 'pre-commit': 'exec trunkline hook pre-commit\n' } })).state, 'through');
});
