/** A thread that can be ended at any time: what it is given was written by a commit. */
import { parentPort, workerData } from 'node:worker_threads';
import type { AsideAnswer } from './aside.ts';
import { TrunklineError } from './errors.ts';

const { module, name, given } = workerData as { readonly module: string; readonly name: string; readonly given: readonly unknown[] };

async function answer(): Promise<AsideAnswer> {
  try {
    const { [name]: work } = await import(module) as { readonly [name: string]: (...given: readonly unknown[]) => unknown };
    if (!work) return { broke: `${module} has no ${name}` };
    return { value: await work(...given) };
  } catch (error) {
    if (error instanceof TrunklineError) return { refused: error.record };
    // A stack that overflows is the document's doing: it is nested too deep for whatever reads it.
    return { broke: error instanceof Error ? error.stack ?? error.message : String(error) };
  }
}

parentPort?.postMessage(await answer());
