import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { extname } from 'node:path';
import { fileURLToPath } from 'node:url';
import { TrunklineError } from '../../foundation/errors.ts';
import type { Millis } from '../../foundation/units.ts';
import type { Scan, SourceText } from './scan.ts';

const PROGRAM = fileURLToPath(new URL(`./worker${extname(import.meta.url)}`, import.meta.url));
const HEAP_MB = 1_024;
/** Kilobytes: enough for any code that people write, and ended by an error, not by the machine, for what they don't. */
const STACK_KB = 3_900;
const LARGEST_BYTES = 1024 * 1024;
const MOST_FILES_LOST = 5;
const LARGEST_ANSWER = 64 * 1024 * 1024;

export interface AnalysisOptions {
  readonly signal: AbortSignal;
  /** The longest that one go over all files may take; the file at which it hangs is then left out. By default a minute. */
  readonly patience?: Millis;
}

/**
 * Follows what comes from outside through the files, all together, without running any of them. A file that is too
 * large, too deep, or keeps the analysis from its end is named in `incomplete`, and the others are still looked at.
 * @throws {TrunklineError} `SAST_FAILED` where more than five files in turn bring it to its end.
 */
export async function analyse(files: readonly SourceText[], { signal, patience = 60_000 }: AnalysisOptions): Promise<Scan> {
  const left: { path: string; why: string }[] = [];
  let remaining = files.filter(({ path, text }) => {
    const isTooLarge = Buffer.byteLength(text) > LARGEST_BYTES;
    if (isTooLarge) left.push({ path, why: 'it is larger than 1 MiB' });
    return !isTooLarge;
  });
  for (;;) {
    const end = await attempt(remaining, signal, patience);
    signal.throwIfAborted();
    if ('scan' in end) return { ...end.scan, incomplete: [...left, ...end.scan.incomplete] };
    if (end.at === undefined || left.filter(({ why }) => why === end.why).length >= MOST_FILES_LOST) {
      throw new TrunklineError('SAST_FAILED', 'code', `the static analysis came to no end: ${end.why}${end.at === undefined ? '' : `, at ${end.at} at last`}`, 'leave generated code out with staticAnalysis({ exclude: […] })', end.lines);
    }
    left.push({ path: end.at, why: end.why });
    remaining = remaining.filter(({ path }) => path !== end.at);
  }
}

type End = { readonly scan: Scan } | { readonly at: string | undefined; readonly why: string; readonly lines: readonly string[] };

async function attempt(files: readonly SourceText[], signal: AbortSignal, patience: Millis): Promise<End> {
  const stop = AbortSignal.any([signal, AbortSignal.timeout(patience)]);
  const child = spawn(process.execPath, [`--max-old-space-size=${HEAP_MB}`, `--stack-size=${STACK_KB}`, PROGRAM], { env: { PATH: process.env['PATH'], HOME: process.env['HOME'] }, stdio: ['pipe', 'pipe', 'pipe'] });
  const kill = (): void => void child.kill('SIGKILL');
  stop.addEventListener('abort', kill, { once: true });
  if (stop.aborted) kill();
  const told: Buffer[] = [];
  const complaints: Buffer[] = [];
  let length = 0;
  child.stdout.on('data', (chunk: Buffer) => {
    length += chunk.length;
    if (length > LARGEST_ANSWER) kill();
    else told.push(chunk);
  });
  child.stderr.on('data', (chunk: Buffer) => void (complaints.length < 100 && complaints.push(chunk)));
  // It may end before it has read everything.
  child.stdin.on('error', () => {});
  child.stdin.end(JSON.stringify(files));
  const [code, by] = await once(child, 'close') as [number | null, string | null];
  stop.removeEventListener('abort', kill);
  const lines = Buffer.concat(told).toString('utf8').split('\n');
  const done = lines.find((line) => line.startsWith('done '));
  if (code === 0 && done !== undefined) return { scan: JSON.parse(done.slice('done '.length)) as Scan };
  const last = lines.findLast((line) => line.startsWith('at ') && line.endsWith('"'));
  return {
    at: last === undefined ? undefined : JSON.parse(last.slice('at '.length)) as string,
    why: stop.aborted ? 'it takes too long' : by === 'SIGABRT' || code === 134 ? 'it takes too much memory' : 'the analysis broke at it',
    lines: Buffer.concat(complaints).toString('utf8').trimEnd().split('\n').slice(-20),
  };
}
