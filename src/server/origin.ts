import { readlinkSync } from 'node:fs';
import { hostname } from 'node:os';
import type { Origin } from '../journal/events.ts';

/** Where this process is: what a refusal tells of the one who asked. */
export function originHere(via: Origin['via']): Origin {
  const terminal = process.stdin.isTTY ? linkOf('/proc/self/fd/0') : undefined;
  const remote = process.env['SSH_CONNECTION']?.split(' ')[0];
  return {
    via, machine: hostname(), process: process.pid, directory: process.cwd(),
    ...(terminal === undefined ? {} : { terminal }), ...(remote === undefined || remote === '' ? {} : { remote: remote.slice(0, 100) }),
  };
}

function linkOf(path: string): string | undefined {
  try {
    return readlinkSync(path);
  } catch {
    return undefined; // not on this system
  }
}
