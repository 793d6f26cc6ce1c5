import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Story } from '../rig/story.ts';

const regions = ['east', 'west'] as const;
const fields = { 'gamma.monitoring': "alarms({ for: '1s', minRequests: 10, maxTime: '30s' })", 'gamma.syntheticTests': 'probes({ atLeast: 2 })' };

test('what Beta does not see, Gamma stops by its probes or its alarms, and the previous release is back in both regions', () => Story.told(async (story) => {
  story.kiosk({ number: 1, regions, fields });
  const good = await story.released();

  for (const { number, fault, by } of [
    { number: 2, fault: 'orders', by: /gamma\.(synthetic-tests: probe "shop" failed: nothing can be ordered|monitoring: errors|deploy: errors)/ },
    { number: 3, fault: 'stock', by: /gamma\.(monitoring|deploy): errors: \d+.* %.* in/ },
  ] as const) {
    story.kiosk({ number, fault, regions, fields });
    const { code, out, err } = await story.release();
    assert.equal(code, 3, `${out}${err}`);
    const bad = await story.show();
    assert.deepEqual([bad.outcome, bad.rolledBack, bad.approval], ['FAILED', true, null]);
    assert.match(bad.reason!, by);
    const states = Object.fromEntries(bad.stages.map(({ stage, state }) => [stage, state]));
    assert.deepEqual(states, { source: 'passed', build: 'passed', beta: 'passed', gamma: 'failed', prod: 'waiting' });
    for (const { environment, region, releases, url } of await story.env()) {
      if (environment === 'beta') continue;
      assert.deepEqual(releases.map(({ run, role, weight, healthy }) => [run, role, weight, healthy]), [[good.run, 'stable', 10_000, 1]], `${environment} ${region}`);
      assert.equal(((await (await fetch(url!)).json()) as { number: number }).number, 1);
    }
    const logs = await story.ask(['logs', bad.run]);
    assert.equal(logs.code, 0, logs.err);
    assert.match(logs.out + logs.err, by, 'the logs say what failed');
  }
}));
