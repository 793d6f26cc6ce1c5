import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Attempt } from '../../metrics/attempt.ts';
import { fourMetrics } from '../../metrics/metrics.ts';
import { metricRows } from './metrics.ts';

const attempt = (startedAt: number, outcome: Attempt['outcome']): Attempt => ({ run: `r${startedAt}`, attempt: 1, kind: 'STANDARD', startedAt, endedAt: startedAt + 1, outcome, revision: String(startedAt), commits: [] });
const shown = (...attempts: Attempt[]): { [name: string]: readonly string[] } => Object.fromEntries(metricRows(fourMetrics(attempts, { now: 3_600_000 })).map(([name, ...rest]) => [name, rest]));

test('a metric without a value says why it has none', () => {
  const good = shown(attempt(0, 'SUCCEEDED'));
  assert.deepEqual(good['MTTR'], ['—', 'no bad run was followed by a good one in the period']);
  assert.deepEqual(good['MTBF'], ['—', 'nothing has failed since 1970-01-01T00:00:00.000Z: 1h, and it lasts']);
  const bad = shown(attempt(0, 'FAILED'));
  assert.deepEqual(bad['MTTR'], ['—', 'nothing has succeeded since 1970-01-01T00:00:00.000Z: 1h, and it lasts']);
  assert.deepEqual(bad['lead time'], ['—', 'no commit has come to production in the period']);
  assert.equal(shown(attempt(0, 'FAILED'), attempt(60_000, 'SUCCEEDED'))['MTTR']?.[0], '1m');
});
