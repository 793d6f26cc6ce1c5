import assert from 'node:assert/strict';
import { test } from 'node:test';
import { fixturePlan, kindWorld } from '../core/fixture.testing.ts';
import { Simulation } from '../core/simulation.testing.ts';
import { rolloutLine } from './follow.ts';

test('a deployment that goes back says whether there is a release to go back to', () => {
  const it = new Simulation(fixturePlan(), kindWorld({ stage: 10 }));
  const run = it.push('a');
  it.advanceTo(15); // Beta has deployed and waits for its signature
  const line = (region: string): string | undefined => rolloutLine(it.state, { type: 'rollout', at: 0, seq: 1, run, stage: 'beta', fact: { type: 'restored', region } });
  assert.match(line('one') ?? '', /it was the first release there, and nothing answers now/);
  it.state.live.set('beta/one', { run: 'r-0', artifact: 'sha256:0', commit: 'c', sequence: 0, since: 0 });
  assert.match(line('one') ?? '', /the previous release has all traffic again/);
});
