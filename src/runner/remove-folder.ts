import { execFile } from 'node:child_process';
import { rm } from 'node:fs/promises';
import { promisify } from 'node:util';
import type { Millis } from '../foundation/units.ts';

const PATIENCE: Millis = 120_000;

/**
 * Removes a folder in which a command could write: also what it shut to its own user, and what it nested deeper than a
 * path can be long, which is left to `find` and `rm`: they walk by descriptors. No link is followed. Gone already is fine.
 * @throws what keeps it there.
 */
export async function removeFolder(path: string): Promise<void> {
  try {
    await rm(path, { recursive: true, force: true });
  } catch (error) {
    if (!['EACCES', 'EPERM', 'ENOTEMPTY', 'ENAMETOOLONG'].includes((error as NodeJS.ErrnoException).code ?? '')) throw error;
    // What can't be opened, the next one tells.
    await run('find', [path, '-type', 'd', '!', '-perm', '-700', '-execdir', 'chmod', 'u+rwx', '--', '{}', ';']).catch(() => undefined);
    await run('rm', ['-rf', '--', path]);
  }
}

async function run(command: string, args: readonly string[]): Promise<void> {
  await promisify(execFile)(command, [...args], { timeout: PATIENCE, killSignal: 'SIGKILL', env: { PATH: '/usr/local/bin:/usr/bin:/bin' } });
}
