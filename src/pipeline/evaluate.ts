import { randomBytes } from 'node:crypto';
import { basename, dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { TrunklineError } from '../foundation/errors.ts';
import { Folder, isAbsent, readAtMost } from '../foundation/folder.ts';
import { removeIn } from '../foundation/removal.ts';
import { formatDuration, type Json, type Millis } from '../foundation/units.ts';
import type { Cell, Exit } from '../runner/cell.ts';
import type { Log } from '../runner/log.ts';
import { parsePlan, planInvalid, type Plan } from './plan.ts';
import { faultsOf } from './rules.ts';
import { parseCanonical } from './strict-json.ts';

export interface Evaluating {
  /** The configuration's path in the checkout, absolute: its folder is the cell's `workdir`, or lies in it. */
  readonly config: string;
  readonly log: Log;
  readonly signal: AbortSignal;
  readonly timeout: Millis;
}

/** What a plan may weigh as JSON. A large real one is 50 kB. */
const LIMIT_BYTES = 1_000_000;
/** Heap of the evaluation, in MB: a size bomb ends there and not at the machine's limit. */
const HEAP_MB = 256;

/**
 * Evaluates a commit's `trunkline.config.ts` in a cell, and proves that what came of it is a pipeline.
 * @throws {TrunklineError} `CONFIG_NOT_FOUND`; `CONFIG_INVALID` with file and line for what the file does wrong;
 * `CONFIG_TIMEOUT`; `PLAN_INVALID`; `CANCELLED`.
 */
export async function evaluateConfig(cell: Cell, { config, log, signal, timeout }: Evaluating): Promise<Plan> {
  const file = resolve(config);
  await using folder = await folderOf(file);
  const name = `.trunkline-evaluation-${randomBytes(8).toString('hex')}`;
  const out = join(dirname(file), name);
  try {
    const exit = await cell.run({
      attempt: `${cell.id}-evaluation`,
      command: [process.execPath, `--max-old-space-size=${HEAP_MB}`, sibling('evaluate-main'), file, out],
      timeout,
      signal,
      log,
    });
    return planOf(await result(folder, name), basename(file), exit, log, timeout);
  } finally {
    await removeIn(folder, name);
  }
}

function sibling(name: string): string {
  return fileURLToPath(new URL(`./${name}${import.meta.url.endsWith('.ts') ? '.ts' : '.js'}`, import.meta.url));
}

/** Held open, so that what is left in it is looked for where it was when the evaluation began. */
async function folderOf(file: string): Promise<Folder> {
  const missing = (what: string): TrunklineError => new TrunklineError('CONFIG_NOT_FOUND', 'usage', `${what} ${basename(file)} in this commit`, 'run "trunkline init" to write a first one, then commit it');
  const folder = await Folder.open(dirname(file)).catch((error: unknown) => {
    throw isAbsent(error) ? missing('there is no') : error;
  });
  const type = await folder.look(basename(file));
  if (type === 'file') return folder;
  await folder.close();
  throw missing(type === undefined ? 'there is no' : 'it is not a file:');
}

/**
 * Reads what the cell left, trusting neither its kind nor its size: a link could lead to a secret, a pipe could wait
 * for ever, a file could be endless, or be another's.
 * @returns undefined when there is nothing.
 */
async function result(folder: Folder, name: string): Promise<Uint8Array | 'not-a-file' | 'too-large' | undefined> {
  try {
    await using file = await folder.file(name);
    if ((await file.stat()).nlink !== 1) return 'not-a-file';
    return await readAtMost(file, LIMIT_BYTES) ?? 'too-large';
  } catch (error) {
    if (isAbsent(error)) return undefined;
    if (error instanceof TrunklineError) return 'not-a-file';
    throw error;
  }
}

function planOf(bytes: Uint8Array | 'not-a-file' | 'too-large' | undefined, name: string, exit: Exit, log: Log, timeout: Millis): Plan {
  if (exit.ended === 'cancelled') throw new TrunklineError('CANCELLED', 'refused', `evaluating ${name} was cancelled`);
  if (exit.ended === 'timeout') throw new TrunklineError('CONFIG_TIMEOUT', 'usage', `${name} did not finish within ${formatDuration(timeout)}`, 'a configuration only describes: look for an endless loop, or something that it waits for', log.lastLines(10));
  if (bytes === undefined) throw invalid(`${name}: ${unfinished(exit)}`, 'a configuration only describes and exports: look for process.exit, an endless wait, or too much data', log.lastLines(10));
  if (bytes === 'not-a-file') throw invalid(`${name} put something else where its plan belongs`);
  if (bytes === 'too-large') throw invalid(`${name} yields more than ${LIMIT_BYTES / 1_000_000} MB`, 'make the pipeline smaller');
  const parsed = parseCanonical(bytes);
  if ('fault' in parsed) throw invalid(`${name} yields no plan: ${parsed.fault}`);
  const evaluation = (parsed.value ?? {}) as { readonly plan?: Json; readonly fault?: { readonly message?: Json; readonly hint?: Json } };
  if (evaluation.fault !== undefined) throw invalid(plainText(evaluation.fault?.message), plainText(evaluation.fault?.hint));
  const plan = parsePlan(evaluation.plan);
  if (plan.tools !== undefined) throw planInvalid(['tools: Trunkline itself says which they are']);
  const faults = faultsOf(plan);
  if (faults.length > 0) throw planInvalid(faults.map(({ field, message }) => `${field}: ${message}`));
  return plan;
}

/** Node ends with 13 when a top-level await can never settle, and with 134 (SIGABRT) when the heap is full. */
function unfinished({ code, signal }: Exit): string {
  if (code === 13) return 'it waits at its top level for something that never comes';
  if (code === 134 || signal === 'SIGABRT') return `it needs more than ${HEAP_MB} MB of memory`;
  return `it ended before it gave a plan (${signal ?? `exit code ${code}`})`;
}

function invalid(message: string, hint = 'correct it there, then run "trunkline check"', lastLines: readonly string[] = []): TrunklineError {
  return new TrunklineError('CONFIG_INVALID', 'usage', message, hint, lastLines);
}

/** The commit wrote this text, and it is going to a terminal. */
function plainText(text: Json | undefined): string {
  // oxlint-disable-next-line no-control-regex -- control characters are the point
  return String(text ?? '').replace(/[\u0000-\u0009\u000b-\u001f\u007f-\u009f\u200e\u200f\u202a-\u202e\u2066-\u2069]/g, ' ').slice(0, 2_000);
}
