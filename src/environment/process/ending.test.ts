import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { readdir, readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, test, type TestContext } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { request } from 'undici';
import type { EnvironmentPlan } from '../../pipeline/plan.ts';
import { contractPlan, region } from '../contract.testing.ts';
import type { EnvironmentDriver } from '../driver.ts';
import { fixture, type Fixture } from './fixture.testing.ts';
import { isolationHere } from './regional.ts';

const never = new AbortController().signal;
const namespaces = isolationHere() === 'namespaces';

/** Takes 1.2 seconds to end: it answers what is under way, and notes that it came to a clean end, and how often it was told. */
const UNHURRIED = `
import { createServer } from 'node:http';
import { appendFileSync } from 'node:fs';
let told = 0;
const server = createServer((request, response) => {
  if (request.url === '/late') return void setTimeout(() => response.end('whole'), 900);
  response.end('well');
});
server.listen(Number(process.env.PORT), '127.0.0.1');
process.on('SIGTERM', () => {
  told += 1;
  server.close();
  setTimeout(() => { appendFileSync(process.env.TRUNKLINE_DATA + '/ends', 'clean ' + told + '\\n'); process.exit(0); }, 1_200);
});
`;
const MANIFEST = '{"name":"unhurried","private":true,"type":"module","scripts":{"start":"node app.mjs"}}';

const WRAPPERS = {
  'on its own': 'exec node app.mjs',
  'behind a shell': 'sh -c "node app.mjs; true"',
  'behind shells in shells': 'sh -c "sh -c \'node app.mjs; true\'; true"; true',
  'behind npm start': 'npm start',
  'behind a shell that ignores the signal': "trap '' TERM; node app.mjs; true",
  'behind a shell that keeps the signal to itself': 'trap : TERM; node app.mjs; true',
  'beside a helper': 'sleep 1000 & node app.mjs; true',
} as const;

interface Live extends Fixture { readonly driver: EnvironmentDriver; readonly url: string; readonly folder: string }

async function live(t: TestContext, plan: Partial<EnvironmentPlan>, isolation: 'namespaces' | 'none'): Promise<Live> {
  const made = await fixture(t, { isolation });
  const driver = made.provider.region(region);
  await driver.launch({ ...contractPlan, instances: 1, probes: [], data: '/data', drainMs: 8_000, health: '/', metrics: '/', ...plan }, never);
  await bring({ ...made, driver }, 'r1');
  return { ...made, driver, url: (await driver.observe()).url as string, folder: join(made.root, region.environment, region.region) };
}

async function bring(made: Pick<Live, 'release' | 'driver'>, id: string, files: { readonly [path: string]: string } = { 'app.mjs': UNHURRIED, 'package.json': MANIFEST }): Promise<void> {
  const { release, files: folder } = await made.release(id, 'good', files);
  await made.driver.prepare(release, folder, never);
  await made.driver.shift(id, 10_000, never);
  await made.driver.settle(id, never);
}

const text = async (url: string): Promise<string> => (await request(url, { reset: true })).body.text();

for (const isolation of namespaces ? ['namespaces', 'none'] as const : ['none'] as const) {
  describe(`an application that is asked to end (${isolation})`, { concurrency: 2 }, () => {
    for (const [how, run] of Object.entries(WRAPPERS)) {
      test(`has the whole of its drain to end in ${how}`, async (t) => {
        const made = await live(t, { run }, isolation);
        const late = text(`${made.url}/late`);
        await sleep(100);
        await bring(made, 'r2');
        assert.equal(await late, 'whole');
        const ends = join(made.folder, 'data', 'ends');
        assert.ok(existsSync(ends), await readFile(join(made.folder, 'logs', 'r1.log'), 'utf8'));
        assert.equal(await readFile(ends, 'utf8'), 'clean 1\n');
      });
    }

    test('is ended by force when the drain is over', async (t) => {
      const made = await live(t, { run: 'node app.mjs', drainMs: 300 }, isolation);
      await bring(made, 'r2');
      assert.equal(existsSync(join(made.folder, 'data', 'ends')), false);
      assert.deepEqual((await readdir(join(made.folder, 'homes'))).length, 1);
    });

    test('keeps its data over releases, restarts and roll backs, until the region is removed', async (t) => {
      const keeper = `
        import { createServer } from 'node:http';
        import { appendFileSync, readFileSync } from 'node:fs';
        appendFileSync(process.env.TRUNKLINE_DATA + '/lives', process.env.TRUNKLINE_RELEASE + '\\n');
        createServer((request, response) => response.end(readFileSync(process.env.TRUNKLINE_DATA + '/lives'))).listen(Number(process.env.PORT), '127.0.0.1');`;
      const made = await fixture(t, { isolation });
      const driver = made.provider.region(region);
      await driver.launch({ ...contractPlan, instances: 1, probes: [], data: '/data/kept', health: '/', metrics: '/', drainMs: 100 }, never);
      await bring({ ...made, driver }, 'r1', { 'app.mjs': keeper });
      const { release, files } = await made.release('r2', 'good', { 'app.mjs': keeper });
      await driver.prepare(release, files, never);
      await driver.restore(never);
      const { url, data } = await driver.observe();
      assert.equal(await text(url as string), 'r1\nr2\n');
      assert.deepEqual([data?.path, data?.bytes], ['/data/kept', 6]);
      const folder = join(made.root, region.environment, region.region);
      process.kill((JSON.parse(await readFile(join(folder, 'agent.json'), 'utf8')) as { readonly pid: number }).pid, 'SIGKILL');
      await driver.launch({ ...contractPlan, instances: 1, probes: [], data: '/data/kept', health: '/', metrics: '/', drainMs: 100 }, never);
      assert.equal(await text(url as string), 'r1\nr2\nr1\n');
      if (process.geteuid?.() === 0 && isolation === 'namespaces') assert.notEqual((await stat(join(folder, 'data', 'lives'))).uid, 0);
      await driver.remove(never);
      assert.equal(existsSync(folder), false);
    });

    test('that writes where nothing stays is told to declare data', { skip: isolation === 'none' && 'without namespaces it may write there' }, async (t) => {
      const uploads = await fixture(t, { isolation });
      const driver = uploads.provider.region(region);
      await driver.launch({ ...contractPlan, instances: 1 }, never);
      const { release, files } = await uploads.release('r1', 'good', { 'app.mjs': "import { mkdirSync } from 'node:fs'; mkdirSync('uploads');" });
      await assert.rejects(driver.prepare(release, files, never), (error: { readonly record: { readonly code: string; readonly hint: string } }) => {
        assert.equal(error.record.code, 'INSTANCE_UNHEALTHY');
        assert.match(error.record.hint, /EROFS.*mkdir 'uploads'/);
        assert.match(error.record.hint, /declare data: "\/data"/);
        return true;
      });
    });
  });
}
