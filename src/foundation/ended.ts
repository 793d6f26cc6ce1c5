import type { ChildProcess } from 'node:child_process';
import { Socket } from 'node:net';
import type { Millis } from './units.ts';

/** How long the output of a process that has ended may stay open, held by another, with nothing more to read. */
const QUIET: Millis = 250;

/**
 * The end of a process: its exit, and then what it had written. The pipes themselves may stay open for as long as any
 * process that it started lives (a daemon, the master of an ssh connection), and are not waited for.
 * Have its output read before this is called. Rejects with the error of a start that failed.
 */
export function ended(child: ChildProcess): Promise<{ readonly code: number | null; readonly signal: NodeJS.Signals | null }> {
  return new Promise((resolve, reject) => {
    let timer: NodeJS.Timeout | undefined;
    child.once('error', reject);
    child.once('exit', () => {
      let seen = printed(child);
      timer = setInterval(() => {
        const now = printed(child);
        if (now === seen && !isWaiting(child)) for (const stream of outputs(child)) finish(stream);
        seen = now;
      }, QUIET);
    });
    child.once('close', (code, signal) => {
      clearInterval(timer);
      resolve({ code, signal });
    });
  });
}

/** Whoever reads it meets its end, as if it had been closed. */
function finish(stream: Socket): void {
  if (stream.readableEnded || stream.destroyed) return;
  stream.on('error', () => {}); // what is written into it from now on
  stream.push(null);
}

function outputs({ stdio }: ChildProcess): readonly Socket[] {
  return stdio.slice(1).filter((stream): stream is Socket => stream instanceof Socket);
}

/** Bytes that were read from the pipes of a process so far. */
export function printed(child: ChildProcess): number {
  return outputs(child).reduce((sum, { bytesRead }) => sum + bytesRead, 0);
}

/** Whether somebody has yet to take what was read. */
export function isWaiting(child: ChildProcess): boolean {
  return outputs(child).some(({ readableLength }) => readableLength > 0);
}
