import { cp, mkdtemp, rename, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { basename, dirname, join } from 'node:path';
import { TrunklineError } from '../../foundation/errors.ts';
import type { Secret } from '../../foundation/secret.ts';
import { writePrivate } from './postgres-access.ts';
import type { PostgresBinaries } from './postgres-binaries.ts';
import { asOrdinaryUser, startPrinting } from './postgres-process.ts';

export async function hasCluster(data: string): Promise<boolean> {
  return stat(data).then(() => true, (error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return false;
    throw error;
  });
}

/** Makes the cluster `data`, on disk before it has that name: what a crash leaves half made is made anew. */
export async function makeCluster(data: string, binaries: PostgresBinaries, superuser: Secret, signal: AbortSignal): Promise<void> {
  const making = `${data}.making`;
  const password = join(`${data}.password`);
  await rm(making, { recursive: true, force: true });
  await using program = await initdbFor(binaries);
  try {
    await writePrivate(password, superuser.reveal());
    const words = [program.initdb, '--pgdata', making, '--username', 'postgres', '--pwfile', password, '--locale', 'C', '--encoding', 'UTF8',
      '--auth-host', 'scram-sha-256', '--auth-local', 'reject', '--wal-segsize', '1', '--set', 'timezone=UTC', '--no-instructions'];
    const initdb = startPrinting(asOrdinaryUser(words), binaries.env, () => {});
    const abort = (): void => void initdb.child.kill('SIGKILL');
    signal.addEventListener('abort', abort, { once: true });
    if (signal.aborted) abort();
    const ended = await initdb.ended.finally(() => signal.removeEventListener('abort', abort));
    signal.throwIfAborted();
    if (ended !== 'exit code 0') {
      throw new TrunklineError('POSTGRES_INITDB', 'infra', `initdb could not make a database cluster: ${ended}`, hintFor(initdb.lastLines), initdb.lastLines);
    }
  } finally {
    await rm(password, { force: true });
  }
  await rename(making, data);
}

/**
 * initdb starts `postgres` beside itself by a line of shell that quotes its own path with `"` alone. Where the path
 * holds what a shell reads inside of these, a copy elsewhere makes the cluster.
 */
async function initdbFor({ initdb }: PostgresBinaries): Promise<AsyncDisposable & { readonly initdb: string }> {
  if (!/["$`\\]/.test(initdb)) return { initdb, async [Symbol.asyncDispose]() {} };
  const copy = await mkdtemp(join(tmpdir(), 'trunkline-initdb-'));
  await cp(dirname(dirname(initdb)), copy, { recursive: true });
  return { initdb: join(copy, 'bin', basename(initdb)), [Symbol.asyncDispose]: () => rm(copy, { recursive: true, force: true }) };
}

/** What to do, by what was printed. */
export function hintFor(lines: readonly string[]): string {
  const text = lines.join('\n');
  if (process.geteuid?.() === 0 && /Permission denied|cannot open shared object file/.test(text)) {
    return 'as nobody, PostgreSQL enters only folders that belong to root or are open to all: run Trunkline as the user whose folders these are';
  }
  if (/unshare: .*(not permitted|failed)/.test(text)) return 'this machine lets root make no user namespace: run Trunkline as an ordinary user';
  if (/No space left/.test(text)) return 'free some disk space';
  if (/incompatible/.test(text)) return 'the data were made by another version of PostgreSQL: remove the environment and launch it again';
  return 'see the last lines';
}
