/** Database servers that belong to no region, and what can be made of one: for tests. */
import { randomUUID } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import pg from 'pg';
import { DEFAULT_LIMITS } from '../../sandbox/limits.ts';
import { findTools, quoted } from '../../sandbox/tools.ts';
import type { ServerWalls } from './postgres-process.ts';

/** A number that no system gives out. */
export const SERVER = 60_777;

export function serverWalls(): ServerWalls {
  const found = findTools();
  const tools = 'weakness' in found ? undefined : { ...found, loopback: undefined, stranger: found.stranger && { uid: SERVER, gid: SERVER } };
  const name = `trunkline-test-${randomUUID()}`;
  return { tools, hidden: [], marks: { TRUNKLINE_PLACE: name }, held: async () => ({ group: name, limits: DEFAULT_LIMITS }) };
}

/** As where no namespaces can be made. */
export function noWalls(): ServerWalls {
  return { ...serverWalls(), tools: undefined };
}

/**
 * Has the server run a module, as its superuser can by SQL. It lies in the server's own folder, beside an `own.txt`.
 * @param directory of the server
 * @returns what it printed
 */
export async function runByServer(directory: string, source: string): Promise<string> {
  const { superuser, port } = JSON.parse(await readFile(join(directory, 'access.json'), 'utf8')) as { readonly superuser: string; readonly port: number };
  const client = new pg.Client({ host: '127.0.0.1', port, user: 'postgres', password: superuser, database: 'postgres' });
  await client.connect();
  try {
    // Its libraries are not those of others.
    const command = `base64 -d > tried.mjs && echo own > own.txt && LD_LIBRARY_PATH= ${quoted(process.execPath)} tried.mjs > told 2>&1 || echo $? >> told`;
    await client.query(`copy (select '${Buffer.from(source).toString('base64')}') to program ${client.escapeLiteral(command)}`);
    await client.query('create temporary table told (line text)');
    await client.query("copy told from program 'base64 -w0 told'");
    const { rows: [row] } = await client.query<{ line: string }>('select line from told');
    return Buffer.from(row?.line ?? '', 'base64').toString();
  } finally {
    await client.end();
  }
}

/** Statements by which SQL would reach files, programs or powers of the server. They need a table `t` of one column of text. */
export const HOSTILE: readonly string[] = [
  "copy (select 1) to program 'id'", "copy t from program 'id'", "copy t from '/etc/passwd'", "copy (select 1) to '/tmp/x'", "select pg_read_file('/etc/passwd')", "select pg_read_binary_file('/etc/passwd')",
  "select pg_ls_dir('/')", "select pg_stat_file('/etc/passwd')", "select lo_import('/etc/passwd')", "select lo_export(lo_from_bytea(0, 'x'), '/tmp/x')", 'create extension plpython3u', 'create extension plperlu', 'create extension file_fdw',
  "create function f() returns int language c as '/lib/x86_64-linux-gnu/libc.so.6', 'system'", "create function f() returns int language internal as 'x'", "load '/tmp/x.so'", "alter system set archive_command = 'id'",
  'set session authorization postgres', 'set role postgres', 'alter role application superuser', 'create role other superuser', 'grant pg_execute_server_program to application', 'grant pg_read_server_files to application',
];
