import { mkdir, open, readFile, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { isLeft, removeFolder } from '../../foundation/removal.ts';
import { endProcess, lives, type ProcessIdentity } from '../../sandbox/processes.ts';

/** What a later host must know to prove that nothing of a cell lives: the first process of its PID namespace. */
interface CellRecord extends ProcessIdentity {
  readonly boot: string;
}

const FILE = 'cell.json';

/** On disk when this resolves: before anything of a commit runs. */
export async function recordCell(scratch: string, first: ProcessIdentity): Promise<void> {
  const record: CellRecord = { ...first, boot: await bootId() };
  const file = await open(join(scratch, FILE), 'w', 0o600);
  try {
    await file.writeFile(JSON.stringify(record));
    await file.datasync();
  } finally {
    await file.close();
  }
}

/** Ends the cells in `records` that `isMine` does not claim, and removes what they left. @returns how many lived. */
export async function reapRecords(records: string, isMine: (name: string) => boolean): Promise<number> {
  await mkdir(records, { recursive: true, mode: 0o700 });
  const names = (await readdir(records)).filter((name) => !isMine(name));
  const reaped = await Promise.allSettled(names.map(async (name) => {
    const record = await read(join(records, name));
    // After a restart of the machine nothing lives, and the numbers belong to others.
    const lived = record !== undefined && record.boot === await bootId() && await lives(record);
    if (lived) await endProcess(record);
    // All in it is dead, which is what counts; whoever left it has said that it stayed, and it is tried again.
    await removeFolder(join(records, name)).catch((error: unknown) => {
      if (!isLeft(error)) throw error;
    });
    return lived;
  }));
  // One that does not die keeps none of the others alive.
  const failed = reaped.find(({ status }) => status === 'rejected');
  if (failed?.status === 'rejected') throw failed.reason;
  return reaped.filter((each) => each.status === 'fulfilled' && each.value).length;
}

/** @returns undefined where the host died before the record was whole: then nothing of a commit had run. */
async function read(scratch: string): Promise<CellRecord | undefined> {
  try {
    return JSON.parse(await readFile(join(scratch, FILE), 'utf8')) as CellRecord;
  } catch (error) {
    if (error instanceof SyntaxError || ['ENOENT', 'ENOTDIR'].includes((error as NodeJS.ErrnoException).code ?? '')) return undefined;
    throw error;
  }
}

async function bootId(): Promise<string> {
  return (await readFile('/proc/sys/kernel/random/boot_id', 'utf8')).trim();
}
