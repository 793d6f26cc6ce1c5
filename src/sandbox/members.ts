import { execFile } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { promisify } from 'node:util';

/** One living process among those that belong together. */
export interface Member {
  readonly pid: number;
  readonly parent: number;
  /** When it began, in the machine's own words: its number alone comes again. */
  readonly started: string;
  /** Whether it ignores SIGTERM, as a shell with `trap '' TERM` does. */
  readonly deaf: boolean;
}

/** Those of `pids` that live; a zombie does not. */
export async function membersAmong(pids: readonly number[]): Promise<readonly Member[]> {
  if (pids.length === 0) return [];
  if (process.platform !== 'linux') return membersFromPs(pids);
  return (await Promise.all(pids.map(memberFromProc))).filter((member) => member !== undefined);
}

const SIGTERM_BIT = 1n << 14n;

async function memberFromProc(pid: number): Promise<Member | undefined> {
  const [stat, status] = await Promise.all(['stat', 'status'].map((name) => readFile(`/proc/${pid}/${name}`, 'latin1').catch(() => undefined)));
  if (stat === undefined || status === undefined) return undefined;
  // The name, in brackets, may itself hold brackets and spaces.
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  if (fields[0] === 'Z' || fields[0] === 'X') return undefined;
  const ignored = /^SigIgn:\s*([0-9a-f]+)$/m.exec(status)?.[1] ?? '0';
  return { pid, parent: Number(fields[1]), started: fields[19] ?? '', deaf: (BigInt(`0x${ignored}`) & SIGTERM_BIT) !== 0n };
}

async function membersFromPs(pids: readonly number[]): Promise<readonly Member[]> {
  const words = ['-o', 'pid=,ppid=,stat=,lstart=', '-p', pids.join(',')];
  const stdout = await promisify(execFile)('ps', words).then((ran) => ran.stdout, () => ''); // none of them lives
  return stdout.split('\n').filter((line) => line.trim() !== '').flatMap((line) => {
    const [pid, parent, state = '', ...started] = line.trim().split(/\s+/);
    return state.startsWith('Z') ? [] : [{ pid: Number(pid), parent: Number(parent), started: started.join(' '), deaf: false }];
  });
}
