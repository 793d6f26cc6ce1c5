/** Hosts that come, go and are killed: each on a real pipeline of a tiny application. */
import assert from 'node:assert/strict';
import { test, type TestContext } from 'node:test';
import type { Recorded } from '../../src/journal/events.ts';
import { applicationFiles } from '../rig/application.ts';
import { Customer } from '../rig/customer.ts';
import { Pipeline } from '../rig/pipeline.ts';
import { until } from '../rig/waiting.ts';
import { Witness } from '../rig/witness.ts';

class Story {
  readonly pipeline = new Pipeline();
  readonly witness: Witness;
  readonly #stop = new AbortController();
  readonly #approving: Promise<void>[] = [];
  #number = 0;

  constructor(witness: Witness) {
    this.witness = witness;
  }

  /** Commits a change, which is approved as soon as it waits for that. */
  change(bake: { readonly minTime: string; readonly minRequests: number; readonly maxTime: string } = { minTime: '0s', minRequests: 0, maxTime: '0s' }): string {
    const number = ++this.#number;
    const commit = this.pipeline.commit(`Change ${number}`, applicationFiles({ number, bad: false, witness: this.witness.folder, regions: ['east', 'west'], bake }));
    this.#approving.push(this.pipeline.approve(commit, this.#stop.signal));
    return commit;
  }

  async happened(commit: string, what: string, is: (event: Recorded) => boolean): Promise<Recorded> {
    return until(what, () => this.pipeline.events().find((event) => is(event) && 'run' in event && event.run === this.pipeline.runOf(commit)?.id), 60_000);
  }

  async finished(commit: string): Promise<void> {
    await this.happened(commit, 'the end of the run', ({ type }) => type === 'run-finished');
    const { finished } = this.pipeline.runOf(commit) ?? {};
    assert.equal(finished?.outcome, 'SUCCEEDED', finished?.reason);
  }

  /** One release everywhere, all traffic on it, and nothing of any host left but the regions. */
  async isAtRest(commit: string): Promise<void> {
    const run = this.pipeline.runOf(commit);
    const regions = await this.pipeline.regions();
    assert.equal(regions.length, 5);
    for (const { environment, region, state: { stable, candidate } } of regions) {
      assert.deepEqual({ release: stable?.release.id, weight: stable?.weight, candidate }, { release: run?.id, weight: 10_000, candidate: undefined }, `${environment}/${region}`);
    }
    const instances = this.pipeline.processes().filter(({ command }) => /^\S*node \S*dist\/server\.js$/.test(command));
    assert.deepEqual(instances.map(({ environment }) => environment['TRUNKLINE_RELEASE']), regions.map(() => run?.id));
    assert.deepEqual(this.pipeline.processes().filter(({ environment }) => environment['TRUNKLINE_CELL'] !== undefined), []);
    assert.deepEqual(this.pipeline.work(), []);
  }

  async end(): Promise<void> {
    this.#stop.abort();
    const left = await this.pipeline.end();
    await Promise.allSettled(this.#approving);
    await this.witness[Symbol.asyncDispose]();
    assert.deepEqual(left.map(({ command }) => command), [], 'processes outlived down');
  }
}

async function begin(t: TestContext): Promise<Story> {
  const story = new Story(await Witness.start());
  t.after(() => story.end());
  return story;
}

test('a second host on one state folder is refused, and says whom it would disturb', { timeout: 60_000 }, async (t) => {
  const { pipeline, ...story } = await begin(t).then((it) => Object.assign(it, {}));
  const commit = pipeline.commit('Change 1', applicationFiles({ number: 1, bad: false, witness: story.witness.folder, regions: ['east'], bake: { minTime: '0s', minRequests: 0, maxTime: '0s' } }));
  const first = pipeline.start(['up']);
  await until('the first run', () => pipeline.runOf(commit), 30_000);
  const [second, third] = await Promise.all([pipeline.trunkline(['up']), pipeline.trunkline(['up', '--json'])]);
  assert.equal(second.code, 5);
  assert.match(second.err, new RegExp(`a host already runs on .*process ${first.child.pid}, since .*\\[HOST_RUNNING\\]`));
  assert.equal(third.code, 5);
  assert.equal((JSON.parse(third.out) as { error: { code: string } }).error.code, 'HOST_RUNNING');
  assert.equal(first.child.exitCode, null, 'the first host lives on');
  first.child.kill('SIGTERM');
  assert.equal((await first.ended).code, 0);
  const after = pipeline.start(['up']);
  await until('the host that comes after it', () => (after.child.exitCode === null && pipeline.runOf(commit)?.approval ? true : undefined), 30_000);
  after.child.kill('SIGTERM');
  assert.equal((await after.ended).code, 0);
});

test('a host that is asked to end in the middle of a build leaves none of it running, and the next one takes it up', { timeout: 90_000 }, async (t) => {
  const story = await begin(t);
  const { pipeline, witness } = story;
  const commit = story.change();
  const first = pipeline.start(['up']);
  await until('a command of the build', () => witness.seen.find(({ attempt }) => attempt.includes('/build/')));
  first.child.kill('SIGTERM');
  const { code, signal } = await first.ended;
  assert.deepEqual({ code, signal }, { code: 0, signal: null });
  assert.deepEqual(pipeline.processes().map(({ command }) => command), []);
  const second = pipeline.start(['up']);
  await story.finished(commit);
  second.child.kill('SIGTERM');
  assert.equal((await second.ended).code, 0);
  await story.isAtRest(commit);
  assert.deepEqual(witness.seen.flatMap(({ beside }) => beside), []);
});

test('kill -9 of the host during a canary loses no request, and the next host ends with one release live', { timeout: 120_000 }, async (t) => {
  const story = await begin(t);
  const { pipeline } = story;
  const first = story.change();
  const up = pipeline.start(['up']);
  await story.finished(first);
  const urls = (await pipeline.regions()).filter(({ environment }) => environment === 'prod').map(({ state }) => state.url as string);
  const customers = urls.map((url) => new Customer(url));
  t.after(() => Promise.all(customers.map((customer) => customer.leave())));

  const second = story.change({ minTime: '2s', minRequests: 10, maxTime: '30s' });
  await story.happened(second, 'the canary', (event) => event.type === 'rollout' && event.stage === 'prod' && event.fact.type === 'shifted');
  up.child.kill('SIGKILL');
  assert.equal((await up.ended).signal, 'SIGKILL');
  const { served } = customers[0] as Customer;
  await until('customers are served while there is no host', () => ((customers[0] as Customer).served > served + 20 ? true : undefined));
  for (const { environment, state: { stable, candidate } } of await pipeline.regions()) {
    if (environment === 'prod') assert.equal((stable?.weight ?? 0) + (candidate?.weight ?? 0), 10_000);
  }

  const again = pipeline.start(['up']);
  await story.finished(second);
  again.child.kill('SIGTERM');
  assert.equal((await again.ended).code, 0);
  const met = await Promise.all(customers.map((customer) => customer.leave()));
  assert.deepEqual(met.flatMap(({ failures }) => failures), []);
  for (const { releases } of met) assert.deepEqual([...releases].sort(), [first, second].map((commit) => pipeline.runOf(commit)?.id).sort());
  await story.isAtRest(second);
});

test('kill -9 of the host in the middle of a build ends all of it, and the next host builds it anew', { timeout: 90_000 }, async (t) => {
  const story = await begin(t);
  const { pipeline, witness } = story;
  const commit = story.change();
  witness.holds = /\/build\/[^/]+\/(unit-tests|code-quality)\//;
  const first = pipeline.start(['up']);
  const run = await until('the run', () => pipeline.runOf(commit));
  await until('commands of the build, side by side', () => (witness.alive(run.id).length === 2 ? true : undefined));
  first.child.kill('SIGKILL');
  await first.ended;
  witness.holds = undefined;
  await until('the end of every command', () => (witness.alive(run.id).length === 0 ? true : undefined), 10_000);
  const second = pipeline.start(['up']);
  await story.finished(commit);
  second.child.kill('SIGTERM');
  assert.equal((await second.ended).code, 0);
  assert.ok(pipeline.events().some(({ type }) => type === 'action-lost'), 'the journal says what was lost');
  assert.deepEqual(witness.seen.flatMap(({ beside }) => beside), []);
  await story.isAtRest(commit);
});
