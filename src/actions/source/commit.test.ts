import assert from 'node:assert/strict';
import { test } from 'node:test';
import { actionContext } from '../fixture.testing.ts';
import { commitKind } from './commit.ts';

async function taken(submodules: readonly string[], mayLeaveEmpty: boolean) {
  const { context, lines } = actionContext();
  const tracked = { list: async () => ({ paths: ['a.txt'], submodules }), read: async () => new Map() };
  return { result: await commitKind({ verify: async () => undefined, tracked: () => tracked, mayLeaveEmpty }).run({}, context), lines };
}

test('a commit without submodules passes', async () => {
  assert.ok((await taken([], false)).result.passed);
});

test('a commit with submodules is refused with their names, and with what an operator can do', async () => {
  const { result } = await taken(['vendor/theme', 'docs'], false);
  assert.ok(!result.passed);
  assert.equal(result.error.code, 'SUBMODULE_NOT_FETCHED');
  assert.match(result.error.message, /^"vendor\/theme", "docs" are submodules/);
  assert.match(result.error.hint ?? '', /"submodules": "leave-empty" to pipeline\.json/);
});

test('where an operator lets their folders be empty, the log names them', async () => {
  const { result, lines } = await taken(['vendor/theme'], true);
  assert.ok(result.passed);
  assert.match(lines.join('\n'), /are empty: "vendor\/theme"/);
});
