import assert from 'node:assert/strict';
import { test } from 'node:test';
import { emptyState, type PipelineState, type Run } from '../core/state.ts';
import { digestOf } from '../foundation/digest.ts';
import type { Json } from '../foundation/units.ts';
import { describeApproval } from './approval.ts';

const digest = digestOf('');

function run(id: string, output: Json): Run {
  const approval = { requested: { type: 'approval-requested', at: 0, run: id, artifact: digest, plan: digest, evidence: digest, by: ['operators'], atLeast: 1, expiresAt: 0 }, given: [] } as const;
  return {
    id, sequence: 1, kind: 'STANDARD', commit: `commit of ${id}`, by: 'trunk', startedAt: 0, attempt: 1, attemptStartedAt: 0, since: 0, evidence: [], approval,
    plan: { digest, plan: { version: 1, application: 'a', trunk: 'main', source: {}, stages: [], waivers: [] } },
    stages: { build: { name: 'build', state: 'passed', fence: 1, actions: { sast: { state: 'passed', attempt: 1, startedAt: 0, output } } } },
  };
}

function state(live?: Run): PipelineState {
  const all = emptyState();
  if (live) {
    all.runs.set(live.id, live);
    all.live.set('prod/one', { run: live.id, artifact: digest, commit: live.commit, sequence: 1, since: 0 });
  }
  return all;
}

const forgiven = (live: Run | undefined, now: Run): readonly string[] => describeApproval(state(live), now).filter((line) => /forgiven/.test(line)).map((line) => line.trim());

test('whoever approves sees by how many the forgiven findings have grown since the live release', () => {
  const live = run('r-1', { known: 9, suppressed: 1 });
  assert.deepEqual(forgiven(live, run('r-2', { known: 12, suppressed: 1 })), [
    'NEW forgiven  build.sast: 12 findings known by the baseline, 3 more than what is live', 'forgiven  build.sast: 1 finding suppressed in the code',
  ]);
});

test('nothing forgiven is nothing to say, wherever in the output it stands', () => {
  assert.deepEqual(forgiven(undefined, run('r-1', { exitCode: 0, findings: { known: 0, suppressed: 0 } })), []);
  assert.deepEqual(forgiven(undefined, run('r-1', { exitCode: 0, findings: { known: 2, suppressed: 0 } })), ['forgiven  build.sast: 2 findings known by the baseline']);
});
