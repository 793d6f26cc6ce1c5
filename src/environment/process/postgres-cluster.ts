import { chmod, cp, mkdir, mkdtemp, rename, rm, stat } from 'node:fs/promises';
import type { Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { basename, dirname, join } from 'node:path';
import { TrunklineError } from '../../foundation/errors.ts';
import { removeFolder } from '../../foundation/removal.ts';
import type { Secret } from '../../foundation/secret.ts';
import type { PostgresBinaries } from './postgres-binaries.ts';
import { startProgram, type ProgramSpec } from './postgres-process.ts';

/** How much of a log an error shows. */
export const LAST_LINES = 30;

/** The password comes by a pipe: it is in no file, and in no list of processes. */
const FROM_LINE = 'cat <&3 | "$0" "$@"';

export async function hasCluster(data: string): Promise<boolean> {
  return stat(data).then(() => true, (error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return false;
    throw error;
  });
}

export interface Making extends Pick<ProgramSpec, 'directory' | 'walls' | 'log'> {
  readonly data: string;
  readonly binaries: PostgresBinaries;
  readonly superuser: Secret;
}

/** Makes the cluster `data`, on disk before it has that name: what a crash leaves half made is made anew. */
export async function makeCluster({ data, binaries, superuser, ...around }: Making, signal: AbortSignal): Promise<void> {
  const making = `${data}.making`;
  await removeFolder(making);
  await rm(`${data}.password`, { force: true }); // an earlier version that was killed left it
  await mkdir(making, { mode: 0o700 });
  await using program = await initdbFor(binaries);
  const words = ['sh', '-c', FROM_LINE, program.initdb, '--pgdata', making, '--username', 'postgres', '--pwfile', '/dev/stdin', '--locale', 'C', '--encoding', 'UTF8',
    '--auth-host', 'scram-sha-256', '--auth-local', 'reject', '--wal-segsize', '1', '--set', 'timezone=UTC', '--no-instructions'];
  signal.throwIfAborted();
  const initdb = await startProgram({ ...around, binaries, words, folder: making, needed: program.needed });
  (initdb.running.child.stdio[3] as Socket | undefined)?.end(superuser.reveal());
  const abort = (): void => void initdb.end().catch(() => {}); // `ended` comes later then
  signal.addEventListener('abort', abort, { once: true });
  if (signal.aborted) abort();
  const ended = await initdb.ended.finally(() => signal.removeEventListener('abort', abort));
  signal.throwIfAborted();
  if (ended !== 'exit code 0') {
    const lines = around.log.lastLines(LAST_LINES);
    throw new TrunklineError('POSTGRES_INITDB', 'infra', `initdb could not make a database cluster: ${ended}`, hintFor([...lines, ended]), lines);
  }
  await rename(making, data);
}

/**
 * initdb starts `postgres` beside itself by a line of shell that quotes its own path with `"` alone. Where the path
 * holds what a shell reads inside of these, a copy elsewhere makes the cluster.
 */
async function initdbFor({ initdb }: PostgresBinaries): Promise<AsyncDisposable & { readonly initdb: string; readonly needed: readonly string[] }> {
  if (!/["$`\\]/.test(initdb)) return { initdb, needed: [], async [Symbol.asyncDispose]() {} };
  const copy = await mkdtemp(join(tmpdir(), 'trunkline-initdb-'));
  await cp(dirname(dirname(initdb)), copy, { recursive: true });
  await chmod(copy, 0o755); // it may run as another user
  return { initdb: join(copy, 'bin', basename(initdb)), needed: [copy], [Symbol.asyncDispose]: () => rm(copy, { recursive: true, force: true }) };
}

/** What to do, by what was printed. */
export function hintFor(lines: readonly string[]): string {
  const text = lines.join('\n');
  if (process.geteuid?.() === 0 && /Permission denied|cannot open shared object file/.test(text)) {
    return 'as nobody, PostgreSQL enters only folders that belong to root or are open to all: run Trunkline as the user whose folders these are';
  }
  if (/unshare: .*(not permitted|failed)/.test(text)) return 'this machine lets root make no user namespace: run Trunkline as an ordinary user';
  if (/spawn \S+ ENOENT/.test(text)) return 'install the package "util-linux"';
  if (/No space left/.test(text)) return 'free some disk space';
  if (/incompatible/.test(text)) return 'the data were made by another version of PostgreSQL: remove the environment and launch it again';
  return 'see the last lines';
}
