import pg from 'pg';
import { TrunklineError } from '../../foundation/errors.ts';
import type { Secret } from '../../foundation/secret.ts';
import type { Digest, Instant } from '../../foundation/units.ts';
import type { DatabaseState, LedgerRow } from './admission.ts';
import { FINGERPRINT } from './fingerprint.ts';
import type { Migration } from './migration.ts';

/** The name under which dbmate's sessions are known to the database. */
export const DBMATE_SESSION = 'trunkline dbmate';

const TABLE = `
create schema if not exists trunkline;
create table if not exists trunkline.ledger (
  id text primary key,
  sha256 text not null,
  run text not null,
  transactional boolean not null,
  started_at timestamptz not null,
  finished_at timestamptz,
  fingerprint_before text not null,
  fingerprint_after text
);
alter table trunkline.ledger add column if not exists failed_with text`;

/** What was applied to one database, and by which run; open for as long as nobody else may migrate it. */
export class Ledger {
  readonly #client: pg.Client;

  private constructor(client: pg.Client) {
    this.#client = client;
  }

  /**
   * Waits, for a minute at most, until no other run migrates this database, and ends what a killed one left running.
   * @throws {TrunklineError} `DATABASE_UNREACHABLE`, `DATABASE_BUSY`.
   */
  static async open(url: Secret, signal: AbortSignal): Promise<Ledger> {
    signal.throwIfAborted();
    const client = new pg.Client({ connectionString: url.reveal(), connectionTimeoutMillis: 10_000, application_name: 'trunkline ledger' });
    client.on('error', () => {}); // the query under way is told
    const abort = (): void => void client.end().catch(() => {});
    signal.addEventListener('abort', abort, { once: true });
    try {
      await client.connect();
      await client.query("set search_path to pg_catalog; set lock_timeout to '60s'; set statement_timeout to '90s'");
      await client.query("select pg_advisory_lock(hashtextextended('trunkline migrations', 0))");
      await client.query('select pg_terminate_backend(pid, 5000) from pg_stat_activity where application_name = $1 and datname = current_database()', [DBMATE_SESSION]);
      // Reading a definition waits for whoever changes the table: not for long.
      await client.query("set lock_timeout to '10s'");
      await client.query(TABLE);
      return new Ledger(client);
    } catch (error) {
      await client.end().catch(() => {});
      signal.throwIfAborted();
      throw databaseFault(error as Error, 'another run has been migrating it for a minute');
    } finally {
      signal.removeEventListener('abort', abort);
    }
  }

  async state(): Promise<DatabaseState> {
    const rows = await this.#rows<Row>('select * from trunkline.ledger order by started_at, id');
    return { ledger: rows.map(toRow), recorded: await this.#recorded(), fingerprint: await this.fingerprint() };
  }

  async fingerprint(): Promise<string> {
    const [row] = await this.#rows<{ fingerprint: string }>(FINGERPRINT);
    return (row as { fingerprint: string }).fingerprint;
  }

  async begin({ id, sha256, transactional }: Migration, run: string, now: Instant): Promise<void> {
    await this.#rows(`insert into trunkline.ledger (id, sha256, run, transactional, started_at, fingerprint_before) values ($1, $2, $3, $4, $5, $6)`,
      [id, sha256, run, transactional, new Date(now), await this.fingerprint()]);
  }

  async finish(id: string, now: Instant): Promise<void> {
    await this.#rows('update trunkline.ledger set finished_at = $2, fingerprint_after = $3 where id = $1', [id, new Date(now), await this.fingerprint()]);
  }

  /** The tool failed, though it recorded the migration. @param why in one line */
  async fail(id: string, why: string): Promise<void> {
    await this.#rows('update trunkline.ledger set failed_with = $2 where id = $1', [id, why]);
  }

  async forget(id: string): Promise<void> {
    await this.#rows('delete from trunkline.ledger where id = $1 and finished_at is null', [id]);
  }

  async close(): Promise<void> {
    await this.#client.end();
  }

  async #recorded(): Promise<readonly string[]> {
    const [found] = await this.#rows<{ exists: boolean }>("select to_regclass('public.schema_migrations') is not null as exists");
    if (!found?.exists) return [];
    return (await this.#rows<{ version: string }>('select version from public.schema_migrations order by version')).map(({ version }) => version);
  }

  async #rows<R extends pg.QueryResultRow>(sql: string, values: readonly unknown[] = []): Promise<readonly R[]> {
    try {
      return (await this.#client.query<R>(sql, [...values])).rows;
    } catch (error) {
      throw databaseFault(error as Error, 'something has held a lock on one of its tables for ten seconds');
    }
  }
}

interface Row {
  readonly id: string;
  readonly sha256: Digest;
  readonly run: string;
  readonly transactional: boolean;
  readonly finished_at: Date | null;
  readonly fingerprint_before: string;
  readonly fingerprint_after: string | null;
  readonly failed_with: string | null;
}

function toRow(row: Row): LedgerRow {
  return {
    id: row.id, sha256: row.sha256, run: row.run, transactional: row.transactional,
    finished: row.finished_at !== null, before: row.fingerprint_before, after: row.fingerprint_after, failedWith: row.failed_with,
  };
}

function databaseFault(error: Error & { readonly code?: string }, busy: string): TrunklineError {
  if (error.code === '55P03') return new TrunklineError('DATABASE_BUSY', 'infra', `the database is busy: ${busy}`, 'wait for that to end, then retry');
  const why = error instanceof AggregateError ? error.errors.map((one: Error) => one.message).join('; ') : error.message;
  return new TrunklineError('DATABASE_UNREACHABLE', 'infra', `the database can't be migrated: ${why}`, 'see that it runs and that its role may create a schema');
}
