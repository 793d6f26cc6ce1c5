import { spawn, type ChildProcessByStdio } from 'node:child_process';
import type { Readable, Writable } from 'node:stream';
import { ended, isWaiting, printed } from '../../foundation/ended.ts';
import { TrunklineError } from '../../foundation/errors.ts';
import type { Millis } from '../../foundation/units.ts';
import { gitArguments, gitEnvironment, pointing, type Configuration } from './environment.ts';
import { printable } from './printable.ts';
import type { Repository } from './repository.ts';

export interface GitCall {
  /** Where git runs, when there is no repository yet. */
  readonly cwd?: string;
  readonly configuration?: Configuration;
  readonly env?: { readonly [name: string]: string };
  readonly input?: string;
  readonly timeout?: Millis;
  /** In place of `timeout`, for output that is read piece by piece: how long git may print nothing while it is read. */
  readonly idle?: Millis;
  readonly limitBytes?: number;
  /** Exit codes that are answers. Any other throws. */
  readonly answers?: readonly number[];
}

export interface GitAnswer {
  readonly code: number;
  readonly bytes: Buffer;
  /** `bytes` as UTF-8 without the last newline. */
  readonly text: string;
}

const TIMEOUT: Millis = 60_000;
const LIMIT_BYTES = 64 * 1024 * 1024;
const ERROR_BYTES = 16 * 1024;

export type GitProcess = ChildProcessByStdio<Writable, Readable, Readable>;

/** Starts git hardened. The caller ends its input and waits for {@link gitEnded}. */
export function startGit(repository: Repository | undefined, args: readonly string[], call: GitCall = {}): GitProcess {
  const configuration = call.configuration ?? 'none';
  repository?.signal?.throwIfAborted();
  const child = spawn('git', [...gitArguments(configuration, repository), ...args], {
    cwd: call.cwd ?? repository?.root,
    env: { ...gitEnvironment(configuration), ...(repository ? pointing(repository) : {}), ...call.env },
    stdio: ['pipe', 'pipe', 'pipe'],
    // A group of its own: ssh has no terminal to ask at, and all of it ends together.
    detached: true,
  });
  if (repository?.signal) endOn(child, repository.signal);
  return child;
}

const stops = new WeakMap<GitProcess, AbortSignal>();

function endOn(child: GitProcess, signal: AbortSignal): void {
  const end = (): void => endGroup(child);
  stops.set(child, signal);
  signal.addEventListener('abort', end, { once: true });
  child.once('exit', () => signal.removeEventListener('abort', end));
}

/**
 * Waits for the end of a git, and ends it when it takes too long. Give it what reads its output beforehand.
 * @throws {TrunklineError} `GIT_MISSING`, `GIT_TIMEOUT`, `GIT_FAILED` with what it printed, without credentials; the
 * reason of the repository's signal, once that has aborted.
 */
export async function gitEnded(child: GitProcess, verb: string, call: GitCall = {}): Promise<number> {
  let said = '';
  let timedOut = false;
  child.stderr.setEncoding('utf8').on('data', (chunk: string) => {
    said = (said + chunk).slice(-ERROR_BYTES);
  });
  // A git that ends before it has read all of its input is told by its exit code.
  child.stdin.on('error', () => {});
  const unwatch = watch(child, call, () => {
    timedOut = true;
    endGroup(child);
  });
  try {
    const { code, signal } = await end(child);
    stops.get(child)?.throwIfAborted();
    const late = call.idle === undefined ? `did not end within ${(call.timeout ?? TIMEOUT) / 1_000} s` : `gave nothing for ${call.idle / 1_000} s`;
    if (timedOut) throw new TrunklineError('GIT_TIMEOUT', 'infra', `git ${verb} ${late}`, 'check the disk and the network, then try again', printable(said));
    if (code === null) throw failed(verb, `was ended by ${signal}`, said);
    if (code !== 0 && !call.answers?.includes(code)) throw failed(verb, `failed with exit code ${code}`, said);
    return code;
  } finally {
    unwatch();
  }
}

export async function git(repository: Repository | undefined, args: readonly string[], call: GitCall = {}): Promise<GitAnswer> {
  const verb = args.find((word) => !word.startsWith('-')) ?? '';
  const limit = call.limitBytes ?? LIMIT_BYTES;
  const child = startGit(repository, args, call);
  const chunks: Buffer[] = [];
  let size = 0;
  child.stdout.on('data', (chunk: Buffer) => {
    size += chunk.length;
    if (size > limit) endGroup(child);
    else chunks.push(chunk);
  });
  child.stdin.end(call.input ?? '');
  const [settled] = await Promise.allSettled([gitEnded(child, verb, call)]);
  if (size > limit) throw new TrunklineError('SOURCE_TOO_LARGE', 'code', `git ${verb} gives more than ${limit} bytes`, 'take what is too large out of the repository');
  if (settled.status === 'rejected') throw settled.reason;
  const code = settled.value;
  const bytes = Buffer.concat(chunks);
  return { code, bytes, text: bytes.toString('utf8').replace(/\n$/, '') };
}

/** Also what git itself has started. */
export function endGroup(child: GitProcess): void {
  if (child.pid === undefined || child.exitCode !== null || child.signalCode !== null) return;
  try {
    process.kill(-child.pid, 'SIGKILL');
  } catch (thrown) {
    if ((thrown as NodeJS.ErrnoException).code !== 'ESRCH') throw thrown;
  }
}

async function end(child: GitProcess): Promise<{ readonly code: number | null; readonly signal: string | null }> {
  try {
    return await ended(child);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
    throw new TrunklineError('GIT_MISSING', 'usage', 'git was not found, or the folder that it should run in is gone', 'install git 2.32 or newer and put it on the PATH');
  }
}

/**
 * Calls `late` when git has taken too long: `timeout` from now, or `idle` in which it printed nothing although all that
 * it had printed was taken. A slow reader is no slow git.
 * @returns what ends the watch
 */
function watch(child: GitProcess, { timeout = TIMEOUT, idle }: GitCall, late: () => void): () => void {
  if (idle === undefined) {
    const timer = setTimeout(late, timeout);
    return () => clearTimeout(timer);
  }
  let [seen, since] = [0, performance.now()];
  const timer = setInterval(() => {
    const now = printed(child);
    if (now !== seen || isWaiting(child)) [seen, since] = [now, performance.now()];
    else if (performance.now() - since >= idle) late();
  }, Math.min(1_000, idle));
  return () => clearInterval(timer);
}

function failed(verb: string, how: string, printed: string): TrunklineError {
  const lines = printable(printed);
  const said = lines.find((line) => /^(fatal|error):/.test(line)) ?? lines.at(-1);
  if (/No space left on device|Disk quota exceeded/i.test(printed)) {
    return new TrunklineError('DISK_FULL', 'infra', `the disk is full: git ${verb} ${how}`, 'free some space, for example with "trunkline gc", and try again', lines);
  }
  return new TrunklineError('GIT_FAILED', 'infra', `git ${verb} ${how}${said === undefined ? '' : `: ${said}`}`, 'run the same with git by hand to see more', lines);
}
