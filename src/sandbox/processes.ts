import { execFile } from 'node:child_process';
import { readFile, readdir } from 'node:fs/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import { promisify } from 'node:util';
import { TrunklineError } from '../foundation/errors.ts';

/** A process beyond doubt: its number alone comes again. */
export interface ProcessIdentity {
  readonly pid: number;
  /** Clock ticks since the machine started, as the kernel has it. */
  readonly started: string;
}

/** How often the kernel is asked whether a process is gone: it tells nobody but the parent. */
const POLL = 5;

/** A process that waits in the kernel for a disk or a server that is gone dies of no signal. In milliseconds. */
const UNKILLABLE = 30_000;

function stillAlive(pids: readonly number[]): TrunklineError {
  return new TrunklineError('PROCESS_LIVES', 'infra', `the kernel does not end the process ${pids.join(', ')}, which was killed`,
    'it waits for a disk or a server that does not answer: "ps -o stat,wchan,args" shows for which; nothing takes its place before it is gone');
}

/** @returns undefined when the process is gone, also as a zombie, which does nothing any more but answers signals. */
export async function identify(pid: number): Promise<ProcessIdentity | undefined> {
  const stat = await readFile(`/proc/${pid}/stat`, 'latin1').catch(() => undefined);
  if (stat === undefined) return undefined;
  // The name, in brackets, may itself hold brackets and spaces.
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  return fields[0] === 'Z' || fields[0] === 'X' ? undefined : { pid, started: fields[19]! };
}

export async function lives({ pid, started }: ProcessIdentity): Promise<boolean> {
  return (await identify(pid))?.started === started;
}

/**
 * Kills it and resolves once it is gone: for the first of a PID namespace, that is when all the others are.
 * @throws {TrunklineError} `PROCESS_LIVES` when the kernel does not end it.
 */
export async function endProcess(process: ProcessIdentity, patience: number = UNKILLABLE): Promise<void> {
  const deadline = performance.now() + patience;
  while (await lives(process)) {
    if (performance.now() > deadline) throw stillAlive([process.pid]);
    send(process.pid, 'SIGKILL');
    await sleep(POLL);
  }
}

/** @returns whether it was there to be sent to. */
export function send(pid: number, signal: NodeJS.Signals): boolean {
  try {
    return process.kill(pid, signal);
  } catch (error) {
    // Gone; or, for a group of which only zombies are left, on some systems, not permitted.
    if (['ESRCH', 'EPERM'].includes((error as NodeJS.ErrnoException).code ?? '')) return false;
    throw error;
  }
}

/** The processes that it started and that are still its own; none when it is gone. */
export async function childrenOf(pid: number): Promise<readonly number[]> {
  const threads = await readdir(`/proc/${pid}/task`).catch(() => []);
  const lists = await Promise.all(threads.map((thread) => readFile(`/proc/${pid}/task/${thread}/children`, 'latin1').catch(() => '')));
  return lists.flatMap((list) => list.split(' ').filter((word) => word !== '').map(Number));
}

/** Its children, theirs, and so on: parents first. */
export async function descendantsOf(pid: number): Promise<readonly number[]> {
  const children = await childrenOf(pid);
  return [...children, ...(await Promise.all(children.map(descendantsOf))).flat()];
}

/** What a process finds in its environment, by name. */
export type Variables = ReadonlyMap<string, string>;

/** Living processes whose environment `matches`, as far as this user may look. */
export async function marked(matches: (environment: Variables) => boolean): Promise<readonly number[]> {
  const all = process.platform === 'linux' ? await environmentsFromProc() : await environmentsFromPs();
  return all.filter(({ pid, entries }) => pid !== process.pid && matches(variables(entries))).map(({ pid }) => pid);
}

/** Kills what carries the mark until nothing does any more. @returns how many there were. @throws {TrunklineError} `PROCESS_LIVES` */
export async function endMarked(matches: (environment: Variables) => boolean, patience: number = UNKILLABLE): Promise<number> {
  const ended = new Set<number>();
  const deadline = performance.now() + patience;
  for (;;) {
    const found = await marked(matches);
    if (found.length === 0) return ended.size;
    if (performance.now() > deadline) throw stillAlive(found);
    const identities = await Promise.all(found.map(identify));
    for (const pid of found) ended.add(pid);
    for (const pid of found) send(pid, 'SIGKILL');
    await sleep(POLL);
    await Promise.all(identities.map(async (identity) => identity && endProcess(identity)));
  }
}

function variables(entries: readonly string[]): Variables {
  return new Map(entries.map((entry) => {
    const equals = entry.indexOf('=');
    return [entry.slice(0, equals), entry.slice(equals + 1)];
  }));
}

interface Environment { readonly pid: number; readonly entries: readonly string[] }

async function environmentsFromProc(): Promise<readonly Environment[]> {
  const pids = (await readdir('/proc')).filter((entry) => /^\d+$/.test(entry)).map(Number);
  return Promise.all(pids.map(async (pid) => {
    // Of other users' processes it can't be read; none of ours is among them. A zombie has none.
    const environment = await readFile(`/proc/${pid}/environ`, 'latin1').catch(() => '');
    return { pid, entries: environment.split('\0') };
  }));
}

/** Where there is no /proc, `ps` shows the environment behind the command. */
async function environmentsFromPs(): Promise<readonly Environment[]> {
  const { stdout } = await promisify(execFile)('ps', ['-A', '-E', '-ww', '-o', 'pid=,command='], { maxBuffer: 64 * 1024 * 1024 });
  return stdout.split('\n').filter((line) => line !== '').map((line) => {
    const [pid, ...entries] = line.trim().split(/\s+/);
    return { pid: Number(pid), entries };
  });
}
