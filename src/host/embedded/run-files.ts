import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { AttemptPlace } from '../../core/state.ts';
import type { Report } from '../../reports/report.ts';

/** Where an attempt's log lies, below the folder of logs. */
export function logPath(place: AttemptPlace): string {
  return join(place.run, `${nameOf(place)}.log`);
}

/** Where its reports lie, below the folder of reports. */
export function reportPath(place: AttemptPlace): string {
  return join(place.run, `${nameOf(place)}.json`);
}

/** As earlier versions named them; a file of theirs may hold what several attempts left. */
export function earlierPaths({ run, stage, action, attempt }: AttemptPlace): { readonly log: string; readonly report: string } {
  return { log: join(run, `${stage}.${action}.${attempt}.log`), report: join(run, `${stage}.${action}.json`) };
}

function nameOf({ stage, action, of, fence, attempt }: AttemptPlace): string {
  return `${stage}.${action}.${of}-${fence}-${attempt}`;
}

/** What an attempt has kept; nothing where it kept nothing. */
export async function readReports(path: string): Promise<readonly Report[]> {
  try {
    return JSON.parse(await readFile(path, 'utf8')) as readonly Report[];
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return [];
    throw error;
  }
}
