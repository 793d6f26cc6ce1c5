import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readFileSync } from 'node:fs';
import { chmod, mkdir, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { describe, test, type TestContext } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { Client, Pool, request } from 'undici';
import type { TrunklineError } from '../../foundation/errors.ts';
import { Secret } from '../../foundation/secret.ts';
import type { EnvironmentPlan } from '../../pipeline/plan.ts';
import { contractPlan, region, type Conduct } from '../contract.testing.ts';
import { RELEASE_HEADER, type EnvironmentDriver } from '../driver.ts';
import { isolationHere } from './regional.ts';
import { fixture, PROBE, type Fixture } from './fixture.testing.ts';
import { layout } from './layout.ts';

const never = new AbortController().signal;
const namespaces = isolationHere() === 'namespaces';
const withoutNamespaces = namespaces ? false : 'this machine makes no namespaces';

interface Live extends Fixture { readonly driver: EnvironmentDriver; readonly url: string; readonly folder: string }

async function live(t: TestContext, plan: Partial<EnvironmentPlan> = {}, options: Parameters<typeof fixture>[1] = {}): Promise<Live> {
  const made = await fixture(t, options);
  const driver = made.provider.region(region);
  await driver.launch({ ...contractPlan, ...plan }, never);
  await bring(made, 'r1');
  await driver.shift('r1', 10_000, never);
  await driver.settle('r1', never);
  return { ...made, driver, url: (await driver.observe()).url as string, folder: join(made.root, region.environment, region.region) };
}

async function bring(made: Fixture, id: string, conduct?: Conduct, files?: { readonly [path: string]: string }): Promise<void> {
  const { release, files: folder } = await made.release(id, conduct, files);
  await made.provider.region(region).prepare(release, folder, never);
}

async function until(holds: () => Promise<boolean> | boolean): Promise<void> {
  const deadline = performance.now() + 20_000;
  while (!await holds()) {
    assert.ok(performance.now() < deadline, `not within 20 seconds: ${holds.toString()}`);
    await sleep(20);
  }
}

const get = async (url: string): Promise<{ readonly status: number; readonly release: unknown; readonly text: string }> => {
  const { statusCode, headers, body } = await request(url, { reset: true });
  return { status: statusCode, release: headers[RELEASE_HEADER], text: await body.text() };
};

const children = (pid: number): readonly number[] => readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8').split(' ').filter(Boolean).map(Number);
const outermost = async (folder: string): Promise<number> => (JSON.parse(await readFile(join(folder, 'agent.json'), 'utf8')) as { readonly pid: number }).pid;

async function marked(folder: string): Promise<readonly string[]> {
  const word = `TRUNKLINE_PLACE=${layout(folder, region).marker}`;
  const found: string[] = [];
  for (const pid of await readdir('/proc')) {
    const environment = /^\d+$/.test(pid) ? await readFile(`/proc/${pid}/environ`, 'latin1').catch(() => '') : '';
    if (environment.split('\0').includes(word)) found.push(pid);
  }
  return found;
}

/** Runs `body` in a process of its own, as another control plane: `driver`, `release` and `never` are at hand. */
function otherControlPlane(made: Fixture, body: string) {
  const here = (file: string): string => JSON.stringify(new URL(file, import.meta.url).href);
  const program = `
    import { processEnvironments } from ${here('./driver.ts')};
    import { contractPlan, region } from ${here('../contract.testing.ts')};
    const driver = processEnvironments(${JSON.stringify({ root: made.root, stateFolder: made.state })}).region(region);
    const never = new AbortController().signal;
    ${body}`;
  return spawn(process.execPath, ['--input-type=module-typescript', '--eval', program], { stdio: ['ignore', 'pipe', 'inherit'] });
}

/** The first thing that it prints. */
async function said(other: ReturnType<typeof otherControlPlane>): Promise<string> {
  const ended = once(other, 'exit').then(() => assert.fail('the other control plane ended without a word'));
  return String((await Promise.race([once(other.stdout, 'data'), ended]))[0]).trim();
}

describe('a region of processes', { concurrency: 3 }, () => {
  test('loses no request while releases come, take over, settle and go back', async (t) => {
    const made = await live(t);
    const pool = new Pool(made.url, { connections: 8 });
    t.after(() => pool.destroy());
    const answers = new Map<string, number>();
    let going = true;
    const load = Array.from({ length: 8 }, async (_, client) => {
      while (going) {
        const { statusCode, headers, body } = await pool.request({ path: client === 0 ? '/slow' : '/', method: client % 2 ? 'POST' : 'GET', body: client % 2 ? 'an order' : null });
        await body.dump();
        const key = `${headers[RELEASE_HEADER] as string} ${statusCode}`;
        answers.set(key, (answers.get(key) ?? 0) + 1);
      }
    });
    await bring(made, 'r2');
    for (const weight of [500, 5_000, 10_000]) {
      await made.driver.shift('r2', weight, never);
      await sleep(50);
    }
    await made.driver.settle('r2', never);
    await bring(made, 'r3');
    await made.driver.shift('r3', 5_000, never);
    await sleep(100);
    await made.driver.restore(never);
    going = false;
    await Promise.all(load);
    assert.deepEqual([...answers.keys()].toSorted(), ['r1 200', 'r2 200', 'r3 200']);
  });

  for (const victim of ['the agent itself', 'the process around it'] as const) {
    test(`takes up what was in force after kill -9 of ${victim}`, { skip: withoutNamespaces }, async (t) => {
      const made = await live(t);
      await bring(made, 'r2');
      await made.driver.shift('r2', 2_500, never);
      await made.visit(region, 8);
      const counted = async (): Promise<number> => (await made.driver.telemetry(0)).traffic.filter(({ release }) => release === 'r1').at(-1)?.requests ?? 0;
      await until(async () => await counted() >= 6 && existsSync(join(made.folder, 'counts.json')));
      const outer = await outermost(made.folder);
      const agent = children(children(outer)[0] as number)[0] as number;
      process.kill(victim === 'the agent itself' ? agent : outer, 'SIGKILL');
      await until(async () => (await marked(made.folder)).length === 0);
      const dead = await made.driver.observe();
      assert.deepEqual([dead.launched, dead.url, dead.stable?.instances, dead.candidate?.weight], [true, made.url, { healthy: 0, total: 2 }, 2_500]);
      await made.driver.launch(contractPlan, never);
      const again = await made.driver.observe();
      assert.deepEqual([again.url, again.stable?.release.id, again.stable?.weight, again.stable?.instances.healthy, again.candidate?.weight, again.candidate?.instances.healthy], [made.url, 'r1', 7_500, 2, 2_500, 2]);
      await until(async () => await counted() >= 6);
      assert.equal((await made.visit(region, 8)).length, 8);
    });
  }

  test('is started again by whatever is asked of it next', { skip: withoutNamespaces }, async (t) => {
    const made = await live(t);
    await bring(made, 'r2');
    process.kill(await outermost(made.folder), 'SIGKILL');
    await made.driver.shift('r2', 10_000, never);
    assert.deepEqual(await made.visit(region, 2), ['r2', 'r2']);
  });

  test('goes on without its control plane, and without losing a request', async (t) => {
    const made = await fixture(t);
    const { release, files } = await made.release('r1');
    const other = otherControlPlane(made, `
      await driver.launch(contractPlan, never);
      await driver.prepare(${JSON.stringify(release)}, ${JSON.stringify(files)}, never);
      await driver.shift('r1', 10_000, never);
      console.log('there');
      setInterval(() => {}, 1_000);`);
    await said(other);
    const killed = once(other, 'exit');
    other.kill('SIGKILL');
    const { url } = await made.provider.region(region).observe();
    for (let n = 0; n < 20; n++) assert.equal((await get(url as string)).status, 200);
    await killed;
    assert.deepEqual(await made.visit(region, 2), ['r1', 'r1']);
  });

  test('drops a preparation whose control plane was killed', async (t) => {
    const made = await live(t);
    const { release, files } = await made.release('r2', 'slow');
    const other = otherControlPlane(made, `
      setTimeout(() => console.log('under way'), 300);
      await driver.prepare(${JSON.stringify(release)}, ${JSON.stringify(files)}, never);`);
    await said(other);
    const killed = once(other, 'exit');
    other.kill('SIGKILL');
    await killed;
    await bring(made, 'r3');
    const { stable, candidate } = await made.driver.observe();
    assert.deepEqual([stable?.release.id, candidate?.release.id], ['r1', 'r3']);
    assert.deepEqual((await readdir(join(made.folder, 'releases'))).toSorted(), ['r1', 'r3']);
  });

  test('has one agent, however many control planes launch it at once', async (t) => {
    const made = await fixture(t);
    const others = [1, 2].map(() => otherControlPlane(made, 'await driver.launch(contractPlan, never); console.log((await driver.observe()).url);'));
    const urls = await Promise.all(others.map(said));
    assert.equal(urls[0], urls[1]);
    assert.match(urls[0] as string, /^http:/);
  });

  test('starts an instance again that has ended, and serves meanwhile', async (t) => {
    const made = await live(t);
    await get(`${made.url}/exit`);
    await until(async () => (await readFile(join(made.folder, 'logs', 'r1.log'), 'utf8')).includes('it ended by itself: exit code 3'));
    for (let n = 0; n < 10; n++) assert.equal((await get(made.url)).status, 200);
    await until(async () => (await made.driver.observe()).stable?.instances.healthy === 2);
  });

  test('leaves nothing of a launch that failed', async (t) => {
    const made = await fixture(t);
    const driver = made.provider.region(region);
    await assert.rejects(driver.launch({ ...contractPlan, settings: { PORT: '1' } }, never), /settings/);
    assert.deepEqual([await marked(join(made.root, 'beta', 'eu-west')), await readdir(made.root)], [[], []]);
  });

  test('ends by itself when its folder is deleted under it', async (t) => {
    const made = await live(t, { instances: 1, probes: [] });
    // What is alive there may still write while it goes.
    await rm(made.folder, { recursive: true, force: true, maxRetries: 50, retryDelay: 50 });
    await until(async () => (await marked(made.folder)).length === 0);
  });

  test('says what an instance printed that did not start, without its secrets', async (t) => {
    const made = await live(t, { secrets: ['TOKEN'] }, { secret: async () => new Secret('hunter2hunter2') });
    await assert.rejects(bring(made, 'r2', 'broken'), (error: { readonly record: { readonly code: string; readonly lastLines: readonly string[] } }) => {
      assert.equal(error.record.code, 'INSTANCE_UNHEALTHY');
      assert.ok(error.record.lastLines.includes('no shoes, no service: ***'), error.record.lastLines.join('\n'));
      return true;
    });
    assert.doesNotMatch(await readFile(join(made.folder, 'logs', 'r2.log'), 'utf8'), /hunter2/);
  });

  test('shows an instance nothing but its release, its home and its environment', { skip: withoutNamespaces }, async (t) => {
    process.env['TRUNKLINE_TEST_LEAK'] = 'leaked';
    const peep = `import { createServer } from 'node:http';
      import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
      import { execSync } from 'node:child_process';
      const attempt = (what) => { try { return what(); } catch (error) { return 'failed: ' + (error.code ?? 'exit'); } };
      const state = ${JSON.stringify('STATE')};
      createServer((request, response) => request.url === '/healthz' ? response.end() : response.end(JSON.stringify({
        state: readdirSync(state, { recursive: true }).map(String).filter((path) => !/releases|homes/.test(path)),
        key: attempt(() => readFileSync(state + '/key', 'utf8')),
        around: attempt(() => readFileSync('/proc/1/root' + state + '/key', 'utf8')),
        unmounted: attempt(() => execSync('umount -l ' + state + ' 2>&1; unshare -U -r -m umount -l ' + state + ' 2>&1', { stdio: 'pipe' })),
        write: attempt(() => writeFileSync('mine', '')),
        home: attempt(() => writeFileSync(process.env.HOME + '/mine', '')),
        processes: readdirSync('/proc').filter((name) => /^\\d+$/.test(name)).length,
        names: Object.keys(process.env).sort(),
      }))).listen(Number(process.env.PORT), '127.0.0.1');`;
    const made = await live(t, { settings: { COLOUR: 'blue' }, secrets: ['TOKEN'], instances: 1, probes: [] }, { secret: async () => new Secret('a secret token') });
    await writeFile(join(made.state, 'key'), 'the signing key');
    await bring(made, 'r2', 'good', { 'app.mjs': peep.replace('STATE', made.state) });
    await made.driver.shift('r2', 10_000, never);
    const seen = JSON.parse((await get(made.url)).text) as { readonly [question: string]: unknown };
    assert.deepEqual(seen, {
      state: ['environments', 'environments/beta', 'environments/beta/eu-west'],
      key: 'failed: ENOENT', around: 'failed: ENOENT', unmounted: 'failed: exit', write: 'failed: EROFS', processes: seen['processes'],
      names: ['COLOUR', 'HOME', 'LANG', 'PATH', 'PORT', 'PWD', 'TMPDIR', 'TOKEN', 'TRUNKLINE_INSTANCE', 'TRUNKLINE_PLACE', 'TRUNKLINE_REGION', 'TRUNKLINE_RELEASE', 'TZ'],
    });
    assert.ok(Number(seen['processes']) < 8);
  });

  test('has a copy of its own of the release', async (t) => {
    const made = await live(t);
    const { files } = await made.release('r1');
    await writeFile(join(files.folder, 'conduct'), 'failing');
    await get(`${made.url}/exit`);
    await until(async () => (await readFile(join(made.folder, 'logs', 'r1.log'), 'utf8')).includes('it ended by itself: exit code 3'));
    await until(async () => (await made.driver.observe()).stable?.instances.healthy === 2);
    for (let n = 0; n < 4; n++) assert.equal((await get(made.url)).status, 200);
    assert.equal((await stat(join(made.folder, 'releases', 'r1', 'app.mjs'))).mode & 0o777, 0o444);
  });

  test('is not prepared from files that were changed after they were verified', async (t) => {
    const made = await live(t);
    const { release, files } = await made.release('r2');
    for (const tamper of [() => writeFile(join(files.folder, 'app.mjs'), 'process.exit(0);'), () => writeFile(join(files.folder, 'added.mjs'), ''), () => rm(join(files.folder, 'conduct'))]) {
      await tamper();
      await assert.rejects(made.driver.prepare(release, files, never), (error: TrunklineError) => error.record.code === 'RELEASE_ALTERED');
    }
    assert.deepEqual(await readdir(join(made.folder, 'releases')), ['r1'], 'nothing of it stays');
    assert.equal((await get(made.url)).status, 200);
  });

  test('is not started again when a file of its own copy was changed', async (t) => {
    const made = await live(t);
    const copy = join(made.folder, 'releases', 'r1', 'conduct');
    await chmod(copy, 0o644);
    await writeFile(copy, 'failing');
    await get(`${made.url}/exit`);
    await until(async () => (await readFile(join(made.folder, 'logs', 'r1.log'), 'utf8')).includes('is not what the artifact holds'));
    await writeFile(copy, 'good');
    await chmod(copy, 0o444);
    await until(async () => (await made.driver.observe()).stable?.instances.healthy === 2);
    assert.equal((await get(made.url)).status, 200);
  });

  test('survives probes that exit, throw where nobody looks, or are none', async (t) => {
    const probes = { 'probes/home.ts': PROBE, 'probes/exit.ts': 'export default () => process.exit(9);', 'probes/abort.ts': 'export default () => process.reallyExit(9);', 'probes/none.ts': 'export const nothing = 1;', 'probes/stray.ts': 'export default async () => { void Promise.reject(new Error("stray")); };' };
    const made = await fixture(t);
    const driver = made.provider.region(region);
    await driver.launch({ ...contractPlan, probes: Object.keys(probes).map((file) => ({ name: file.slice(7, -3), file, everyMs: file === 'probes/abort.ts' ? 4_000 : 100 })) }, never);
    await bring(made, 'r1', 'good', probes);
    await driver.shift('r1', 10_000, never);
    const results = async (probe: string) => (await driver.telemetry(0)).probes.filter((result) => result.probe === probe);
    await until(async () => (await results('home')).some(({ ok }) => ok) && (await results('exit')).length > 0 && (await results('none')).some(({ detail }) => /no default export/.test(detail)) && (await results('stray')).some(({ ok }) => ok));
    assert.match((await results('exit'))[0]?.detail ?? '', /must not end its process/);
    await until(async () => (await results('abort')).some(({ detail }) => /exit code 9/.test(detail)));
    const after = (await results('abort')).at(-1)?.at as number;
    await until(async () => (await results('home')).some(({ ok, at }) => ok && at > after));
    assert.equal((await driver.observe()).candidate?.instances.healthy, 2);
  });

  test('works in a folder whose path is too long for a socket', { skip: process.platform === 'linux' ? false : 'only Linux has a way round' }, async (t) => {
    const made = await live(t, { instances: 1, probes: [] }, { folder: join('x'.repeat(120), 'state') });
    assert.deepEqual(await made.visit(region, 1), ['r1']);
  });

  test('keeps its port, or says who has it', { skip: withoutNamespaces }, async (t) => {
    const made = await live(t, { instances: 1, probes: [] });
    process.kill(await outermost(made.folder), 'SIGKILL');
    await until(async () => (await marked(made.folder)).length === 0);
    const thief = createServer();
    await until(() => once(thief.listen(Number(new URL(made.url).port), '127.0.0.1'), 'listening').then(() => true, () => false));
    await assert.rejects(made.driver.launch(contractPlan, never), (error: { readonly record: { readonly code: string } }) => error.record.code === 'PORT_TAKEN');
    thief.close();
    await once(thief, 'close');
    await made.driver.launch(contractPlan, never);
    assert.deepEqual(await made.visit(region, 1), ['r1']);
  });

  for (const isolation of namespaces ? ['namespaces', 'none'] as const : ['none'] as const) {
    test(`leaves no process, port or folder when it is removed (${isolation})`, async (t) => {
      const made = await live(t, { run: 'sleep 1000 & exec node app.mjs' }, { isolation });
      assert.notDeepEqual(await marked(made.folder), []);
      await made.driver.remove(never);
      assert.deepEqual([await marked(made.folder), await readdir(made.root)], [[], []]);
      await assert.rejects(get(made.url), { code: 'ECONNREFUSED' });
    });
  }

  test('ends what a killed agent left where there are no namespaces', async (t) => {
    const made = await live(t, { instances: 1 }, { isolation: 'none' });
    process.kill(await outermost(made.folder), 'SIGKILL');
    const left = await marked(made.folder);
    assert.notDeepEqual(left, []);
    await made.driver.launch(contractPlan, never);
    assert.deepEqual((await marked(made.folder)).filter((pid) => left.includes(pid)), []);
    assert.deepEqual(await made.visit(region, 1), ['r1']);
    await made.driver.remove(never);
  });

  test('is removed although its agent is dead, and after a removal that a crash broke off', async (t) => {
    const made = await live(t, { instances: 1, probes: [] });
    process.kill(await outermost(made.folder), 'SIGKILL');
    await mkdir(join(made.root, region.environment, '.removed-eu-west'), { recursive: true });
    await made.driver.remove(never);
    assert.deepEqual([await marked(made.folder), await readdir(made.root)], [[], []]);
  });

  test('gives a database of its own to every release, and keeps its data when the agent dies', { skip: withoutNamespaces }, async (t) => {
    const made = await live(t, { database: 'postgres', instances: 1, probes: [] });
    const url = (await made.driver.database())?.reveal();
    const given = JSON.parse((await get(`${made.url}/environment`)).text) as NodeJS.ProcessEnv;
    assert.equal(given['DATABASE_URL'], url);
    const { default: pg } = await import('pg');
    const query = async (text: string): Promise<readonly unknown[]> => {
      const client = new pg.Client({ connectionString: (await made.driver.database())?.reveal() });
      await client.connect();
      try {
        return (await client.query(text)).rows as readonly unknown[];
      } finally {
        await client.end();
      }
    };
    await query('create table orders (id int); insert into orders values (7)');
    assert.equal((await made.driver.observe()).database, 'running');
    process.kill(await outermost(made.folder), 'SIGKILL');
    await until(async () => (await made.driver.observe()).database === 'stopped');
    assert.deepEqual(await query('select id from orders'), [{ id: 7 }]);
    assert.equal((await made.driver.database())?.reveal(), url);
  });

  test('refuses on its socket what it does not know', async (t) => {
    const made = await live(t, { instances: 1, probes: [] });
    const client = new Client('http://region', { connect: { socketPath: join(made.folder, 'agent.sock') } });
    t.after(() => client.destroy());
    for (const [path, body, words] of [['/nonsense', '{}', /knows no POST/], ['/shift', '{"release":"../r1","weight":1}', /release/], ['/shift', 'x', /no JSON/]] as const) {
      const answer = await (await client.request({ path, method: 'POST', body })).body.json() as { readonly error: { readonly message: string } };
      assert.match(answer.error.message, words);
    }
    assert.equal((await stat(join(made.folder, 'agent.sock'))).mode & 0o777, 0o600);
  });
});
