import { mkdir } from 'node:fs/promises';
import { createServer, type AddressInfo } from 'node:net';
import { join } from 'node:path';
import { TrunklineError } from '../../foundation/errors.ts';
import { Secret } from '../../foundation/secret.ts';
import { newAccess, readAccess, writeAccess, type Access } from './postgres-access.ts';
import { ensureApplication } from './postgres-application.ts';
import { findPostgres } from './postgres-binaries.ts';
import { hasCluster, makeCluster } from './postgres-cluster.ts';
import { PortTaken, serve, type Serving } from './postgres-serving.ts';

export interface PostgresServer {
  /** Of the application's own database, for the role that owns it. */
  readonly url: Secret;
  readonly pid: number;
  /** Resolves when the server has ended, by `stop` or by itself. */
  readonly ended: Promise<void>;
  /** Ends it, within 15 seconds: sessions are cut, what was committed stays. Idempotent. */
  stop(): Promise<void>;
}

/**
 * Starts PostgreSQL on the cluster in `directory`, made at the first call, as a child of this process; resolves once
 * it answers. What a crash left, here or in the cluster, is repaired. One caller at a time per directory.
 * @throws {TrunklineError} `POSTGRES_MISSING`, `POSTGRES_INITDB`, `POSTGRES_START`, `POSTGRES_RUNNING`, `TOOL_MISSING`.
 */
export async function startPostgres(directory: string, signal: AbortSignal): Promise<PostgresServer> {
  signal.throwIfAborted();
  await mkdir(directory, { recursive: true, mode: 0o700 });
  const data = join(directory, 'cluster');
  const binaries = await findPostgres(join(directory, 'lib'));
  const file = join(directory, 'access.json');
  let access = await accessOf(file, data);
  if (!await hasCluster(data)) await makeCluster(data, binaries, access.superuser, signal);

  const serving = await onFreePort(access.port, (port) => serve({ directory, data, binaries, port }, signal));
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
