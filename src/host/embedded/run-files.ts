import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Report } from '../../reports/report.ts';

/** Where an attempt's log lies, below the folder of logs. */
export function logPath({ run, stage, action, attempt }: { run: string; stage: string; action: { readonly name: string }; attempt: number }): string {
  return join(run, `${stage}.${action.name}.${attempt}.log`);
}

/** What the last attempt of an action has kept; nothing where it kept nothing. */
export async function readReports(path: string): Promise<readonly Report[]> {
  try {
    return JSON.parse(await readFile(path, 'utf8')) as readonly Report[];
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return [];
    throw error;
  }
}
