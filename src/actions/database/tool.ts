import { spawn } from 'node:child_process';
import { mkdtemp, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { resolveBinary } from 'dbmate';
import { TrunklineError } from '../../foundation/errors.ts';
import { removeFolder } from '../../foundation/removal.ts';
import type { Secret } from '../../foundation/secret.ts';
import type { Migration } from './migration.ts';
import { DBMATE_SESSION } from './ledger.ts';
import { buildsIndex } from './sql.ts';
import { MaskedLines } from '../../runner/masked-lines.ts';

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
 * Has dbmate apply one migration. That it does not fail is no proof, for it says "Applied" before it commits. The address reaches it by its environment only, and is struck from what it prints.
 */
export async function applyWithDbmate(migration: Migration, url: Secret, signal: AbortSignal, print: (line: string) => void): Promise<ToolEnd> {
  const folder = await mkdtemp(join(tmpdir(), 'trunkline-dbmate-'));
  try {
    await writeFile(join(folder, migration.file), migration.sql);
    const [program = '', ...words] = endsWithUs([dbmateBinary(), '--env', 'DATABASE_URL', '--no-dump-schema',
      '--migrations-table', 'public.schema_migrations', '--migrations-dir', folder, 'migrate']);
    const address = withTransport(url.reveal());
    const errors: string[] = [];
    const failed = await new Promise<boolean>((resolve, reject) => {
      // It reads a file `.env` where it stands: so it stands in a folder that has none.
      const child = spawn(program, words, {
        cwd: folder, stdio: ['ignore', 'pipe', 'pipe'],
        env: { DATABASE_URL: address, PGAPPNAME: DBMATE_SESSION, PGOPTIONS: limits(migration) },
      });
      const told = new MaskedLines(secretsOf(address), print);
      const complaints = new MaskedLines(secretsOf(address), (line) => {
        errors.push(line);
        print(line);
      });
      child.stdout.on('data', (chunk: Buffer) => told.write(chunk)).once('end', () => told.end());
      child.stderr.on('data', (chunk: Buffer) => complaints.write(chunk)).once('end', () => complaints.end());
      const abort = (): void => void child.kill('SIGKILL');
      signal.addEventListener('abort', abort, { once: true });
      if (signal.aborted) abort();
      child.once('error', (error: NodeJS.ErrnoException) => reject(error.code === 'ENOENT' ? toolMissing(program) : error));
      child.once('close', (code, by) => {
        signal.removeEventListener('abort', abort);
        if (code !== 0 && errors.length === 0) errors.push(`dbmate ended with ${by ?? `exit code ${code}`}`);
        resolve(code !== 0 || errors.some((line) => line.startsWith('Error: ')));
      });
    });
    signal.throwIfAborted();
    return { failed, errors };
  } finally {
    await removeFolder(folder);
  }
}

function toolMissing(program: string): TrunklineError {
  return new TrunklineError('TOOL_MISSING', 'infra', `"${program}", which starts dbmate, is not installed`, 'install the package "util-linux"');
}

/** In force unless the migration sets others: a change that waits for a lock makes every query behind it wait. */
function limits({ up }: Migration): string {
  return `-c lock_timeout=1s -c statement_timeout=${buildsIndex(up) ? '0' : '5s'}`;
}

/** On Linux the kernel ends it when this process ends, however that ends. */
function endsWithUs(words: readonly string[]): readonly string[] {
  return process.platform === 'linux' ? ['setpriv', '--pdeathsig', 'KILL', '--', ...words] : words;
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
