import assert from 'node:assert/strict';
import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmod, chown, lstat, mkdir, mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { createServer, type AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, it, type TestContext } from 'node:test';
import { promisify } from 'node:util';
import pg from 'pg';
import type { TrunklineError } from '../../foundation/errors.ts';
import { asNobody, NOBODY } from '../../sandbox/fixture.testing.ts';
import { noWalls, SERVER, serverWalls } from './postgres.testing.ts';
import { startPostgres, type PostgresServer } from './postgres.ts';

const never = new AbortController().signal;
const MODULE = JSON.stringify(new URL('./postgres.ts', import.meta.url).href);

const FIXTURE = JSON.stringify(new URL('./postgres.testing.ts', import.meta.url).href);

const servers = new Map<string, PostgresServer[]>();

/** A folder that goes when the test ends, after the servers in it. */
async function folder(t: TestContext): Promise<string> {
  const path = await mkdtemp(join(tmpdir(), 'trunkline-postgres-'));
  t.after(async () => {
    await Promise.all((servers.get(path) ?? []).map((server) => server.stop()));
    await rm(path, { recursive: true, force: true });
  });
  return path;
}

async function start(directory: string): Promise<PostgresServer> {
  const server = await startPostgres(directory, serverWalls(), never);
  servers.set(directory, [...servers.get(directory) ?? [], server]);
  return server;
}

async function query(url: string, sql: string): Promise<readonly { readonly [column: string]: unknown }[]> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  try {
    return (await client.query(sql)).rows;
  } finally {
    await client.end();
  }
}

/** Starts a server in a process of its own, which prints its address; `words` come before it. */
async function startElsewhere(directory: string, words: readonly string[] = []): Promise<{ readonly child: ReturnType<typeof spawn>; readonly url: string }> {
  const program = `import { startPostgres } from ${MODULE};
    import { serverWalls } from ${FIXTURE};
    const server = await startPostgres(${JSON.stringify(directory)}, serverWalls(), new AbortController().signal);
    process.stdout.write(server.url.reveal() + '\\n');
    process.stdin.once('data', async () => { await server.stop(); process.exit(0); });`;
  const [first = '', ...rest] = [...words, process.execPath, '--input-type=module', '--eval', program];
  const child = spawn(first, rest, { stdio: ['pipe', 'pipe', 'inherit'], cwd: tmpdir() });
  const [line] = await Promise.race([once(child.stdout, 'data'), once(child, 'exit').then(() => [''])]) as [Buffer | string];
  return { child, url: String(line).trim() };
}

/** Of a folder and all in it. */
async function owners(path: string): Promise<readonly number[]> {
  const names = await readdir(path, { recursive: true });
  return [...new Set(await Promise.all(['.', ...names].map(async (name) => (await lstat(join(path, name))).uid)))];
}

async function sleepers(): Promise<readonly string[]> {
  const { stdout } = await promisify(execFile)('ps', ['axww', '-o', 'args']);
  return stdout.split('\n').filter((line) => line === 'sleep 86397.25');
}

describe('a PostgreSQL server', { concurrency: 3 }, () => {
  it('gives the application a database of its own and no power beyond it', async (t) => {
    const server = await start(await folder(t));
    const url = server.url.reveal();
    await query(url, 'create table orders (id int primary key)');
    assert.deepEqual(await query(url, 'select rolsuper, rolcreaterole, rolcreatedb, current_database() as database from pg_roles where rolname = current_user'),
      [{ rolsuper: false, rolcreaterole: false, rolcreatedb: false, database: 'application' }]);
    await assert.rejects(query(url, "copy orders from program 'id'"), /permission denied|must be superuser/);
    const wrong = new URL(url);
    wrong.password = 'guess';
    await assert.rejects(query(wrong.href, 'select 1'), /password authentication failed/);
  });

  it('keeps its passwords in one file that only its owner can read', async (t) => {
    const directory = await folder(t);
    const server = await start(directory);
    const url = server.url.reveal();
    await assert.rejects(query(url, `alter role nobody password '${new URL(url).password}'`));
    assert.equal((await stat(join(directory, 'access.json'))).mode & 0o777, 0o600);
    const { application, superuser } = JSON.parse(await readFile(join(directory, 'access.json'), 'utf8')) as { application: string; superuser: string };
    const { stdout: processes } = await promisify(execFile)('ps', ['axeww', '-o', 'args']);
    for (const password of [application, superuser]) {
      assert.ok(password.length >= 32);
      assert.equal(processes.includes(password), false);
      assert.equal(await promisify(execFile)('grep', ['-rlF', '--', password, directory]).then(({ stdout }) => stdout.trim()), join(directory, 'access.json'));
    }
    assert.deepEqual((await readdir(tmpdir())).filter((name) => name.startsWith('.s.PGSQL.')), []);
  });

  it('comes back at the same address with what was committed, after it was killed', async (t) => {
    const directory = await folder(t);
    const first = await start(directory);
    await query(first.url.reveal(), 'create table kept as select 42 as answer');
    process.kill(first.pid, 'SIGKILL');
    await first.ended;
    // In another PID namespace, the PID in a stale file is that of anyone: here, of a process that lives.
    const pidFile = join(directory, 'cluster', 'postmaster.pid');
    await writeFile(pidFile, (await readFile(pidFile, 'utf8')).replace(/^\d+/, String(process.ppid)));
    const second = await start(directory);
    assert.equal(second.url.reveal(), first.url.reveal());
    assert.deepEqual(await query(second.url.reveal(), 'select answer from kept'), [{ answer: 42 }]);
  });

  it('makes a half-made cluster anew', async (t) => {
    const directory = await folder(t);
    await mkdir(join(directory, 'cluster.making'));
    await writeFile(join(directory, 'cluster.making', 'PG_VERSION'), '18');
    await writeFile(join(directory, 'cluster.password'), 'left behind');
    const server = await start(directory);
    assert.deepEqual(await query(server.url.reveal(), 'select 1 as one'), [{ one: 1 }]);
    assert.deepEqual((await readdir(directory)).sort(), ['access.json', 'cluster', 'lib', 'lock', 'postgres.log', 'rooms']);
  });

  it('takes another port when its own is taken', async (t) => {
    const directory = await folder(t);
    const first = await startPostgres(directory, serverWalls(), never);
    await first.stop();
    const other = createServer().listen(Number(new URL(first.url.reveal()).port), '127.0.0.1');
    await once(other, 'listening');
    t.after(() => other.close());
    const second = await start(directory);
    assert.notEqual(new URL(second.url.reveal()).port, String((other.address() as AddressInfo).port));
    assert.deepEqual(await query(second.url.reveal(), 'select 1 as one'), [{ one: 1 }]);
  });

  it('is never started twice on one folder', async (t) => {
    const directory = await folder(t);
    await start(directory);
    await assert.rejects(startPostgres(directory, serverWalls(), never), (error: TrunklineError) => error.record.code === 'POSTGRES_RUNNING');
  });

  it('ends with its parent, also when that is killed', { skip: process.platform !== 'linux' && 'only Linux tells a child of its parent\'s end' }, async (t) => {
    const directory = await folder(t);
    const { child, url } = await startElsewhere(directory);
    assert.match(url, /^postgres:/);
    child.kill('SIGKILL');
    await once(child, 'exit');
    const again = await start(directory); // waits for the lock of the first
    assert.deepEqual(await query(again.url.reveal(), 'select 1 as one'), [{ one: 1 }]);
  });

  it('runs for an ordinary user', { skip: process.geteuid?.() !== 0 && 'this suite runs as one' }, async (t) => {
    const directory = await folder(t);
    await chmod(directory, 0o700);
    await chown(directory, NOBODY, NOBODY);
    const { child, url } = await startElsewhere(directory, asNobody());
    assert.deepEqual(await query(url, 'select 1 as one'), [{ one: 1 }]);
    child.stdin?.write('stop\n');
    assert.deepEqual(await once(child, 'exit'), [0, null]);
    await assert.rejects(query(url, 'select 1'), /ECONNREFUSED/);
  });

  it('serves root also in a folder that only another user may enter', { skip: process.geteuid?.() !== 0 && 'only root enters it' }, async (t) => {
    const home = await folder(t);
    await chown(home, 1_234, 1_234);
    const server = await startPostgres(join(home, 'postgres'), serverWalls(), never);
    servers.set(home, [server]);
    assert.deepEqual(await query(server.url.reveal(), 'select 1 as one'), [{ one: 1 }]);
  });

  it('takes a cluster over from a host with other walls, and back', { skip: process.geteuid?.() !== 0 && 'only root gives files away' }, async (t) => {
    const directory = await folder(t);
    for (const [walls, owner] of [[noWalls(), 0], [serverWalls(), SERVER], [noWalls(), 0]] as const) {
      const server = await startPostgres(directory, walls, never);
      await query(server.url.reveal(), 'create table if not exists kept as select 42 as answer');
      assert.deepEqual(await query(server.url.reveal(), 'select answer from kept'), [{ answer: 42 }]);
      await server.stop();
      assert.deepEqual(await owners(join(directory, 'cluster')), [owner]);
    }
  });

  it('takes a cluster over that an earlier host, killed amid it, had half given away', { skip: process.geteuid?.() !== 0 && 'only root gives files away' }, async (t) => {
    const directory = await folder(t);
    const first = await startPostgres(directory, noWalls(), never);
    await query(first.url.reveal(), 'create table kept as select 42 as answer');
    await first.stop();
    for (const name of ['base', 'base/1', 'PG_VERSION', 'global/pg_control']) await chown(join(directory, 'cluster', name), SERVER, SERVER);
    const second = await start(directory);
    assert.deepEqual(await query(second.url.reveal(), 'select answer from kept'), [{ answer: 42 }]);
    assert.deepEqual(await owners(join(directory, 'cluster')), [SERVER]);
  });

  it('ends with all that SQL made it start', async (t) => {
    const directory = await folder(t);
    const server = await start(directory);
    const { superuser, port } = JSON.parse(await readFile(join(directory, 'access.json'), 'utf8')) as { superuser: string; port: number };
    await query(`postgres://postgres:${superuser}@127.0.0.1:${port}/postgres`, "copy (select 1) to program 'setsid sleep 86397.25 > /dev/null 2>&1 &'");
    assert.equal((await sleepers()).length, 1);
    await server.stop();
    assert.deepEqual(await sleepers(), []);
  });

  it('logs no more than it may of what SQL says, and no password', async (t) => {
    const directory = await folder(t);
    const server = await start(directory);
    const { password } = new URL(server.url.reveal());
    await query(server.url.reveal(), `do $$ begin for n in 1 .. 12 loop raise log '${password} %', repeat('x', 1_000_000); end loop; end $$`);
    await query(server.url.reveal(), "do $$ begin for n in 1 .. 2000 loop raise log '%', repeat('y', 8000); end loop; end $$");
    await server.stop();
    const logs = await Promise.all(['postgres.log', 'postgres.log.1'].map((name) => readFile(join(directory, name), 'utf8')));
    assert.ok(logs.every((text) => text.length < 2_500_000), `${logs.map((text) => text.length)}`);
    assert.match(logs[0] ?? '', /shut down/);
    assert.equal(logs.join('').includes(password), false);
  });

  it('leaves nothing running when the start is aborted', async (t) => {
    const directory = await folder(t);
    const abort = new AbortController();
    const starting = startPostgres(directory, serverWalls(), abort.signal);
    while (!(await readdir(directory)).includes('cluster.making')) await new Promise(setImmediate);
    abort.abort(new Error('enough'));
    await assert.rejects(starting, /enough/);
    const server = await start(directory);
    assert.deepEqual(await query(server.url.reveal(), 'select 1 as one'), [{ one: 1 }]);
  });

  it('says which file is missing when its passwords are lost', async (t) => {
    const directory = await folder(t);
    await mkdir(join(directory, 'cluster'));
    await assert.rejects(startPostgres(directory, serverWalls(), never), (error: TrunklineError) => error.record.code === 'POSTGRES_START' && /access\.json is gone/.test(error.message));
  });
});
