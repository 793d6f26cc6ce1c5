import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { test } from 'node:test';
import { narrowed } from './narrowed.ts';

const noTests = async () => ({ tests: [], of: 3 });

test('files and tests take their places as words that the shell takes as they are', async () => {
  const names = ['a b', "it's", '-rf', '$(echo no)', 'new\nline', '*', '$&', '`x`'];
  const part = await narrowed({ run: 'printf "%s|" {files}' }, names, noTests);
  assert.ok('command' in part);
  assert.equal(execFileSync('sh', ['-c', part.command], { encoding: 'utf8' }), names.map((name) => `${name === '-rf' ? './-rf' : name}|`).join(''));
  assert.equal(part.scope, '8 changed files');
});

test('only files that the command is for are given to it, and without any there is nothing to run', async () => {
  const staged = { run: 'lint {files}', files: ['src/**/*.ts'] };
  assert.deepEqual(await narrowed(staged, ['src/a.ts', 'README.md'], noTests), { command: `lint 'src/a.ts'`, scope: '1 changed file' });
  assert.deepEqual(await narrowed(staged, ['README.md'], noTests), { nothing: 'no file changed that it is for (src/**/*.ts)' });
});

test('tests that nothing reaches are not run; a command without places runs as it is; one that is too long runs whole', async () => {
  assert.deepEqual(await narrowed({ run: 'node --test {tests}' }, ['a'], noTests), { nothing: 'none of the 3 test files reaches what changed' });
  assert.deepEqual(await narrowed({ run: 'node --test {tests}' }, ['a'], async () => ({ tests: ['t'], of: 3, all: 'why' })), { command: `node --test 't'`, scope: '1 of 3 test files: why' });
  assert.deepEqual(await narrowed({ run: 'make quick' }, ['a'], noTests), { command: 'make quick', scope: '' });
  assert.deepEqual(await narrowed({ run: 'lint {files}' }, Array.from({ length: 9_000 }, (_, index) => `src/some/file-${index}.ts`), noTests), { whole: 'too many files changed for one command' });
});
