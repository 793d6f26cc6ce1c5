import { createWriteStream, type WriteStream } from 'node:fs';
import { rename, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { TrunklineError } from '../../foundation/errors.ts';
import type { Millis } from '../../foundation/units.ts';
import type { PostgresBinaries } from './postgres-binaries.ts';
import { hintFor } from './postgres-cluster.ts';
import { asOnlyServer, LOCKED, startPrinting, type Printing } from './postgres-process.ts';

export interface Serving {
  readonly port: number;
  readonly pid: number;
  readonly ended: Promise<void>;
  stop(): Promise<void>;
}

export interface ServingSpec {
  readonly directory: string;
  readonly data: string;
  readonly binaries: PostgresBinaries;
  readonly port: number;
}

/** The port was free when it was chosen, and is not any more. */
export class PortTaken extends Error {}

/** Long, because a crash may have left much to be replayed. */
const START_LIMIT: Millis = 60_000;
const LOG_LIMIT_BYTES = 1_048_576;

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

/** @throws {PortTaken} when another process listens there. */
export async function serve(spec: ServingSpec, signal: AbortSignal): Promise<Serving> {
  const settings = Object.entries({ ...SETTINGS, port: String(spec.port) }).flatMap(([name, value]) => ['-c', `${name}=${value}`]);
  const words = asOnlyServer(join(spec.directory, 'lock'), join(spec.data, 'postmaster.pid'), [spec.binaries.postgres, '-D', spec.data, ...settings]);
  const log = await openLog(join(spec.directory, 'postgres.log'));
  const ready = Promise.withResolvers<'ready'>();
  const server = startPrinting(words, spec.binaries.env, (line) => {
    log.write(`${line}\n`);
    if (line.includes('database system is ready to accept connections')) ready.resolve('ready');
  });
  const ended = server.ended.then(() => {}, () => {}).finally(() => log.end());
  const stop = (): Promise<void> => stopServer(server, ended);

  const limit = AbortSignal.any([signal, AbortSignal.timeout(START_LIMIT)]);
  const aborted = Promise.withResolvers<'aborted'>();
  const abort = (): void => aborted.resolve('aborted');
  limit.addEventListener('abort', abort, { once: true });
  if (limit.aborted) abort();
  const outcome = await Promise.race([ready.promise, server.ended, aborted.promise]).finally(() => limit.removeEventListener('abort', abort));
  if (outcome === 'ready') return { port: spec.port, pid: server.child.pid as number, ended, stop };
  await stop();
  signal.throwIfAborted();
  throw startFault(outcome, server.lastLines, spec);
}

function startFault(outcome: string, lines: readonly string[], { port, data }: ServingSpec): Error {
  if (outcome === `exit code ${LOCKED}`) {
    return new TrunklineError('POSTGRES_RUNNING', 'infra', `another PostgreSQL server still runs on ${data}`, 'end the process that started it');
  }
  if (lines.some((line) => line.includes('could not create any TCP/IP sockets'))) return new PortTaken(`port ${port} is taken`);
  const why = outcome === 'aborted' ? `was not ready after ${START_LIMIT / 1_000} seconds` : `ended at its start: ${outcome}`;
  return new TrunklineError('POSTGRES_START', 'infra', `PostgreSQL ${why}`, hintFor(lines), lines);
}

/** Fast shutdown; then without a checkpoint; then by force. The next start repairs what the last two leave. */
async function stopServer(server: Printing, ended: Promise<void>): Promise<void> {
  for (const [signal, patience] of [['SIGINT', 10_000], ['SIGQUIT', 3_000], ['SIGKILL', 2_000]] as const) {
    server.child.kill(signal);
    if (await within(ended, patience)) return;
  }
  throw new TrunklineError('POSTGRES_STOP', 'infra', `PostgreSQL (process ${server.child.pid}) does not end`, 'look at the state of that process: its disk may not answer');
}

async function within(promise: Promise<void>, patience: Millis): Promise<boolean> {
  const late = Promise.withResolvers<boolean>();
  const timer = setTimeout(() => late.resolve(false), patience);
  return Promise.race([promise.then(() => true), late.promise]).finally(() => clearTimeout(timer));
}

/** The log of this start and of the one before, if that was long. */
async function openLog(file: string): Promise<WriteStream> {
  const size = await stat(file).then(({ size: bytes }) => bytes, () => 0);
  if (size > LOG_LIMIT_BYTES) await rename(file, `${file}.1`);
  const log = createWriteStream(file, { flags: 'a', mode: 0o600 });
  log.on('error', () => {}); // a full disk must not end the database's parent; the last lines are in memory
  return log;
}
