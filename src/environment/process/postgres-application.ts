import pg from 'pg';
import type { Access } from './postgres-access.ts';

/** Brings the application's role and database about, where they are not there yet. */
export async function ensureApplication(access: Access): Promise<void> {
  const client = new pg.Client({
    host: '127.0.0.1', port: access.port, user: 'postgres', password: access.superuser.reveal(), database: 'postgres',
    ssl: false, connectionTimeoutMillis: 10_000, application_name: 'trunkline',
  });
  client.on('error', () => {}); // the query under way is told
  try {
    await client.connect();
    const { rows } = await client.query<{ role: boolean; database: boolean }>(`select
      exists (select from pg_roles where rolname = 'application') as role,
      exists (select from pg_database where datname = 'application') as database`);
    if (!rows[0]?.role) await client.query(`create role application login password ${client.escapeLiteral(access.application.reveal())}`);
    if (!rows[0]?.database) await client.query('create database application owner application');
  } finally {
    await client.end();
  }
}
