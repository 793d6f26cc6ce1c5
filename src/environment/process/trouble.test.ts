/** Agents that are stopped, garbled or without room: what must be done is done, and whoever asked goes on. */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { mkdir, readdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import { join } from 'node:path';
import { test, type TestContext } from 'node:test';
import { request } from 'undici';
import { TrunklineError } from '../../foundation/errors.ts';
import { contractPlan, region } from '../contract.testing.ts';
import { RELEASE_HEADER, type EnvironmentDriver } from '../driver.ts';
import { fixture, type Fixture } from './fixture.testing.ts';
import { layout, type Layout } from './layout.ts';

const never = new AbortController().signal;

interface Canary extends Fixture { readonly driver: EnvironmentDriver; readonly at: Layout; readonly url: string }

/** r1 is stable, and r2 has a part of the traffic. */
async function canary(t: TestContext, silence = 1_500): Promise<Canary> {
  const made = await fixture(t, { silence });
  const driver = made.provider.region(region);
  await driver.launch({ ...contractPlan, instances: 1, drainMs: 0 }, never);
  for (const id of ['r1', 'r2']) {
    const { release, files } = await made.release(id);
    await driver.prepare(release, files, never);
    await driver.shift(id, id === 'r1' ? 10_000 : 5_000, never);
    if (id === 'r1') await driver.settle(id, never);
  }
  return { ...made, driver, at: layout(join(made.root, region.environment, region.region), region), url: (await driver.observe()).url as string };
}

/** The process that serves the region, whatever holds it. */
async function agentOf({ folder, marker }: Layout): Promise<number> {
  for (const name of await readdir('/proc')) {
    if (!/^\d+$/.test(name)) continue;
    const [environment, command] = await Promise.all(['environ', 'cmdline'].map((file) => readFile(`/proc/${name}/${file}`, 'latin1').catch(() => '')));
    const words = command!.split('\0');
    if (environment!.includes(`TRUNKLINE_PLACE=${marker}`) && words[0]!.endsWith('node') && words.some((word) => /agent\/main\.[jt]s$/.test(word)) && words.includes(folder)) return Number(name);
  }
  return assert.fail('the region has no agent');
}

const has = (code: string) => (error: unknown): boolean => error instanceof TrunklineError && error.record.code === code && error.record.class === 'infra';

async function visited(url: string): Promise<unknown> {
  const { headers, body } = await request(url, { reset: true });
  await body.dump();
  return headers[RELEASE_HEADER];
}

test('a stopped agent is said to be silent, and a restore is done by its successor', { timeout: 120_000 }, async (t) => {
  const { driver, at, url } = await canary(t);
  process.kill(await agentOf(at), 'SIGSTOP');
  await assert.rejects(driver.observe(), has('REGION_SILENT'));
  await assert.rejects(driver.shift('r2', 10_000, never), has('REGION_SILENT'));
  await assert.rejects(driver.telemetry(0), has('REGION_SILENT'));
  await driver.restore(never);
  const { stable, candidate } = await driver.observe();
  assert.deepEqual([stable?.release.id, stable?.weight, candidate], ['r1', 10_000, undefined]);
  const healthy = async (): Promise<boolean> => (await driver.observe()).stable?.instances.healthy === 1;
  while (!await healthy()) await new Promise((resolve) => setTimeout(resolve, 50));
  assert.equal(await visited(url), 'r1');
});

test('a stopped agent is ended with its region', { timeout: 120_000 }, async (t) => {
  const { driver, at, provider } = await canary(t);
  process.kill(await agentOf(at), 'SIGSTOP');
  await driver.remove(never);
  assert.deepEqual([await driver.observe(), await provider.regions()], [{ launched: false, database: 'none' }, []]);
});

test('a region is ended though what holds its namespace is stopped with its agent', { timeout: 120_000 }, async (t) => {
  const { driver, at, provider } = await canary(t);
  const { pid } = JSON.parse(readFileSync(at.identity, 'utf8')) as { readonly pid: number };
  for (const stopped of [pid, await agentOf(at)]) process.kill(stopped, 'SIGSTOP');
  await driver.remove(never);
  assert.deepEqual([await driver.observe(), await provider.regions()], [{ launched: false, database: 'none' }, []]);
});

test('what answers garbage in an agent\'s place is told, and takes nobody with it', { timeout: 120_000 }, async (t) => {
  const { driver, at } = await canary(t);
  // One that is at work would take its place back.
  const agent = await agentOf(at);
  process.kill(agent, 'SIGSTOP');
  await rename(at.socket, `${at.socket}.away`);
  for (const garbage of ['null', '5', '{"ok":5}', '{"ok":{"launched":"yes"}}', '{"error":"no"}', '[]']) {
    const other = createServer((_request, response) => response.end(garbage)).listen(at.socket);
    await once(other, 'listening');
    for (const call of [() => driver.observe(), () => driver.telemetry(0), () => driver.database(), () => driver.restore(never)]) await assert.rejects(call(), has('REGION_GARBLED'), garbage);
    other.close();
    await once(other, 'close');
    await rm(at.socket, { force: true });
  }
  await rename(`${at.socket}.away`, at.socket);
  process.kill(agent, 'SIGCONT');
  assert.equal((await driver.observe()).stable?.release.id, 'r1');
});

const taken: { readonly [how: string]: (socket: string, t: TestContext) => Promise<unknown> } = {
  'is removed': (socket) => rm(socket),
  'is replaced by a file': (socket) => rm(socket).then(() => writeFile(socket, '')),
  'is replaced by another listener': async (socket, t) => {
    await rm(socket);
    const other = createServer(() => {}).listen(socket);
    t.after(() => other.close());
    await once(other, 'listening');
  },
};

for (const [how, take] of Object.entries(taken)) {
  test(`an agent whose socket ${how} binds it anew, and no instance notices`, { timeout: 120_000 }, async (t) => {
    const { driver, at, url } = await canary(t, 20_000);
    const before = readFileSync(at.identity, 'utf8');
    await take(at.socket, t);
    while (!/bound anew$/m.test(readFileSync(at.log, 'utf8'))) {
      assert.match(String(await visited(url)), /^r[12]$/);
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
    await driver.shift('r2', 10_000, never);
    assert.deepEqual((await driver.observe()).candidate?.instances, { healthy: 1, total: 1 });
    assert.equal(readFileSync(at.identity, 'utf8'), before, 'it is the same agent');
    assert.equal(await visited(url), 'r2');
  });
}

test('an agent that can not be reached is told apart from a dead one, and a change replaces it', { timeout: 120_000 }, async (t) => {
  const { driver, at, url } = await canary(t);
  const before = await agentOf(at);
  process.kill(before, 'SIGSTOP');
  await rm(at.socket);
  await assert.rejects(driver.observe(), has('AGENT_UNREACHABLE'));
  await driver.shift('r2', 2_500, never);
  assert.notEqual(await agentOf(at), before);
  const { stable, candidate } = await driver.observe();
  assert.deepEqual([stable?.weight, candidate?.weight], [7_500, 2_500]);
  const healthy = async (): Promise<boolean> => (await driver.observe()).stable?.instances.healthy === 1;
  while (!await healthy()) await new Promise((resolve) => setTimeout(resolve, 50));
  assert.match(String(await visited(url)), /^r[12]$/);
});

test('a restore moves the traffic though nothing can be written, and a new agent does not undo it', { timeout: 120_000 }, async (t) => {
  const { driver, at, url } = await canary(t);
  // Where the file would be written lies a folder: as good as a full disk, for any user.
  await mkdir(join(`${at.desired}.partial`, 'taken'), { recursive: true });
  await assert.rejects(driver.shift('r2', 10_000, never), 'more is not given to a release that could not be written down');
  await driver.restore(never);
  const { stable, candidate } = await driver.observe();
  assert.deepEqual([stable?.release.id, stable?.weight, candidate], ['r1', 10_000, undefined]);
  assert.equal(await visited(url), 'r1');
  assert.match(readFileSync(at.desired, 'utf8'), /"candidate":\{/, 'the file still names it');
  assert.match(readFileSync(at.log, 'utf8'), /not on disk yet/);
  process.kill((JSON.parse(readFileSync(at.identity, 'utf8')) as { readonly pid: number }).pid, 'SIGKILL');
  while ((await driver.observe()).stable?.instances.healthy !== 0) await new Promise((resolve) => setTimeout(resolve, 50));
  await driver.telemetry(0); // any question starts it again
  assert.deepEqual([(await driver.observe()).stable?.release.id, (await driver.observe()).candidate], ['r1', undefined]);
  await rm(`${at.desired}.partial`, { recursive: true });
  while (/"candidate":\{/.test(readFileSync(at.desired, 'utf8'))) await new Promise((resolve) => setTimeout(resolve, 100));
});

test('an agent that can not start is waited for no longer than it lives', { timeout: 120_000 }, async (t) => {
  const { driver, at } = await canary(t);
  process.kill((JSON.parse(readFileSync(at.identity, 'utf8')) as { readonly pid: number }).pid, 'SIGKILL');
  while ((await driver.observe()).stable?.instances.healthy !== 0) await new Promise((resolve) => setTimeout(resolve, 50));
  const desired = readFileSync(at.desired, 'utf8');
  await writeFile(at.desired, 'no JSON');
  for (const call of [() => driver.restore(never), () => driver.telemetry(0), () => driver.observe()]) await assert.rejects(call(), has('REGION_CORRUPT'));
  await writeFile(at.desired, desired);
  await driver.restore(never);
  assert.equal((await driver.observe()).candidate, undefined);
});
