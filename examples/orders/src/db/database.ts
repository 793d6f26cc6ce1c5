import pg from 'pg';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Log } from '../telemetry/log.ts';

/** Values are always parameters: no text of a customer becomes part of a statement. */
export interface Database {
  rows<Row extends pg.QueryResultRow>(sql: string, values?: readonly unknown[]): Promise<Row[]>;
  close(): Promise<void>;
}

/** The database gave no answer at all, as against an answer that we did not like. */
export class DatabaseUnavailable extends Error {}

export interface DatabaseSettings {
  readonly connections: number;
  readonly connectTimeoutMs: number;
  readonly statementTimeoutMs: number;
  /** For how long an unreachable database is tried again. */
  readonly retryForMs: number;
}

/** Connects when it is first asked, so that the process starts whether or not the database is up yet. */
export function openDatabase(url: string, settings: DatabaseSettings, log: Log): Database {
  const pool = new pg.Pool({
    connectionString: url,
    max: settings.connections,
    connectionTimeoutMillis: settings.connectTimeoutMs,
    statement_timeout: settings.statementTimeoutMs,
    application_name: 'orders',
  });
  // A connection may break while nobody uses it; the next query gets another one.
  pool.on('error', (error) => log.error('an idle connection to the database broke', error));

  return {
    rows: async (sql, values = []) => {
      const client = await connected(pool, settings.retryForMs);
      let broken: Error | undefined;
      try {
        return (await client.query(sql, [...values])).rows;
      } catch (error) {
        if (!isConnectionLoss(error)) throw error;
        broken = error as Error;
        throw new DatabaseUnavailable('the connection to the database broke', { cause: error });
      } finally {
        client.release(broken);
      }
    },
    close: () => pool.end(),
  };
}

/** Trying again is safe here and only here: nothing was sent yet. */
async function connected(pool: pg.Pool, retryForMs: number): Promise<pg.PoolClient> {
  const until = performance.now() + retryForMs;
  for (let pause = 50; ; pause *= 2) {
    try {
      return await pool.connect();
    } catch (error) {
      if (!isConnectionLoss(error) || performance.now() + pause > until) throw new DatabaseUnavailable('the database cannot be reached', { cause: error });
      await sleep(pause);
    }
  }
}

/** Class 08 is a broken connection, 57P01 to 57P03 a server that goes down or comes up. */
export function isConnectionLoss(error: unknown): boolean {
  const code = typeof error === 'object' && error !== null && 'code' in error ? String(error.code) : '';
  if (/^(08...|57P0[123]|ECONNREFUSED|ECONNRESET|EPIPE|ENOENT)$/.test(code)) return true;
  return error instanceof Error && error.message.startsWith('Connection terminated');
}
