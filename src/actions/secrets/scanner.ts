import { once } from 'node:events';
import { extname } from 'node:path';
import { Worker } from 'node:worker_threads';
import type { Millis } from '../../foundation/units.ts';
import { digestOf } from './digest.ts';
import { keyFile } from './keys.ts';
import type { Hit } from './leak.ts';
import type { Piece } from './look.ts';
import { piecesOf } from './pieces.ts';

/** What is looked at: a file, or one version of one. */
export interface Content { readonly path: string; readonly bytes: Buffer; readonly size: number }

export interface Scanner extends AsyncDisposable {
  /** What is in a file; undefined where it is too large to be looked at. A file that can't be searched in time is a hit itself: it could hide anything. */
  scan(content: Content, signal: AbortSignal): Promise<readonly Hit[] | undefined>;
}

const PROGRAM = new URL(`./worker${extname(import.meta.url)}`, import.meta.url);
const UNSCANNABLE = 'a file made so that no search through it ends: it could hide anything';
const MEMORY_MB = 512;
/** The libraries keep a little of everything that they see. */
const PIECES_PER_WORKER = 5_000;

export interface ScannerOptions {
  /** The longest that one piece of 256 KiB may take. */
  readonly patience?: Millis;
}

export function openScanner({ patience = 10_000 }: ScannerOptions = {}): Scanner {
  let worker: Worker | undefined;
  let done = 0;
  const end = async (): Promise<void> => {
    const ended = worker?.terminate();
    worker = undefined;
    done = 0;
    await ended;
  };
  const ask = async (pieces: readonly Piece[], signal: AbortSignal): Promise<readonly (readonly Hit[])[] | undefined> => {
    if (done > PIECES_PER_WORKER) await end();
    // Nothing of the environment, which has secrets of its own, and nothing printed.
    worker ??= new Worker(PROGRAM, { env: {}, stdout: true, stderr: true, execArgv: [], resourceLimits: { maxOldGenerationSizeMb: MEMORY_MB } });
    worker.unref();
    done += pieces.length;
    const settled = new AbortController();
    const limit = AbortSignal.any([signal, AbortSignal.timeout(patience), settled.signal]);
    try {
      const answered = once(worker, 'message', { signal: limit });
      worker.postMessage(pieces);
      const died = once(worker, 'exit', { signal: limit }).then(() => [undefined], () => new Promise<never[]>(() => {}));
      const [hits] = await Promise.race([answered, died]) as [readonly (readonly Hit[])[] | undefined];
      if (hits === undefined) await end();
      return hits;
    } catch {
      await end();
      signal.throwIfAborted();
      return undefined;
    } finally {
      settled.abort();
    }
  };
  return {
    scan: async ({ path, bytes, size }, signal) => {
      signal.throwIfAborted();
      const key = size <= bytes.length ? keyFile(path, bytes) : undefined;
      if (key !== undefined) return [{ rule: 'key-file', what: key, line: 1, masked: '', digest: digestOf(bytes) }];
      const pieces = piecesOf(path, bytes, size);
      if (!pieces) return undefined;
      const hits: Hit[] = [];
      for (const piece of pieces) {
        const found = await ask([piece], signal);
        if (!found) return [{ rule: 'unscannable-file', what: UNSCANNABLE, line: piece.line, masked: '', digest: digestOf(bytes) }];
        // Where two pieces overlap, both find the same.
        const isMet = ({ rule, line, digest, name }: Hit): boolean => hits.some((other) => other.rule === rule && other.line === line && other.digest === digest && other.name === name);
        hits.push(...(found[0] ?? []).filter((hit) => !isMet(hit)));
      }
      return hits;
    },
    [Symbol.asyncDispose]: end,
  };
}
