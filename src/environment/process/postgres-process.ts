import { spawn, type ChildProcess } from 'node:child_process';
import { createInterface } from 'node:readline';
import { TrunklineError } from '../../foundation/errors.ts';

/** A started program and the last lines that it printed. */
export interface Printing {
  readonly child: ChildProcess;
  /** Resolves with the way it ended, once all that it printed has been read; rejects when it could not be started. */
  readonly ended: Promise<string>;
  readonly lastLines: readonly string[];
}

/** Starts a program whose standard error is read by line. */
export function startPrinting(words: readonly string[], env: { readonly [name: string]: string }, onLine: (line: string) => void): Printing {
  const [program = '', ...rest] = words;
  const child = spawn(program, rest, { stdio: ['ignore', 'ignore', 'pipe'], env: { ...withoutPostgresSettings(process.env), ...env, LC_ALL: 'C' } });
  const lastLines: string[] = [];
  createInterface({ input: child.stderr }).on('line', (line) => {
    lastLines.push(line);
    if (lastLines.length > 30) lastLines.shift();
    onLine(line);
  });
  const ended = new Promise<string>((resolve, reject) => {
    child.once('error', (error: NodeJS.ErrnoException) => reject(error.code === 'ENOENT' ? missing(program) : error));
    child.once('close', (code, signal) => resolve(signal ?? `exit code ${code}`));
  });
  ended.catch(() => {}); // whoever awaits it is told
  return { child, ended, lastLines };
}

/** PostgreSQL refuses to be root; root runs it as nobody in a user namespace of its own, for which no user is made. */
export function asOrdinaryUser(words: readonly string[]): readonly string[] {
  if (process.geteuid?.() !== 0) return words;
  // Its own IPC namespace, too: shared memory that a killed server leaves behind ends with it.
  return ['unshare', '--user', '--map-user=65534', '--map-group=65534', '--ipc', '--', ...words];
}

/**
 * On Linux the server holds a kernel lock on its folder for as long as any of its processes lives: so a PID file that a
 * killed one left is known to be stale, whoever has that PID by now. It also ends when its parent does, however that ends.
 */
export function asOnlyServer(lock: string, pidFile: string, words: readonly string[]): readonly string[] {
  if (process.platform !== 'linux') return asOrdinaryUser(words);
  return ['flock', '--no-fork', '--wait', '5', '--conflict-exit-code', String(LOCKED), lock,
    'sh', '-c', 'rm -f "$0" && exec "$@"', pidFile, ...asOrdinaryUser(['setpriv', '--pdeathsig', 'INT', '--', ...words])];
}

export const LOCKED = 75;

function missing(program: string): TrunklineError {
  return new TrunklineError('TOOL_MISSING', 'infra', `"${program}", which starts PostgreSQL, is not installed`, 'install the package "util-linux"');
}

function withoutPostgresSettings(env: NodeJS.ProcessEnv): NodeJS.ProcessEnv {
  return Object.fromEntries(Object.entries(env).filter(([name]) => !name.startsWith('PG')));
}
