/**
 * For tests alone: a cell without walls. It runs a command in a process group of this machine, so that what evaluates
 * a configuration can be tested where no namespaces can be made.
 */
import { spawn } from 'node:child_process';
import type { Cell, CellCommand, Exit } from '../runner/cell.ts';
import type { Log } from '../runner/log.ts';

export function plainCell(workdir: string): Cell {
  return {
    id: 'plain',
    isolation: 'none',
    close: async () => {},
    run: (command) => new Promise<Exit>((resolve, reject) => start(workdir, command, resolve, reject)),
  };
}

function start(workdir: string, { command, env, timeout, signal, log }: CellCommand, resolve: (exit: Exit) => void, reject: (error: Error) => void): void {
  const [program, ...rest] = typeof command === 'string' ? ['sh', '-c', command] : command as [string, ...string[]];
  const child = spawn(program as string, rest, { cwd: workdir, env: { PATH: process.env['PATH'], ...env }, detached: true, stdio: ['ignore', 'pipe', 'pipe'] });
  let ended: Exit['ended'] = 'by-itself';
  const end = (why: 'timeout' | 'cancelled') => {
    ended = why;
    if (child.pid !== undefined) process.kill(-child.pid, 'SIGKILL');
  };
  const timer = setTimeout(end, timeout, 'timeout');
  const cancel = () => end('cancelled');
  signal.addEventListener('abort', cancel, { once: true });
  child.stdout.on('data', (chunk: Buffer) => log.write(chunk));
  child.stderr.on('data', (chunk: Buffer) => log.write(chunk));
  child.on('error', reject);
  child.on('close', (code, by) => {
    clearTimeout(timer);
    signal.removeEventListener('abort', cancel);
    resolve({ code, signal: by, ended, duration: 0 });
  });
}

/** A log that is only kept in memory. */
export function memoryLog(): Log & { readonly text: () => string } {
  let text = '';
  return {
    write: (chunk) => { text = (text + String(chunk)).slice(-100_000); },
    lastLines: (count) => text.split('\n').filter((line) => line !== '').slice(-count),
    close: async () => {},
    text: () => text,
  };
}
