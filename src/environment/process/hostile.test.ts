import assert from 'node:assert/strict';
import { mkdir, readdir, readFile, stat, writeFile } from 'node:fs/promises';
import { homedir, tmpdir } from 'node:os';
import { join } from 'node:path';
import { test, type TestContext } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import pg from 'pg';
import { request } from 'undici';
import { intruder, leftOut, type Intrusion, type Targets } from '../../sandbox/intruder.testing.ts';
import { contractPlan, region } from '../contract.testing.ts';
import { fixture } from './fixture.testing.ts';
import { HOSTILE, runByServer } from './postgres.testing.ts';
import { isolationHere } from './regional.ts';

const never = new AbortController().signal;
const skip = isolationHere() === 'none' && 'no namespaces here';

const APPLICATION = `
import { createServer } from 'node:http';
import { intrude } from './intruder.mjs';
createServer(async (request, response) => {
  if (request.url !== '/intrude') return response.end('well');
  response.end(JSON.stringify(await intrude().catch((error) => ({ reached: [String(error)], tried: [] }))));
}).listen(Number(process.env.PORT), '127.0.0.1');
`;
const PROBE = `
import { intrude } from '../intruder.mjs';
let found;
export default async () => {
  found ??= intrude().catch((error) => ({ reached: [String(error)], tried: [] }));
  const { reached, tried } = await found;
  throw new Error(tried.length + ' tried, reached: ' + reached.join(', '));
};
`;

async function hostileRegion(t: TestContext, database: 'postgres' | 'none' = 'none') {
  const made = await fixture(t);
  const repository = join(made.state, '..', 'repository');
  const secrets = { key: join(made.state, 'keys', 'signing.pem'), git: join(repository, '.git', 'config'), journal: join(made.state, 'journal.db') };
  for (const path of Object.values(secrets)) {
    await mkdir(join(path, '..'), { recursive: true });
    await writeFile(path, 'as it was', { mode: 0o600 });
  }
  const provider = made.reopen({ hidden: [repository, join(repository, '.git')] });
  const driver = provider.region(region);
  await driver.launch({ ...contractPlan, instances: 1, database, health: '/', metrics: '/', probes: [{ name: 'intrude', file: 'probes/intrude.mjs', everyMs: 500 }] }, never);
  const folder = join(made.root, region.environment, region.region);
  const targets = {
    files: [...Object.values(secrets), join(folder, 'desired.json'), join(folder, 'secrets.json'), ...(process.geteuid?.() === 0 ? ['/etc/shadow'] : [])],
    folders: ['/', '/etc', '/usr/bin', '/usr/local/bin', '/var/tmp', '/run', '/mnt', '/sys', homedir(), repository, made.state, folder, import.meta.dirname, '.'].filter((path) => !path.startsWith(`${tmpdir()}/`) && path !== tmpdir()),
    sockets: [join(folder, 'agent.sock')], covered: [made.state, repository],
  };
  const { release, files } = await made.release('r1', 'good', { 'app.mjs': APPLICATION, 'intruder.mjs': intruder(targets), 'probes/intrude.mjs': PROBE });
  await driver.prepare(release, files, never);
  await driver.shift('r1', 10_000, never);
  return { driver, folder, secrets, targets };
}

test('a hostile instance and its probes reach nothing but what is theirs', { skip }, async (t) => {
  const { driver, folder, secrets, targets } = await hostileRegion(t);
  const { url } = await driver.observe();
  const { reached, tried } = await (await request(`${url}/intrude`)).body.json() as Intrusion;
  assert.deepEqual(reached, []);
  assert.deepEqual(leftOut(targets, tried), []);

  const deadline = performance.now() + 30_000;
  let told: string | undefined;
  while (told === undefined && performance.now() < deadline) {
    told = (await driver.telemetry(0)).probes.find(({ detail }) => detail.includes('tried'))?.detail;
    await sleep(100);
  }
  assert.equal(told, `${tried.length} tried, reached: `);
  for (const path of Object.values(secrets)) assert.equal(await readFile(path, 'utf8'), 'as it was');
  if (process.geteuid?.() !== 0) return;
  const { application, database } = JSON.parse(await readFile(join(folder, 'users.json'), 'utf8')) as { readonly application: number; readonly database: number };
  assert.notEqual(application, database);
  const [home = ''] = await readdir(join(folder, 'homes'));
  assert.equal((await stat(join(folder, 'homes', home, 'home'))).uid, application, 'a user of the region\'s own');
});

test('a hostile migration reaches no file and no program of the server', { skip }, async (t) => {
  const { driver } = await hostileRegion(t, 'postgres');
  const client = new pg.Client({ connectionString: (await driver.database())?.reveal() });
  await client.connect();
  client.on('error', () => {}); // the region is removed under it
  t.after(() => client.end().catch(() => {}));
  await client.query('create table t (line text)');
  const done: string[] = [];
  for (const statement of HOSTILE) await client.query(statement).then(() => done.push(statement), () => {});
  assert.deepEqual(done, []);
  const { rows } = await client.query("select rolsuper from pg_roles where rolname = current_user");
  assert.deepEqual(rows, [{ rolsuper: false }]);
});

// As if the wall above had fallen: SQL of the superuser, who is nobody's but the agent's, makes the server run programs.
test('a program that the database server runs reaches nothing but what is its own', { skip }, async (t) => {
  const { folder, secrets, targets } = await hostileRegion(t, 'postgres');
  const own: Targets = {
    ...targets, files: [...targets.files, join(folder, 'database', 'access.json'), join(folder, 'database', 'postgres.log')],
    folders: targets.folders.filter((path) => path !== '.'), processes: 'agent/main|src/main|app.mjs',
  };
  const told = await runByServer(join(folder, 'database'), `${intruder(own)}\nconsole.log(JSON.stringify(await intrude()));`);
  const { reached, tried } = JSON.parse(told.split('\n')[0] ?? '') as Intrusion;
  assert.deepEqual(reached, []);
  assert.deepEqual(leftOut(own, tried), []);
  for (const path of Object.values(secrets)) assert.equal(await readFile(path, 'utf8'), 'as it was');
  const users = JSON.parse(await readFile(join(folder, 'users.json'), 'utf8').catch(() => '{}')) as { readonly database?: number };
  const { uid } = await stat(join(folder, 'database', 'cluster'));
  assert.equal(uid, users.database ?? process.geteuid?.(), "a user of the database's own, where the agent is root");
});
