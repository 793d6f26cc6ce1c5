import { mkdir, rename, stat } from 'node:fs/promises';
import { createServer, type AddressInfo } from 'node:net';
import { join } from 'node:path';
import { TrunklineError } from '../../foundation/errors.ts';
import { Secret } from '../../foundation/secret.ts';
import { InstanceLog } from './agent/instance-log.ts';
import { newAccess, readAccess, writeAccess, type Access } from './postgres-access.ts';
import { ensureApplication } from './postgres-application.ts';
import { findPostgres } from './postgres-binaries.ts';
import { hasCluster, makeCluster } from './postgres-cluster.ts';
import type { ServerWalls } from './postgres-process.ts';
import { PortTaken, runningAlready, serve, type Serving, type ServingSpec } from './postgres-serving.ts';

const LOG_LIMIT_BYTES = 1_048_576;

export interface PostgresServer {
  /** Of the application's own database, for the role that owns it. */
  readonly url: Secret;
  readonly pid: number;
  /** Resolves when the server has ended, by `stop` or by itself. */
  readonly ended: Promise<void>;
  /** Ends it and all that it runs, within 15 seconds: sessions are cut, what was committed stays. Idempotent. */
  stop(): Promise<void>;
}

/**
 * Starts PostgreSQL on the cluster in `directory`, made at the first call, behind walls: it owns the cluster and reaches
 * nothing else, whatever SQL makes it do, and ends with this process. Resolves once it answers. What a crash left, here or in the cluster, is repaired. One caller at a time per directory.
 * @throws {TrunklineError} `POSTGRES_MISSING`, `POSTGRES_INITDB`, `POSTGRES_START`, `POSTGRES_RUNNING`, `TOOL_MISSING`, `CELL_NOT_SEALED`, `PRODUCT_SHUT`.
 */
export async function startPostgres(directory: string, walls: ServerWalls, signal: AbortSignal): Promise<PostgresServer> {
  signal.throwIfAborted();
  await mkdir(directory, { recursive: true, mode: 0o700 });
  const data = join(directory, 'cluster');
  const file = join(directory, 'access.json');
  let access = await accessOf(file, data);
  const log = await openLog(join(directory, 'postgres.log'), [access.superuser, access.application]);
  const serving = await begun({ directory, data, walls, log, access }, signal).catch(async (error: unknown) => {
    await log.close();
    throw isTaken(error) ? runningAlready(data) : error;
  });
  void serving.ended.then(() => log.close());
  try {
    if (serving.port !== access.port) await writeAccess(file, access = { ...access, port: serving.port });
    await ensureApplication(access);
    signal.throwIfAborted();
  } catch (error) {
    await serving.stop();
    throw error;
  }
  const url = new Secret(`postgres://application:${access.application.reveal()}@127.0.0.1:${access.port}/application`);
  return { url, pid: serving.pid, ended: serving.ended, stop: () => serving.stop() };
}

interface Beginning extends Pick<ServingSpec, 'directory' | 'data' | 'walls' | 'log'> { readonly access: Access }

async function begun({ access, ...around }: Beginning, signal: AbortSignal): Promise<Serving> {
  const { directory, data } = around;
  const binaries = await findPostgres(join(directory, 'lib'));
  if (!await hasCluster(data)) await makeCluster({ ...around, binaries, superuser: access.superuser }, signal);
  return onFreePort(access.port, (port) => serve({ ...around, binaries, port }, signal));
}

/** Of this start and of those before, if that was long. What SQL makes a server print is bounded, and shows no password. */
async function openLog(file: string, secrets: readonly Secret[]): Promise<InstanceLog> {
  const size = await stat(file).then(({ size: bytes }) => bytes, () => 0);
  if (size > LOG_LIMIT_BYTES) await rename(file, `${file}.1`);
  return new InstanceLog(file, () => secrets.map((secret) => secret.reveal()));
}

function isTaken(error: unknown): boolean {
  return error instanceof TrunklineError && error.record.code === 'ROOM_TAKEN';
}

/** The passwords are on disk before the cluster that they open. */
async function accessOf(file: string, data: string): Promise<Access> {
  const stored = await readAccess(file);
  if (stored) return stored;
  if (await hasCluster(data)) {
    throw new TrunklineError('POSTGRES_START', 'infra', `the database in ${data} has lost its passwords: ${file} is gone`,
      'put that file back, or remove the environment and launch it again');
  }
  const access = newAccess();
  await writeAccess(file, access);
  return access;
}

/** Any process may take a port between its choice and the start: then another is chosen. */
async function onFreePort(last: number, start: (port: number) => Promise<Serving>): Promise<Serving> {
  for (let attempt = 1; ; attempt++) {
    try {
      return await start(attempt === 1 && last !== 0 ? last : await freePort());
    } catch (error) {
      if (!(error instanceof PortTaken) || attempt === 5) throw error;
    }
  }
}

function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.once('error', reject);
    server.listen(0, '127.0.0.1', () => {
      const { port } = server.address() as AddressInfo;
      server.close(() => resolve(port));
    });
  });
}
