import { once } from 'node:events';
import { extname } from 'node:path';
import { Worker } from 'node:worker_threads';
import { TrunklineError, type ErrorRecord } from './errors.ts';
import { formatDuration, type Millis } from './units.ts';

/** What a thread answers: data alone, since nothing else passes from one to the other. */
export type AsideAnswer = { readonly value: unknown } | { readonly refused: ErrorRecord } | { readonly broke: string };

export interface Aside {
  /** The module of the function, such as `new URL(…, import.meta.url)`. */
  readonly module: URL;
  /** An exported function of plain data. */
  readonly name: string;
  readonly given: readonly unknown[];
  /** What is done, for people, such as `reading the test report reports/*.xml`. */
  readonly what: string;
  readonly signal: AbortSignal;
  /** The longest that it may take; by default a minute. */
  readonly patience?: Millis;
  readonly heapMb?: number;
}

const PATIENCE: Millis = 60_000;
/** Ten times the largest document that is read as a whole. */
const HEAP_MB = 1_024;
const PROGRAM = new URL(`./aside-worker${extname(import.meta.url)}`, import.meta.url);

/** The URL of a module beside the caller's, as source or as built. */
export function moduleBeside(base: string, path: string): URL {
  return new URL(`${path}${extname(base)}`, base);
}

/**
 * Calls a function in a thread of its own that is ended at a deadline: what it reads was written by a commit, and may be
 * made so that reading it takes for ever or fills the memory. The caller's event loop stays free.
 * @throws {TrunklineError} what the function throws; `READING_TOO_COSTLY`; and the reason of the signal.
 */
export async function aside({ module, name, given, what, signal, patience = PATIENCE, heapMb = HEAP_MB }: Aside): Promise<unknown> {
  signal.throwIfAborted();
  const limit = AbortSignal.timeout(patience);
  const stop = AbortSignal.any([signal, limit]);
  // Nothing of the environment, which has secrets of its own, and nothing printed.
  const worker = new Worker(PROGRAM, { env: {}, execArgv: [], stdout: true, stderr: true, workerData: { module: module.href, name, given }, resourceLimits: { maxOldGenerationSizeMb: heapMb, maxYoungGenerationSizeMb: 64 } });
  try {
    const ended = once(worker, 'exit', { signal: stop }).then((): [AsideAnswer] => [{ broke: 'its thread ended' }]);
    const answered = once(worker, 'message', { signal: stop }) as Promise<[AsideAnswer]>;
    const [answer] = await Promise.race([answered, ended]);
    if ('refused' in answer) throw rebuilt(answer.refused);
    if ('broke' in answer) throw new Error(`${what}: ${answer.broke}`);
    return answer.value;
  } catch (error) {
    signal.throwIfAborted();
    if (limit.aborted) throw tooCostly(`${what} took longer than ${formatDuration(patience)}`);
    if ((error as NodeJS.ErrnoException).code === 'ERR_WORKER_OUT_OF_MEMORY') throw tooCostly(`${what} needs more than ${heapMb} MB of memory`);
    throw error;
  } finally {
    await worker.terminate();
  }
}

function rebuilt({ code, class: kind, message, hint, lastLines }: ErrorRecord): TrunklineError {
  return new TrunklineError(code, kind, message, hint, lastLines);
}

function tooCostly(why: string): TrunklineError {
  return new TrunklineError('READING_TOO_COSTLY', 'code', why, 'nothing that people or their tools write takes so long: look at what the commit, or its command, left there');
}
