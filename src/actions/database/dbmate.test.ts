import assert from 'node:assert/strict';
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it, type TestContext } from 'node:test';
import pg from 'pg';
import { serverWalls } from '../../environment/process/postgres.testing.ts';
import { startPostgres, type PostgresServer } from '../../environment/process/postgres.ts';
import type { TrunklineError } from '../../foundation/errors.ts';
import { Secret } from '../../foundation/secret.ts';
import type { ActionResult } from '../action.ts';
import { actionContext, checkContext, type Recorded } from '../fixture.testing.ts';
import { dbmate } from './dbmate.ts';
import { Ledger } from './ledger.ts';

describe('the dbmate action', () => {
  let root = '';
  let server: PostgresServer;
  let superuser = '';
  let count = 0;

  before(async () => {
    root = await mkdtemp(join(tmpdir(), 'trunkline-dbmate-test-'));
    server = await startPostgres(join(root, 'postgres'), serverWalls(), new AbortController().signal);
    const access = JSON.parse(await readFile(join(root, 'postgres', 'access.json'), 'utf8')) as { superuser: string; port: number };
    superuser = `postgres://postgres:${access.superuser}@127.0.0.1:${access.port}/postgres`;
  });
  after(async () => {
    await server.stop();
    await rm(root, { recursive: true, force: true });
  });

  /** A database of its own, of the application's role. */
  async function database(): Promise<Secret> {
    const name = `db${++count}`;
    await ask(new Secret(superuser), `create database ${name} owner application`);
    return new Secret(server.url.reveal().replace(/application$/, name));
  }

  async function ask<R extends pg.QueryResultRow = { [column: string]: unknown }>(url: Secret, sql: string): Promise<readonly R[]> {
    const client = new pg.Client({ connectionString: url.reveal() });
    await client.connect();
    try {
      return (await client.query<R>(sql)).rows;
    } finally {
      await client.end();
    }
  }

  /** The unpacked artifact with these migrations: each one's changes, after its options if it has any. */
  async function artifact(t: TestContext, migrations: { readonly [file: string]: string }): Promise<string> {
    const files = await mkdtemp(join(root, 'files-'));
    t.after(() => rm(files, { recursive: true }));
    await mkdir(join(files, 'db'));
    for (const [file, up] of Object.entries(migrations)) {
      const [options, changes] = up.startsWith('!') ? up.slice(1).split(':', 2) as [string, string] : ['', up];
      await writeFile(join(files, 'db', file), `-- migrate:up ${options.replace('=', ':')}\n${changes}\n-- migrate:down\n`);
    }
    return files;
  }

  async function migrate(files: string, databases: { readonly [region: string]: Secret }, also: Parameters<typeof actionContext>[0] = {}): Promise<Recorded & { readonly result: ActionResult }> {
    const regions = Object.fromEntries(Object.entries(databases).map(([name, url]) => [name, { database: url }]));
    const recorded = actionContext({ files, regions, ...also });
    return { ...recorded, result: await dbmate.run({ directory: 'db' }, recorded.context) };
  }

  function failure(result: ActionResult): string {
    return result.passed ? 'passed' : result.error.code;
  }

  function appliedIn(result: ActionResult, region: string): readonly string[] {
    const output = result.output as { regions: { [region: string]: { applied: { migration: string }[] } } };
    return (output.regions[region]?.applied ?? []).map(({ migration }) => migration);
  }

  const FIRST = { '001_books.sql': 'create table books (id int primary key);' };
  const SECOND = { ...FIRST, '002_orders.sql': 'create table orders (book int references books deferrable initially deferred);' };

  it('applies what each region lacks, then finds nothing to do, and writes down who did it', async (t) => {
    const regions = { 'eu-west': await database(), 'us-east': await database() };
    await migrate(await artifact(t, FIRST), { 'eu-west': regions['eu-west'] });
    const second = await artifact(t, SECOND);
    const { result, lines } = await migrate(second, regions, { run: 'run-2' });
    assert.equal(failure(result), 'passed');
    assert.deepEqual([appliedIn(result, 'eu-west'), appliedIn(result, 'us-east')], [['002_orders.sql'], ['001_books.sql', '002_orders.sql']]);
    assert.deepEqual(await ask(regions['eu-west'], 'select id, run, finished_at is not null as finished, fingerprint_before <> fingerprint_after as changed from trunkline.ledger order by id'),
      [{ id: '001', run: 'run-1', finished: true, changed: true }, { id: '002', run: 'run-2', finished: true, changed: true }]);
    assert.equal(lines.join('\n').includes(new URL(server.url.reveal()).password), false);

    const again = await migrate(second, regions);
    assert.deepEqual([appliedIn(again.result, 'eu-west'), appliedIn(again.result, 'us-east')], [[], []]);
    assert.ok(again.lines.includes('us-east: nothing to apply, all 2 migrations are there'));
  });

  it('believes the database, not dbmate, which says "Applied" before it commits', async (t) => {
    const eu = await database();
    const { result, lines } = await migrate(await artifact(t, { ...SECOND, '003_bad.sql': 'insert into orders values (7);' }), { eu });
    assert.ok(lines.some((line) => line.includes('Applied: 003_bad.sql')));
    assert.equal(failure(result), 'MIGRATION_FAILED');
    assert.match(result.passed ? '' : result.error.message, /003_bad\.sql failed in eu and was rolled back: .*foreign key/);
    assert.deepEqual(appliedIn(result, 'eu'), ['001_books.sql', '002_orders.sql']);
    const corrected = await migrate(await artifact(t, { ...SECOND, '003_bad.sql': 'insert into books values (7); insert into orders values (7);' }), { eu });
    assert.deepEqual(appliedIn(corrected.result, 'eu'), ['003_bad.sql']);
  });

  it('applies nothing anywhere when one region refuses', async (t) => {
    const regions = { eu: await database(), us: await database() };
    await migrate(await artifact(t, FIRST), regions);
    await ask(regions.us, 'alter table books add column sneaked int');
    const { result } = await migrate(await artifact(t, SECOND), regions);
    assert.equal(failure(result), 'SCHEMA_DRIFT');
    assert.match(result.passed ? '' : result.error.message, /nothing was applied, because in us: /);
    assert.deepEqual(await ask(regions.eu, "select to_regclass('orders') as orders"), [{ orders: null }]);
    const hint = (!result.passed && result.error.hint) || '';
    await ask(regions.us, /"(update .*)"/.exec(hint)?.[1] ?? 'no hint');
    assert.equal(failure((await migrate(await artifact(t, SECOND), regions)).result), 'passed');
  });

  it('sees every kind of change that was made past it', async (t) => {
    const eu = await database();
    await migrate(await artifact(t, { '1_all.sql': `create table a (n int); create index i on a (n); create view v as select n from a; create type mood as enum ('x');
      create function f() returns int language sql as 'select 1'; create domain d as int;` }), { eu });
    const ledger = await Ledger.open(eu, new AbortController().signal);
    t.after(() => ledger.close());
    const seen = new Set([await ledger.fingerprint()]);
    const changes = ['alter table a alter n set not null', 'alter table a alter n set default 3', 'alter table a add check (n > 0)', 'drop index i', 'create or replace view v as select n + 0 as n from a',
      "alter type mood add value 'y'", "create or replace function f() returns int language sql as 'select 2'", 'alter domain d set not null', 'create schema s', 'alter table a enable row level security',
      'create policy p on a using (n > 0)', 'create trigger t before update on a for each row execute function suppress_redundant_updates_trigger()'];
    for (const change of changes) {
      await ask(eu, change).catch((error: Error) => assert.fail(`${change}: ${error.message}`));
      const now = await ledger.fingerprint();
      assert.equal(seen.has(now), false, change);
      seen.add(now);
    }
    assert.equal(await ledger.fingerprint(), [...seen].at(-1), 'the same schema has the same fingerprint');
  });

  it('leaves to a person what may be half applied, and goes on once that is settled', async (t) => {
    const eu = await database();
    const files = await artifact(t, { '1_t.sql': 'create table t (a int); insert into t values (1), (1);', '2_index.sql': '!transaction=false:create unique index concurrently ti on t (a);' });
    const first = await migrate(files, { eu });
    assert.equal(failure(first.result), 'MIGRATION_HALF_APPLIED');
    assert.equal(failure((await migrate(files, { eu })).result), 'MIGRATION_HALF_APPLIED', 'again');
    await ask(eu, "delete from t where ctid = '(0,1)'; drop index ti; delete from trunkline.ledger where id = '2'");
    const third = await migrate(files, { eu });
    assert.deepEqual(appliedIn(third.result, 'eu'), ['2_index.sql']);
  });

  it('believes no record where dbmate itself has failed, until a person has looked', async (t) => {
    const eu = await database();
    const sly = "do $$ begin execute 'insert into schema_' || 'migrations values (''1'')'; end $$; create table half (); commit; select 1 / 0;";
    const files = await artifact(t, { '1_sly.sql': `!transaction=false:${sly}` });
    const first = await migrate(files, { eu });
    assert.equal(failure(first.result), 'MIGRATION_HALF_APPLIED');
    assert.deepEqual(await ask(eu, "select to_regclass('half')::text as half, version from schema_migrations"), [{ half: 'half', version: '1' }], 'dbmate has recorded it');
    const again = await migrate(files, { eu });
    assert.ok(!again.result.passed);
    assert.match(again.result.error.message, /^nothing was applied.*recorded as applied, and dbmate failed: Error: .*division by zero/);
    await ask(eu, "update trunkline.ledger set failed_with = null where id = '1'");
    assert.equal(failure((await migrate(files, { eu })).result), 'passed');
  });

  it('recovers by itself from a crash before, in and after a transaction', async (t) => {
    const eu = await database();
    const files = await artifact(t, SECOND);
    await migrate(await artifact(t, FIRST), { eu });
    const begun = `insert into trunkline.ledger select '002', 'sha256:none', 'run-0', true, now(), null, fingerprint_after, null from trunkline.ledger where id = '001'`;
    await ask(eu, begun);
    assert.deepEqual(appliedIn((await migrate(files, { eu })).result, 'eu'), ['002_orders.sql']);
    await ask(eu, "update trunkline.ledger set finished_at = null, fingerprint_after = null where id = '002'");
    const { result } = await migrate(files, { eu });
    assert.deepEqual([failure(result), appliedIn(result, 'eu')], ['passed', []]);
    assert.deepEqual(await ask(eu, 'select count(*)::int as unfinished from trunkline.ledger where finished_at is null'), [{ unfinished: 0 }]);
  });

  it('ends dbmate when it is cancelled, and the next run converges', async (t) => {
    const eu = await database();
    const abort = new AbortController();
    const slow = await artifact(t, { '1_slow.sql': 'set local statement_timeout = 0; select pg_sleep(60);' });
    const running = migrate(slow, { eu }, { signal: abort.signal });
    const outcome = assert.rejects(running, /cancelled/);
    while ((await ask(eu, "select 1 from pg_stat_activity where application_name = 'trunkline dbmate' and query like '%pg_sleep%' and state = 'active' and pid <> pg_backend_pid()")).length === 0);
    abort.abort(new Error('cancelled'));
    await outcome;
    const next = await migrate(await artifact(t, { '1_slow.sql': 'create table quick ();' }), { eu });
    assert.deepEqual(appliedIn(next.result, 'eu'), ['1_slow.sql']);
    assert.deepEqual(await ask(eu, "select 1 from pg_stat_activity where query like '%pg_sleep(60)%' and pid <> pg_backend_pid() and state = 'active'"), []);
  });

  it('lets two runs migrate one database only one after the other', async (t) => {
    const eu = await database();
    const files = await artifact(t, SECOND);
    const both = await Promise.all([migrate(files, { eu }), migrate(files, { eu })]);
    assert.deepEqual(both.map(({ result }) => appliedIn(result, 'eu').length).sort(), [0, 2]);
  });

  it('tries again while the table is locked, with limits that a migration may widen', async (t) => {
    const eu = await database();
    await migrate(await artifact(t, FIRST), { eu });
    const holder = new pg.Client({ connectionString: eu.reveal() });
    await holder.connect();
    await holder.query('begin; select * from books');
    const recorded = actionContext({ files: await artifact(t, { ...FIRST, '002_wide.sql': 'alter table books add column title text;', '003_limits.sql': "create table limits as select current_setting('lock_timeout') as lock, current_setting('statement_timeout') as statement;" }), regions: { eu: { database: eu } } });
    const released = Promise.withResolvers<void>();
    const context = { ...recorded.context, log: (line: string) => {
      recorded.lines.push(line);
      if (line.includes('could not get its lock')) released.resolve(holder.end());
    } };
    const result = await dbmate.run({ directory: 'db' }, context);
    await released.promise;
    assert.deepEqual(appliedIn(result, 'eu'), ['002_wide.sql', '003_limits.sql']);
    assert.deepEqual(await ask(eu, 'select * from limits'), [{ lock: '1s', statement: '5s' }]);
  });

  it('refuses, before it applies the first, a file that could never be applied whole', async (t) => {
    const eu = await database();
    const files = await artifact(t, { ...FIRST, '002_commit.sql': 'commit; create table loose ();' });
    await assert.rejects(migrate(files, { eu }), (error: TrunklineError) => error.record.code === 'MIGRATION_INVALID');
    assert.deepEqual(await ask(eu, "select to_regclass('books') as books"), [{ books: null }]);
  });

  for (const [what, file, changes, why] of [
    ['two up parts', '002_two.sql', 'create table a ();\n-- migrate:up\ncreate table b ();', /the parts up, up, down/],
    ['a part that only dbmate sees', '002_odd.sql', 'create table a ();\n--\nmigrate:down\n', /the parts up, down, down/],
    ['an option that there is none', '002_typo.sql', '!transaction=flase:create table a ();', /the option "transaction:flase"/],
    ['a record of its own making', '002_record.sql', "insert into schema_migrations values ('2');", /schema_migrations/],
    ['a name that dbmate passes over', '002_loud.SQL', 'create table a ();', /small letters/],
  ] as const) {
    it(`refuses, before it applies anything, ${what}`, async (t) => {
      const eu = await database();
      const files = await artifact(t, { ...FIRST, [file]: changes });
      await assert.rejects(migrate(files, { eu }), (error: TrunklineError) => error.record.code === 'MIGRATION_INVALID' && why.test(error.record.message));
      assert.deepEqual(await ask(eu, "select to_regclass('books') as books"), [{ books: null }]);
    });
  }

  it('says when a database is not there', async (t) => {
    const files = await artifact(t, FIRST);
    const gone = new Secret(server.url.reveal().replace(/:\d+\//, ':1/'));
    await assert.rejects(migrate(files, { eu: gone }), (error: TrunklineError) => error.record.code === 'DATABASE_UNREACHABLE' && error.record.class === 'infra');
  });

  it('names what is missing before a run', async (t) => {
    const repository = await artifact(t, FIRST);
    assert.deepEqual(await dbmate.missing({ directory: 'db' }, checkContext(repository)), []);
    assert.match((await dbmate.missing({ directory: 'absent' }, checkContext(repository))).join(), /there are no migrations in .*absent/);
    await writeFile(join(repository, 'db', 'unnumbered.sql'), '');
    assert.match((await dbmate.missing({ directory: 'db' }, checkContext(repository))).join(), /unnumbered\.sql has a name that does not begin with a number/);
    assert.equal(dbmate.input.safeParse({ directory: '../elsewhere' }).success, false);
  });
});
