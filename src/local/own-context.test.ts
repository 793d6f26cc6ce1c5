import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test, type TestContext } from 'node:test';
import type { ActionContext } from '../actions/action.ts';
import type { ActionPlan, Plan } from '../pipeline/plan.ts';
import { memoryLog } from '../pipeline/plain-cell.testing.ts';
import { ownContext } from './own-context.ts';

function contextIn(t: TestContext, timeoutMs: number): { readonly context: ActionContext; readonly printed: () => string } {
  const tree = mkdtempSync(join(tmpdir(), 'own-context-'));
  t.after(() => rmSync(tree, { recursive: true, force: true }));
  const log = memoryLog();
  const action = { name: 'unit-tests', kind: 'shell', row: 'build.unit-tests', timeoutMs } as ActionPlan;
  const context = ownContext({
    plan: {} as Plan, action, tree, workTree: tree, log, signal: new AbortController().signal, onReport: () => {}, isQuick: true,
    history: { changedLines: async () => new Map(), async *files() {}, async *versions() {} },
  });
  return { context, printed: log.text };
}

/** Leaves its process group, holds the output of the command, and says who it is. */
const DAEMON = `setsid sh -c 'echo $$; exec sleep 600' &`;

for (const [how, command, timeoutMs, ended] of [
  ['a command that ends', `${DAEMON} sleep 0.2; echo done`, 600_000, 'by-itself'],
  ['a command that takes too long', `${DAEMON} sleep 600`, 1_000, 'timeout'],
] as const) {
  test(`${how} is over when it is, whatever it left running in the background`, { skip: process.platform !== 'linux' && 'it needs setsid' }, async (t) => {
    const { context, printed } = contextIn(t, timeoutMs);
    const exit = await context.exec(command);
    assert.equal(exit.ended, ended);
    for (const line of printed().split('\n')) if (/^\d+$/.test(line)) process.kill(Number(line), 'SIGKILL');
  });
}
