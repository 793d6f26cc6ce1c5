import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { cpSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import type { BuildLine } from '../../../src/cli/product.ts';
import { product } from '../../rig/product.ts';
import { Story } from '../../rig/story.ts';

const BUILD = ['code', 'code-quality', 'package', 'sast', 'sbom', 'sca', 'secrets', 'unit-tests'];

const skip = hasPython() ? false : 'there is no python3 on this machine';

test('an application in Python goes through Build with commands and standard reports alone, and each flaw stops it where it must', { skip }, () => Story.told(async (story) => {
  const made = /[\\/](__pycache__|reports|\.trunkline)$/;
  cpSync(join(product, 'examples/ledger'), story.repository, { recursive: true, filter: (path) => !made.test(path) });
  story.commit('The first release of the ledger');
  const { rows } = await story.data<{ readonly rows: readonly { readonly id: string; readonly level: string; readonly state: string; readonly reason?: string }[] }>(['check']);
  assert.deepEqual(rows.filter(({ level, state }) => level === 'required' && state === 'missing'), []);
  assert.deepEqual(rows.filter(({ id, state }) => id.startsWith('build.') && state !== 'present'), []);

  const good = await story.data<readonly BuildLine[]>(['build']);
  assert.deepEqual(good.filter(({ row }) => row.startsWith('build.')).map(({ action, state }) => `${action} ${state}`).toSorted(), BUILD.map((action) => `${action} passed`));
  const types = (action: string): readonly string[] => good.find((line) => line.action === action)!.reports!.map(({ type }) => type);
  assert.deepEqual(['unit-tests', 'code-quality', 'secrets', 'sast', 'sbom', 'sca'].map(types), [['tests', 'coverage'], ['findings'], ['findings'], ['findings'], ['sbom'], ['findings']]);

  for (const { file, from, to, action, says } of FLAWS) {
    const text = readFileSync(join(story.repository, file), 'utf8');
    assert.ok(text.includes(from), `${file}: ${from}`);
    story.write({ [file]: text.replace(from, to) });
    const lines = await story.data<readonly BuildLine[]>(['build'], 1);
    assert.deepEqual(lines.filter(({ state }) => state === 'failed').map((line) => line.action), [action], JSON.stringify(lines.map((line) => ({ ...line, reports: undefined })), null, 1));
    assert.match(lines.find((line) => line.action === action)!.message!, says);
    story.write({ [file]: text });
  }
}));

const FLAWS = [
  { file: 'ledger/book.py', from: 'if debit == credit:', to: 'if debit == credit', action: 'code', says: /COMMAND_FAILED|exit code 1|compileall/ },
  { file: 'ledger/book.py', from: 'int(given - taken)', to: 'int(taken - given)', action: 'unit-tests', says: /tests failed: .*\(tests\/test_\w+\.py:\d+\)/ },
  { file: 'ledger/metrics.py', from: 'import threading\n', to: 'import threading\nimport random\n', action: 'code-quality', says: /"random" is imported and not used at ledger\/metrics\.py:4/ },
  {
    file: 'ledger/book.py', from: '("INSERT INTO entries (debit, credit, cents, text) VALUES (?, ?, ?, ?)", values)', action: 'sast',
    to: '(f"INSERT INTO entries (debit, credit, cents, text) VALUES (\'{debit}\', \'{credit}\', {cents}, \'{text.strip()}\')")', says: /put together from values at ledger\/book\.py:\d+/,
  },
  { file: 'requirements.txt', from: '# Python itself', to: 'PyYAML==5.3.1  # MIT\n# Python itself', action: 'sca', says: /PyYAML/i },
] as const;

function hasPython(): boolean {
  try {
    execFileSync('python3', ['--version'], { stdio: 'ignore' });
    return true;
  } catch {
    return false;
  }
}
