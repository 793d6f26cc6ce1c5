import assert from 'node:assert/strict';
import { describe, test, type TestContext } from 'node:test';
import type { ReleaseFiles } from '../artifact/listing.ts';
import { TrunklineError } from '../foundation/errors.ts';
import type { EnvironmentPlan } from '../pipeline/plan.ts';
import type { EnvironmentDriver, EnvironmentProvider, RegionId, Release } from './driver.ts';

/** `failing` is healthy and answers every request with 500; `broken` never becomes healthy; `slow` takes an hour. */
export type Conduct = 'good' | 'failing' | 'broken' | 'slow';

export interface EnvironmentHarness {
  readonly provider: EnvironmentProvider;
  /** The same place, seen by a control plane that was started anew. */
  reopen(): EnvironmentProvider;
  release(id: string, conduct?: Conduct): Promise<{ readonly release: Release; readonly files: ReleaseFiles }>;
  /** Customers' requests, one after the other: the release that answered each, if one did. */
  visit(region: RegionId, count: number): Promise<readonly (string | undefined)[]>;
  /** Lets time pass until it holds. */
  until(holds: () => Promise<boolean>): Promise<void>;
  /** Lets time pass until it settles. */
  during<T>(work: Promise<T>): Promise<T>;
}

export const region: RegionId = { environment: 'beta', region: 'eu-west' };

/** Two instances, one probe, no database. */
export const contractPlan: EnvironmentPlan = {
  name: 'beta', driver: 'processes', regions: ['eu-west'], instances: 2, run: 'exec node app.mjs', health: '/healthz', metrics: '/metrics', database: 'none',
  settings: {}, secrets: [], startTimeoutMs: 20_000, drainMs: 5_000, probes: [{ name: 'home', file: 'probes/home.ts', everyMs: 100 }], alarms: [],
};

const never = new AbortController().signal;
const code = (expected: string, kind?: string) => (error: unknown): boolean => {
  assert.ok(error instanceof TrunklineError, String(error));
  assert.equal(error.record.code, expected);
  if (kind !== undefined) assert.equal(error.record.class, kind);
  return true;
};

/** What every environment driver keeps. */
export function environmentContract(name: string, open: (t: TestContext) => Promise<EnvironmentHarness>): void {
  describe(`${name}: an environment`, { concurrency: 2 }, () => {
    const launched = async (t: TestContext): Promise<EnvironmentHarness & { readonly driver: EnvironmentDriver }> => {
      const harness = await open(t);
      const driver = harness.provider.region(region);
      await harness.during(driver.launch(contractPlan, never));
      return { ...harness, driver };
    };
    const prepared = async (harness: EnvironmentHarness, id: string, conduct?: Conduct): Promise<EnvironmentDriver> => {
      const driver = harness.provider.region(region);
      const { release, files } = await harness.release(id, conduct);
      await harness.during(driver.prepare(release, files, never));
      return driver;
    };
    const settled = async (harness: EnvironmentHarness, id: string, conduct?: Conduct): Promise<EnvironmentDriver> => {
      const driver = await prepared(harness, id, conduct);
      await harness.during(driver.shift(id, 10_000, never));
      await harness.during(driver.settle(id, never));
      return driver;
    };

    test('that was never launched has nothing, and can be restored and removed', async (t) => {
      const harness = await open(t);
      const driver = harness.provider.region(region);
      assert.deepEqual(await driver.observe(), { launched: false, database: 'none' });
      assert.deepEqual(await driver.telemetry(0), { samples: [], traffic: [], probes: [] });
      assert.equal(await driver.database(), undefined);
      await driver.restore(never);
      await driver.remove(never);
      const { release, files } = await harness.release('r1');
      await assert.rejects(driver.prepare(release, files, never), code('NOT_LAUNCHED', 'usage'));
      assert.deepEqual(await harness.provider.regions(), []);
    });

    test('keeps its address, whatever else is launched or opened again', async (t) => {
      const harness = await launched(t);
      const { url, ...rest } = await harness.driver.observe();
      assert.match(url ?? '', /^http:/);
      assert.deepEqual(rest, { launched: true, database: 'none' });
      await harness.driver.launch({ ...contractPlan, instances: 1 }, never);
      const reopened = harness.reopen();
      assert.equal((await reopened.region(region).observe()).url, url);
      assert.deepEqual(await reopened.regions(), [region]);
      assert.deepEqual(await harness.visit(region, 1), [undefined]);
    });

    test('takes a first release whole or not at all', async (t) => {
      const harness = await launched(t);
      const driver = await prepared(harness, 'r1');
      const before = await driver.observe();
      assert.deepEqual([before.stable, before.candidate?.weight, before.candidate?.instances], [undefined, 0, { healthy: 2, total: 2 }]);
      assert.deepEqual(await harness.visit(region, 2), [undefined, undefined]);
      await assert.rejects(driver.shift('r1', 500, never), code('NO_BASELINE', 'refused'));
      await driver.shift('r1', 10_000, never);
      assert.deepEqual(await harness.visit(region, 2), ['r1', 'r1']);
      await driver.settle('r1', never);
      await driver.settle('r1', never);
      const { release } = await harness.release('r1');
      const after = await driver.observe();
      assert.deepEqual([after.candidate, after.stable], [undefined, { release, weight: 10_000, instances: { healthy: 2, total: 2 } }]);
      assert.deepEqual(await harness.visit(region, 1), ['r1']);
    });

    test('that has only a first candidate goes back to nothing', async (t) => {
      const harness = await launched(t);
      const driver = await prepared(harness, 'r1');
      await driver.shift('r1', 10_000, never);
      await driver.restore(never);
      const { stable, candidate } = await driver.observe();
      assert.deepEqual([stable, candidate, await harness.visit(region, 1)], [undefined, undefined, [undefined]]);
    });

    test('splits traffic exactly, and goes to the new release, step by step', async (t) => {
      const harness = await launched(t);
      await settled(harness, 'r1');
      const driver = await prepared(harness, 'r2');
      const share = async (): Promise<number> => (await harness.visit(region, 40)).filter((answered) => answered === 'r2').length;
      assert.equal(await share(), 0);
      // Probes take turns of the split too: a window of any 40 requests may begin or end one turn early.
      for (const weight of [500, 2_500, 10_000]) {
        await driver.shift('r2', weight, never);
        await driver.shift('r2', weight, never);
        const { stable, candidate } = await driver.observe();
        assert.deepEqual([stable?.weight, candidate?.weight], [10_000 - weight, weight]);
        const got = await share();
        assert.ok(Math.abs(got - (40 * weight) / 10_000) <= (weight === 10_000 ? 0 : 8), `${got} of 40 at ${weight}`);
      }
      await driver.shift('r1', 7_000, never);
      assert.equal((await driver.observe()).candidate?.weight, 3_000);
      await driver.settle('r2', never);
      const { stable, candidate } = await driver.observe();
      assert.deepEqual([stable?.release.id, stable?.weight, candidate], ['r2', 10_000, undefined]);
      assert.deepEqual(await harness.visit(region, 3), ['r2', 'r2', 'r2']);
      await driver.restore(never);
      assert.equal((await driver.observe()).stable?.release.id, 'r2');
    });

    test('goes back to the stable release, from any share, as often as it is asked', async (t) => {
      const harness = await launched(t);
      await settled(harness, 'r1');
      const driver = await prepared(harness, 'r2', 'failing');
      await driver.shift('r2', 10_000, never);
      await driver.restore(never);
      await driver.restore(never);
      const { stable, candidate } = await driver.observe();
      assert.deepEqual([stable?.release.id, stable?.weight, stable?.instances.healthy, candidate], ['r1', 10_000, 2, undefined]);
      assert.deepEqual(await harness.visit(region, 3), ['r1', 'r1', 'r1']);
      assert.equal((await (await prepared(harness, 'r2')).observe()).candidate?.weight, 0);
    });

    test('takes one candidate at a time, and the same one again', async (t) => {
      const harness = await launched(t);
      const driver = await prepared(harness, 'r1');
      await prepared(harness, 'r1');
      const { release, files } = await harness.release('r2');
      await assert.rejects(driver.prepare(release, files, never), code('CANDIDATE_EXISTS', 'refused'));
      await assert.rejects(driver.prepare({ ...release, id: 'r1', artifact: `sha256:${'f'.repeat(64)}` }, files, never), code('RELEASE_MISMATCH', 'refused'));
      await assert.rejects(driver.shift('r2', 500, never), code('RELEASE_UNKNOWN'));
      await assert.rejects(driver.settle('r2', never), code('RELEASE_UNKNOWN'));
      await assert.rejects(driver.shift('r1', 10_001, never));
      assert.equal((await driver.observe()).candidate?.release.id, 'r1');
    });

    test('refuses a release that never becomes healthy, and keeps what it had', async (t) => {
      const harness = await launched(t);
      const driver = await settled(harness, 'r1');
      await assert.rejects(prepared(harness, 'r2', 'broken'), code('INSTANCE_UNHEALTHY', 'code'));
      const { stable, candidate } = await driver.observe();
      assert.deepEqual([stable?.release.id, stable?.instances.healthy, candidate], ['r1', 2, undefined]);
      await prepared(harness, 'r3');
    });

    test('is restored half way through a preparation, which then fails', async (t) => {
      const harness = await launched(t);
      const driver = await settled(harness, 'r1');
      const { release, files } = await harness.release('r2', 'slow');
      const failing = assert.rejects(driver.prepare(release, files, never), code('PREEMPTED'));
      const queued = assert.rejects(driver.prepare(release, files, never), code('PREEMPTED'));
      await harness.during(harness.provider.region(region).restore(never));
      await Promise.all([failing, queued]);
      const { stable, candidate } = await driver.observe();
      assert.deepEqual([stable?.release.id, candidate], ['r1', undefined]);
    });

    test('gives a preparation up when its signal aborts', async (t) => {
      const harness = await launched(t);
      const stop = new AbortController();
      const { release, files } = await harness.release('r1', 'slow');
      const failing = assert.rejects(harness.provider.region(region).prepare(release, files, stop.signal), /enough/);
      setTimeout(() => stop.abort(new Error('enough')), 50);
      await failing;
      await prepared(harness, 'r2');
    });

    test('counts for each release what it answered, customers and probes apart', async (t) => {
      const harness = await launched(t);
      await settled(harness, 'r1');
      const driver = await prepared(harness, 'r2', 'failing');
      await driver.shift('r2', 5_000, never);
      const answered = await harness.visit(region, 20);
      const last = async (release: string) => (await driver.telemetry(0)).traffic.findLast((sample) => sample.release === release);
      const visits = (release: string): number => answered.filter((by) => by === release).length;
      await harness.until(async () => {
        const sample = await last('r2');
        return sample !== undefined && sample.requests - sample.synthetic >= visits('r2');
      });
      const [r1, r2] = [await last('r1'), await last('r2')];
      assert.equal((r1?.requests ?? 0) - (r1?.synthetic ?? 0), visits('r1'));
      assert.equal((r2?.requests ?? 0) - (r2?.synthetic ?? 0), visits('r2'));
      assert.deepEqual([r1?.errors, r2?.errors], [0, r2?.requests]);
      const { traffic } = await driver.telemetry(0);
      assert.deepEqual(traffic.map(({ at }) => at), traffic.map(({ at }) => at).toSorted((a, b) => a - b));
      assert.deepEqual((await driver.telemetry((traffic.at(-1)?.at ?? 0) + 3_600_000)).traffic, []);
    });

    test('probes the stable release, and the candidate only when it is asked to', async (t) => {
      const harness = await launched(t);
      await settled(harness, 'r1');
      const driver = await prepared(harness, 'r2', 'failing');
      await harness.until(async () => (await driver.telemetry(0)).probes.filter(({ ok, release }) => ok && release === 'r1').length >= 3);
      assert.deepEqual((await driver.telemetry(0)).probes.filter(({ release }) => release === 'r2'), []);
      await driver.exercise(5, never);
      await harness.until(async () => ((await driver.telemetry(0)).traffic.findLast(({ release }) => release === 'r2')?.synthetic ?? 0) >= 5);
      const { probes, traffic } = await driver.telemetry(0);
      const of = probes.filter(({ release }) => release === 'r2');
      assert.ok(of.length >= 5 && of.every(({ ok, detail, probe }) => !ok && detail !== '' && probe === 'home'), JSON.stringify(of));
      const seen = traffic.findLast(({ release }) => release === 'r2');
      assert.equal(seen?.requests, seen?.synthetic);
      await driver.restore(never);
      await assert.rejects(driver.exercise(1, never), code('NO_CANDIDATE'));
    });

    test('passes on what every instance publishes', async (t) => {
      const harness = await launched(t);
      const driver = await settled(harness, 'r1');
      await harness.visit(region, 10);
      await harness.until(async () => {
        const { samples } = await driver.telemetry(0);
        const newest = new Map(samples.map((sample) => [sample.instance, sample]));
        return newest.size === 2 && [...newest.values()].reduce((sum, { values }) => sum + (values['http_requests_total{status="200"}'] ?? 0), 0) >= 10;
      });
      assert.ok((await driver.telemetry(0)).samples.every(({ release }) => release === 'r1'));
    });

    test('stays as it is when the control plane is started anew', async (t) => {
      const harness = await launched(t);
      await settled(harness, 'r1');
      const driver = await prepared(harness, 'r2');
      await driver.shift('r2', 2_500, never);
      const reopened = harness.reopen().region(region);
      assert.deepEqual(await reopened.observe(), await driver.observe());
      await reopened.settle('r2', never);
      assert.equal((await driver.observe()).stable?.release.id, 'r2');
    });

    test('refuses what an earlier entry of the stage still asks for, also after its control plane was started anew', async (t) => {
      const harness = await launched(t);
      await settled(harness, 'r1');
      const turn = (run: string, fence: number) => ({ run, fence, plan: contractPlan });
      const [older, newer] = [harness.provider.region(region, turn('r2', 4)), harness.provider.region(region, turn('r3', 5))];
      const { release, files } = await harness.release('r2');
      await harness.during(older.prepare(release, files, never));
      await older.shift('r2', 2_500, never);
      await newer.restore(never);
      await newer.restore(never);
      const stale = [() => older.launch(contractPlan, never), () => older.prepare(release, files, never), () => older.shift('r1', 10_000, never), () => older.settle('r1', never), () => older.restore(never)];
      for (const change of stale) await assert.rejects(change(), code('FENCE_STALE', 'refused'));
      const reopened = harness.reopen().region(region, turn('r2', 4));
      await assert.rejects(reopened.prepare(release, files, never), code('FENCE_STALE', 'refused'));
      const { stable, candidate } = await reopened.observe();
      assert.deepEqual([stable?.release.id, stable?.weight, candidate], ['r1', 10_000, undefined]);
      await harness.during(newer.prepare(release, files, never));
      await newer.restore(never);
    });

    test('refuses what waited for its turn while a newer entry came', async (t) => {
      const harness = await launched(t);
      const driver = await settled(harness, 'r1');
      const turn = (run: string, fence: number) => ({ run, fence, plan: contractPlan });
      const slow = await harness.release('r2', 'slow');
      const older = harness.provider.region(region, turn('r2', 1));
      const preparing = assert.rejects(older.prepare(slow.release, slow.files, never), code('PREEMPTED'));
      await harness.until(async () => true);
      const waiting = assert.rejects(older.shift('r1', 10_000, never), (error: unknown) => ['PREEMPTED', 'FENCE_STALE'].includes((error as TrunklineError).record.code));
      await harness.during(harness.provider.region(region, turn('r3', 2)).restore(never));
      await Promise.all([preparing, waiting]);
      await assert.rejects(older.settle('r1', never), code('FENCE_STALE', 'refused'));
      assert.equal((await driver.observe()).stable?.release.id, 'r1');
    });

    test('has forgotten every fence once it is removed', async (t) => {
      const harness = await launched(t);
      await harness.provider.region(region, { run: 'r9', fence: 9, plan: contractPlan }).launch(contractPlan, never);
      await harness.provider.region(region).remove(never);
      await harness.provider.region(region, { run: 'r1', fence: 1, plan: contractPlan }).launch(contractPlan, never);
      assert.equal((await harness.provider.region(region).observe()).launched, true);
    });

    test('leaves nothing when it is removed, and can be launched again', async (t) => {
      const harness = await launched(t);
      const driver = await settled(harness, 'r1');
      await driver.remove(never);
      await driver.remove(never);
      assert.deepEqual([await driver.observe(), await harness.provider.regions()], [{ launched: false, database: 'none' }, []]);
      await driver.launch(contractPlan, never);
      const { launched: again, stable } = await driver.observe();
      assert.deepEqual([again, stable, (await driver.telemetry(0)).traffic], [true, undefined, []]);
    });
  });
}
