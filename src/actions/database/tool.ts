import { resolveBinary } from 'dbmate';
import { TrunklineError } from '../../foundation/errors.ts';
import type { Secret } from '../../foundation/secret.ts';
import type { Migration } from './migration.ts';
import { DBMATE_SESSION } from './ledger.ts';
import { buildsIndex } from './sql.ts';
import { MaskedLines } from '../../runner/masked-lines.ts';
import { runWalled } from './walled-tool.ts';

/** @throws {TrunklineError} `DBMATE_MISSING`. */
export function dbmateBinary(): string {
  try {
    return resolveBinary();
  } catch (cause) {
    throw new TrunklineError('DBMATE_MISSING', 'infra', `dbmate is not installed: ${(cause as Error).message}`, 'run "npm install dbmate"; npm leaves its binary out when it is told to omit optional dependencies');
  }
}

/** What became of dbmate: whether it failed, by its exit code, and what it reported as errors. */
export interface ToolEnd { readonly failed: boolean; readonly errors: readonly string[] }

/**
 * Has dbmate apply one migration, behind walls. That it does not fail is no proof, for it says "Applied" before it commits.
 * The address reaches it by its environment only, and is struck from what it prints.
 * @throws {TrunklineError} as {@link runWalled} does.
 */
export async function applyWithDbmate(migration: Migration, url: Secret, signal: AbortSignal, print: (line: string) => void): Promise<ToolEnd> {
  const address = withTransport(url.reveal());
  const errors: string[] = [];
  const told = new MaskedLines(secretsOf(address), print);
  const complaints = new MaskedLines(secretsOf(address), (line) => {
    errors.push(line);
    print(line);
  });
  const how = await runWalled({
    file: { name: migration.file, text: migration.sql },
    // It reads a file `.env` where it stands: so it stands in a folder that has none.
    words: (folder) => [dbmateBinary(), '--env', 'DATABASE_URL', '--no-dump-schema', '--migrations-table', 'public.schema_migrations', '--migrations-dir', folder, 'migrate'],
    env: { DATABASE_URL: address, PGAPPNAME: DBMATE_SESSION, PGOPTIONS: limits(migration) },
    signal, out: (chunk) => told.write(chunk), err: (chunk) => complaints.write(chunk),
  }).finally(() => {
    told.end();
    complaints.end();
  });
  const failed = how !== 'exit code 0';
  if (failed && errors.length === 0) errors.push(`dbmate ended with ${how}`);
  return { failed: failed || errors.some((line) => line.startsWith('Error: ')), errors };
}

/** In force unless the migration sets others: a change that waits for a lock makes every query behind it wait. */
function limits({ up }: Migration): string {
  return `-c lock_timeout=1s -c statement_timeout=${buildsIndex(up) ? '0' : '5s'}`;
}

/** dbmate asks for TLS unless told otherwise; a server on this machine has none. */
function withTransport(url: string): string {
  const address = new URL(url);
  if (!address.searchParams.has('sslmode') && ['127.0.0.1', '[::1]', 'localhost'].includes(address.hostname)) address.searchParams.set('sslmode', 'disable');
  return address.href;
}

function secretsOf(url: string): readonly string[] {
  const { password } = new URL(url);
  return [url, password, decodeURIComponent(password)].filter((secret) => secret !== '');
}
