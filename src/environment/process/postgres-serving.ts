import { setTimeout as sleep } from 'node:timers/promises';
import { TrunklineError } from '../../foundation/errors.ts';
import type { Millis } from '../../foundation/units.ts';
import { LOCKED } from '../../sandbox/locked.ts';
import { send } from '../../sandbox/processes.ts';
import { hintFor, LAST_LINES } from './postgres-cluster.ts';
import { startProgram, type Program, type ProgramSpec } from './postgres-process.ts';

export interface Serving {
  readonly port: number;
  readonly pid: number;
  readonly ended: Promise<void>;
  stop(): Promise<void>;
}

export interface ServingSpec extends Omit<ProgramSpec, 'words' | 'folder'> {
  readonly data: string;
  readonly port: number;
}

/** The port was free when it was chosen, and is not any more. */
export class PortTaken extends Error {}

/** Long, because a crash may have left much to be replayed. */
const START_LIMIT: Millis = 60_000;
const READY = 'database system is ready to accept connections';

/** Small for a laptop, whole in what protects data. Nothing reaches it but loopback connections with a password. */
const SETTINGS = {
  listen_addresses: '127.0.0.1',
  unix_socket_directories: '',
  password_encryption: 'scram-sha-256',
  fsync: 'on',
  full_page_writes: 'on',
  synchronous_commit: 'on',
  max_connections: '100',
  shared_buffers: '16MB',
  max_wal_size: '64MB',
  // Files in the cluster's own folder: a killed server leaves nothing in /dev/shm.
  dynamic_shared_memory_type: 'mmap',
  io_method: 'sync',
  max_worker_processes: '2',
  max_parallel_workers: '0',
  max_logical_replication_workers: '0',
  autovacuum_max_workers: '1',
  jit: 'off',
  logging_collector: 'off',
  log_destination: 'stderr',
  log_checkpoints: 'off',
  log_line_prefix: '%m [%p] ',
  // A statement may hold a password or a person's data: errors are logged, statements are not.
  log_min_error_statement: 'panic',
};

/** The lock says that no server lives here: what it left of its number is that of another process by now. */
const AFRESH = 'rm -f postmaster.pid && exec "$0" "$@"';

/** @throws {PortTaken} when another process listens there. */
export async function serve(spec: ServingSpec, signal: AbortSignal): Promise<Serving> {
  const settings = Object.entries({ ...SETTINGS, port: String(spec.port) }).flatMap(([name, value]) => ['-c', `${name}=${value}`]);
  const server = await startProgram({ ...spec, folder: spec.data, words: ['sh', '-c', AFRESH, spec.binaries.postgres, '-D', spec.data, ...settings] });
  const ended = server.ended.then(() => {});
  const stop = (): Promise<void> => stopServer(server, ended);

  const over = new AbortController();
  const limit = AbortSignal.any([signal, AbortSignal.timeout(START_LIMIT)]);
  const aborted = Promise.withResolvers<'aborted'>();
  const abort = (): void => aborted.resolve('aborted');
  limit.addEventListener('abort', abort, { once: true });
  if (limit.aborted) abort();
  const outcome = await Promise.race([ready(server, over.signal), server.ended, aborted.promise]).finally(() => {
    over.abort();
    limit.removeEventListener('abort', abort);
  });
  const pid = outcome === 'ready' ? await postmaster(server) : undefined;
  if (pid !== undefined) return { port: spec.port, pid, ended, stop };
  await stop();
  signal.throwIfAborted();
  throw startFault(outcome, spec);
}

/** Whoever listens to what it prints hears it, in whatever chunks that comes; only until it is ready, since others print too from then on. */
function ready({ running: { child: { stderr } } }: Program, over: AbortSignal): Promise<'ready'> {
  return new Promise((resolve) => {
    let last = '';
    const hear = (chunk: Buffer): void => {
      last += chunk.toString('latin1');
      if (last.includes(READY)) resolve('ready');
      last = last.slice(-READY.length);
    };
    stderr?.on('data', hear);
    over.addEventListener('abort', () => stderr?.off('data', hear), { once: true });
  });
}

/** The server's own first process, as it is numbered here; undefined once it has ended. */
async function postmaster({ running: { child, members } }: Program): Promise<number | undefined> {
  const all = await members();
  return (all.find(({ pid }) => pid === child.pid) ?? all[0])?.pid;
}

function startFault(outcome: string, { port, data, log }: ServingSpec): Error {
  if (outcome === `exit code ${LOCKED}`) return runningAlready(data);
  const lines = log.lastLines(LAST_LINES);
  if (lines.some((line) => line.includes('could not create any TCP/IP sockets'))) return new PortTaken(`port ${port} is taken`);
  const why = outcome === 'aborted' ? `was not ready after ${START_LIMIT / 1_000} seconds` : `ended at its start: ${outcome}`;
  return new TrunklineError('POSTGRES_START', 'infra', `PostgreSQL ${why}`, hintFor([...lines, outcome]), lines);
}

export function runningAlready(data: string): TrunklineError {
  return new TrunklineError('POSTGRES_RUNNING', 'infra', `another PostgreSQL server still runs on ${data}`, 'end the process that started it');
}

/** Fast shutdown; then without a checkpoint; then by force. The next start repairs what the last two leave. */
async function stopServer(server: Program, ended: Promise<void>): Promise<void> {
  let isOver = false;
  void ended.then(() => { isOver = true; });
  for (const [signal, patience] of [['SIGINT', 10_000], ['SIGQUIT', 3_000]] as const) {
    const pid = isOver ? undefined : await postmaster(server);
    if (pid === undefined) break;
    send(pid, signal);
    await Promise.race([ended, sleep(patience, undefined, { ref: false })]);
  }
  await server.end();
  await ended;
}
