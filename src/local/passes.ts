import { mkdir, readFile, rename, writeFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import { z } from 'zod';

const schema = z.array(z.strictObject({ tree: z.string(), against: z.string(), by: z.string(), day: z.string() }));

/** What passed: these files, by their difference to those, under this Trunkline, on this day, since remarks hold until one. */
export type Pass = z.infer<typeof schema>[number];

const MOST = 500;

/** What has passed before on this machine. A file that can't be read says that nothing has. */
export async function readPasses(file: string): Promise<readonly Pass[]> {
  try {
    return schema.parse(JSON.parse(await readFile(file, 'utf8')));
  } catch {
    return [];
  }
}

export function hasPassed(passes: readonly Pass[], pass: Pass): boolean {
  return passes.some(({ tree, against, by, day }) => tree === pass.tree && against === pass.against && by === pass.by && day === pass.day);
}

/** Two at once may lose one of the two: it is only looked at again. */
export async function addPass(file: string, pass: Pass): Promise<void> {
  const kept = [...(await readPasses(file)).filter((each) => !hasPassed([each], pass)), pass].slice(-MOST);
  await mkdir(dirname(file), { recursive: true, mode: 0o700 });
  await writeFile(`${file}.${process.pid}`, JSON.stringify(kept), { mode: 0o600 });
  await rename(`${file}.${process.pid}`, file);
}
