import { mkdtemp, readdir, realpath, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { removeFolder } from '../foundation/removal.ts';

const PREFIX = 'trunkline-staged-';
/** A process of that number may live where it can't be seen from here: what is this old nobody is waiting for. */
const OLD = 600_000;

/** A folder for a laid-out tree, away from every repository, so that nothing above it is found by tools that look there. */
export async function openStaging(): Promise<AsyncDisposable & { readonly folder: string }> {
  await clearLeft();
  const folder = await realpath(await mkdtemp(join(tmpdir(), `${PREFIX}${process.pid}-`)));
  return { folder, [Symbol.asyncDispose]: () => removeFolder(folder) };
}

/** What hooks left that were killed. */
async function clearLeft(): Promise<void> {
  for (const name of await readdir(tmpdir()).catch(() => [])) {
    const pid = /^trunkline-staged-(\d+)-/.exec(name)?.[1] ?? (name.startsWith('trunkline-index-') ? '0' : undefined);
    if (pid === undefined || (pid !== '0' && isLiving(Number(pid)))) continue;
    const folder = join(tmpdir(), name);
    const found = await stat(folder).catch(() => undefined);
    if (found && found.uid === process.getuid?.() && Date.now() - found.mtimeMs > OLD) await removeFolder(folder);
  }
}

function isLiving(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}
