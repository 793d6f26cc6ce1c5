import { readFile, rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { TrunklineError } from './foundation/errors.ts';
import { BASELINE, parseBaseline, type Baseline } from './reports/baseline.ts';

/** Of the work tree; undefined where it has none. @throws {TrunklineError} `BASELINE_INVALID` */
export async function readBaseline(root: string): Promise<Baseline | undefined> {
  const text = await readFile(join(root, BASELINE), 'utf8').catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return undefined;
    throw error;
  });
  if (text === undefined) return undefined;
  try {
    return parseBaseline(text);
  } catch {
    throw new TrunklineError('BASELINE_INVALID', 'code', `${BASELINE} is no baseline`, 'delete it, and have "trunkline baseline" write it anew');
  }
}

/** Whole or not at all; answers its path. */
export async function writeBaseline(root: string, baseline: Baseline): Promise<string> {
  const file = join(root, BASELINE);
  await writeFile(`${file}.${process.pid}.new`, `${JSON.stringify(baseline, null, 2)}\n`);
  await rename(`${file}.${process.pid}.new`, file);
  return file;
}
