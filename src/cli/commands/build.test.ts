import assert from 'node:assert/strict';
import { test } from 'node:test';
import { findingsReport } from '../../reports/fixture.testing.ts';
import type { Session } from '../command.ts';
import type { BuildLine, Product } from '../product.ts';
import { terminal } from '../report/fixture.testing.ts';
import { build } from './build.ts';

async function told(lines: readonly BuildLine[]): Promise<string> {
  const { terminal: screen, out } = terminal();
  const product = { build: async ({ onAction }: { onAction: (line: BuildLine) => void }) => {
    lines.forEach(onAction);
    return lines;
  } } as unknown as Product;
  const session: Session = { terminal: screen, json: false, signal: new AbortController().signal, product: async () => product, desk: () => Promise.reject(new Error('no desk')) };
  await build(session, {});
  return out();
}

const failed: BuildLine = { stage: 'build', action: 'code', row: 'build.code', state: 'failed', durationMs: 10, message: '"make" failed with exit code 1', lastLines: ['cc main.c', "main.c:3: \u001b[2Jerror: expected ';'"], hint: 'look at the compiler' };

test('what an action printed last is shown where it failed and reported nothing, as "run" shows it', async () => {
  const out = await told([failed]);
  assert.match(out, /✘ code +10ms +"make" failed with exit code 1\n {2}\| cc main\.c\n {2}\| main\.c:3: <U\+001B>\[2Jerror: expected ';'\n {2}look at the compiler\n/);
});

test('where it reported problems, those are shown instead', async () => {
  const out = await told([{ ...failed, reports: [findingsReport] }]);
  assert.match(out, / high sql-injection: /);
  assert.doesNotMatch(out, /cc main\.c/);
});
