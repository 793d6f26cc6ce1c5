import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Buyers, mostOf } from '../rig/buyers.ts';
import { Story, type MetricsShown } from '../rig/story.ts';

const SHARE = 0.1;

test('a commit that fails on what customers alone send goes back by itself, and its errors stay within its share', () => Story.told(async (story) => {
  const regions = ['east', 'west'] as const;
  story.kiosk({ number: 1, regions });
  const good = await story.released();
  const { url } = (await story.env('prod')).find(({ region }) => region === 'east')!;

  const bad = story.kiosk({ number: 2, fault: 'vouchers', regions });
  const buyers = new Buyers(`${url}/order?voucher=spring`, 100);
  const answer = await story.release();
  await buyers.leave();
  assert.equal(answer.code, 3, `${answer.out}${answer.err}`);

  const shown = await story.show();
  assert.deepEqual([shown.commit, shown.outcome, shown.rolledBack], [bad, 'FAILED', true]);
  const prod = shown.stages.find(({ stage }) => stage === 'prod')!;
  assert.deepEqual([prod.rollout!.phase, prod.rollout!.cause!.region, prod.rollout!.regions['west']!.phase], ['rolled-back', 'east', 'waiting']);
  assert.match(shown.reason!, /prod\.deploy: .* in east/);
  for (const { environment, region, releases } of await story.env()) {
    const live = environment === 'prod' ? good.run : shown.run;
    assert.deepEqual(releases.map(({ run, role, weight }) => [run, role, weight]), [[live, 'stable', 10_000]], `${environment} ${region}`);
  }

  const { visits, unanswered } = buyers;
  const [first, last] = [visits.findIndex(({ release }) => release === shown.run), visits.findLastIndex(({ release }) => release === shown.run)];
  assert.ok(first >= 0, 'customers met the canary');
  assert.deepEqual(unanswered, []);
  assert.deepEqual(visits.filter(({ release, status }) => (release === shown.run) !== (status === 500)), [], 'the canary fails them, the other release never');
  assert.ok(visits.slice(last + 1).length > 0, 'customers were served after it had gone');
  // Of the m visits after the first failure, so many failed; that holds for every m at once, hence the small doubt.
  const failed = visits.filter(({ status }) => status === 500).length;
  assert.ok(failed - 1 <= mostOf(last - first, SHARE, 1e-9), `${failed} of ${last - first + 1} failed`);

  const metrics = await story.data<MetricsShown>(['metrics']);
  assert.deepEqual([metrics.deployments, metrics.mtbfMs, metrics.mttrMs], [1, shown.startedAt - good.startedAt, null]);

  story.kiosk({ number: 3, regions });
  const mended = await story.released();
  for (const { region, releases } of await story.env('prod')) assert.deepEqual(releases.map(({ run, weight }) => [run, weight]), [[mended.run, 10_000]], region);
  const after = await story.data<MetricsShown>(['metrics']);
  assert.deepEqual([after.deployments, after.mtbfMs, after.mttrMs], [2, shown.startedAt - good.startedAt, mended.startedAt - shown.startedAt]);
}));

test('the bound is that of the binomial distribution', () => {
  assert.equal(mostOf(10, 0.5, 0.5), 5); // P(X >= 5) is 0.623, P(X >= 6) is 0.377
  assert.equal(mostOf(10, 0.5, 0.1), 7); // P(X >= 7) is 0.172, P(X >= 8) is 0.055
  assert.equal(mostOf(1, 0.1, 0.05), 1);
});
