import assert from 'node:assert/strict';
import { connect } from 'node:net';
import { once } from 'node:events';
import { test } from 'node:test';
import { Story, type MetricsShown, type RunShown } from '../rig/story.ts';

const STAGES = ['source', 'build', 'beta', 'gamma', 'prod'];

test('a good commit goes through all five stages to production, and every later process tells the same of it', () => Story.told(async (story) => {
  const commit = story.kiosk({ number: 1 });
  const began = Date.now();
  const { code, out, err } = await story.release();
  const ended = Date.now();
  assert.equal(code, 0, `${out}${err}`);

  const shown = await story.show();
  assert.equal(shown.commit, commit);
  assert.equal(shown.outcome, 'SUCCEEDED');
  assert.deepEqual(shown.stages.map(({ stage, state }) => [stage, state]), STAGES.map((stage) => [stage, 'passed']));
  assert.deepEqual(shown.stages.flatMap(({ actions }) => actions.filter(({ state }) => state !== 'passed')), []);
  assert.ok(shown.startedAt >= began && shown.endedAt! <= ended, 'it says when it ran');
  const times = shown.stages.flatMap(({ enteredAt, endedAt }) => [enteredAt!, endedAt!]);
  assert.deepEqual(times, times.toSorted((a, b) => a - b), 'each stage begins when the one before has passed');
  for (const stage of STAGES) assert.match(out, new RegExp(`${shown.run} enters ${stage}`));

  const regions = await story.env();
  assert.deepEqual(regions.map(({ environment, region, state }) => [environment, region, state]), [['beta', 'here', 'up'], ['gamma', 'here', 'up'], ['prod', 'here', 'up']]);
  for (const { releases, url } of regions) {
    assert.deepEqual(releases, [{ run: shown.run, commit, artifact: shown.artifact, role: 'stable', weight: 10_000, healthy: 1, instances: 1 }]);
    assert.equal((await served(url!)).number, 1);
  }

  const [run, ...others] = await story.data<RunShown[]>(['runs']);
  assert.deepEqual(others, []);
  assert.deepEqual(run, withoutReports(shown));

  const metrics = await story.data<MetricsShown>(['metrics']);
  assert.deepEqual([metrics.deployments, metrics.mtbfMs, metrics.mttrMs], [1, null, null]);
  assert.ok(metrics.leadTimeMs! >= shown.endedAt! - shown.startedAt && metrics.leadTimeMs! <= ended - began, `${metrics.leadTimeMs} ms from the push to production`);

  const verified = await story.ask(['verify', shown.run]);
  assert.equal(verified.code, 0, verified.out);
  assert.match(verified.out, /every byte and every signature holds/);

  const down = await story.ask(['down']);
  assert.equal(down.code, 0, down.err);
  assert.match(down.out, /3 region\(s\) ended/);
  for (const { region, environment, state, releases, lastLive, stoppedAt } of await story.env()) {
    assert.deepEqual([state, releases, lastLive], ['down', [], { run: shown.run, commit, artifact: shown.artifact }], `${environment} ${region}`);
    assert.ok(stoppedAt! >= ended && stoppedAt! <= Date.now(), 'it says when it stopped');
  }
  assert.deepEqual(story.left(), []);
  for (const { url } of regions) assert.equal(await answers(url!), false, `${url} still answers`);
}));

/** What the journal tells; `show` adds what lies beside it. */
function withoutReports(run: RunShown): RunShown {
  return JSON.parse(JSON.stringify(run, (field, value: unknown) => (['reports', 'problems'].includes(field) ? undefined : value))) as RunShown;
}

async function served(url: string): Promise<{ readonly number: number; readonly pid: number }> {
  return await (await fetch(url)).json() as { number: number; pid: number };
}

async function answers(url: string): Promise<boolean> {
  const { hostname, port } = new URL(url);
  const socket = connect(Number(port), hostname);
  try {
    await once(socket, 'connect');
    return true;
  } catch {
    return false;
  } finally {
    socket.destroy();
  }
}
