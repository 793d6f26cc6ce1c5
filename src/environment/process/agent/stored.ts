import { open, readFile, rename } from 'node:fs/promises';
import { dirname } from 'node:path';
import { z } from 'zod';
import { TrunklineError } from '../../../foundation/errors.ts';
import { WHOLE } from '../../../foundation/units.ts';
import { environmentPlan } from '../../../pipeline/plan.ts';
import type { Desired } from '../../desired.ts';
import type { Fenced } from '../../fence.ts';
import { digest, releaseSchema } from '../protocol.ts';

const placed = z.strictObject({ release: releaseSchema, plan: environmentPlan, content: digest.optional() });

const schema = z.strictObject({
  version: z.literal(1),
  /** The port of the region's address: chosen once. */
  port: z.int().min(1).max(65_535),
  plan: environmentPlan,
  stable: placed.optional(),
  candidate: placed.optional(),
  weight: z.int().min(0).max(WHOLE),
});

export interface Stored extends Desired { readonly port: number }

/** @throws {TrunklineError} `REGION_CORRUPT`. Undefined when the region was never launched. */
export async function readStored(file: string): Promise<Stored | undefined> {
  let text: string;
  try {
    text = await readFile(file, 'utf8');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw error;
  }
  try {
    const { version: _version, ...stored } = schema.parse(JSON.parse(text));
    return stored;
  } catch (error) {
    throw new TrunklineError('REGION_CORRUPT', 'infra', `${file} is not what Trunkline wrote: ${(error as Error).message.slice(0, 200)}`,
      'remove the environment with "trunkline down" and launch it anew');
  }
}

const fenced = z.strictObject({ run: z.string(), fence: z.int() });

/** The highest fence that was seen here; none where that is unreadable, which fences nobody out. */
export async function readFence(file: string): Promise<Fenced | undefined> {
  const text = await readFile(file, 'utf8').catch(() => '');
  return text === '' ? undefined : fenced.optional().catch(undefined).parse(json(text));
}

function json(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** On disk, whole, when it resolves. @throws {TrunklineError} `DISK_FULL`. */
export async function writeStored(file: string, { port, plan, stable, candidate, weight }: Stored): Promise<void> {
  await writeWhole(file, JSON.stringify({ version: 1, port, plan, stable, candidate, weight }));
}

export async function writeWhole(file: string, text: string, durable = true): Promise<void> {
  try {
    const handle = await open(`${file}.partial`, 'w', 0o600);
    try {
      await handle.writeFile(text);
      if (durable) await handle.sync();
    } finally {
      await handle.close();
    }
    await rename(`${file}.partial`, file);
    if (durable) await syncFolder(dirname(file));
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOSPC') throw error;
    throw new TrunklineError('DISK_FULL', 'infra', `no space is left to write ${file}`, 'free space, with "trunkline gc" or otherwise, and retry');
  }
}

async function syncFolder(folder: string): Promise<void> {
  const handle = await open(folder, 'r');
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}
