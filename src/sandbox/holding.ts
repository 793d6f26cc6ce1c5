import { execFile } from 'node:child_process';
import { readFile, statfs } from 'node:fs/promises';
import { promisify } from 'node:util';
import { type ControlGroup, makeGroup } from './control-group.ts';
import { type Limited, type Limits, limitText } from './limits.ts';

/** How often the room on the disk is looked at, in milliseconds. */
const LOOK = 1_000;

/** Holds processes to limits: by control groups where there are some, else by limits of each process. */
export interface Holding {
  readonly limits: Limits;
  /** Put before the words of a process, they hold it and all that it starts. */
  readonly words: readonly string[];
  /** What held a process back since this was called; `stop` is called where its disk is used up. */
  watch(stop: () => void): Watch;
  /** After all has ended. */
  end(): Promise<void>;
}

export interface Watch {
  /** Ends the watch. */
  hit(): Promise<readonly Limited[]>;
}

const ENTER = 'number=$1; shift; while [ "$number" -gt 0 ]; do echo $$ > "$1" || exit 125; shift; number=$((number - 1)); done; exec "$@"';

/**
 * @param name of the control group, unique on the machine
 * @param folders that can be written, all on one file system
 * @param prlimit the path of that program of util-linux; without it nothing holds processes where there is no group
 */
export async function hold(name: string, limits: Limits, folders: readonly string[], prlimit: string | undefined, make = makeGroup): Promise<Holding> {
  const group = await make(name, limits);
  const entrances = group?.entrances ?? [];
  const enter = entrances.length === 0 ? [] : ['/bin/sh', '-c', ENTER, 'sh', String(entrances.length), ...entrances];
  // A file larger than all may be is refused by the kernel at once; the sum is looked at.
  const wanted = [['fsize', limits.disk], ...(group?.held.includes('processes') ? [] : [['nproc', limits.processes]] as const), ...(group?.held.includes('memory') ? [] : [['data', limits.memory]] as const)] as const;
  const most = await hardLimits();
  const options = wanted.filter(([name, value]) => value <= most[name]).map(([name, value]) => `--${name}=${value}`);
  const rest = prlimit === undefined || options.length === 0 ? [] : [prlimit, ...options];
  return { limits, words: [...enter, ...rest], watch: (stop) => watching(group, limits, folders, stop), end: async () => group?.remove() };
}

const ROWS = { fsize: 'Max file size', nproc: 'Max processes', data: 'Max data size' } as const;

/** This process's hard limits: nobody but root can ask for more, and what is tighter already holds. */
async function hardLimits(): Promise<{ readonly [name in keyof typeof ROWS]: number }> {
  const text = await readFile('/proc/self/limits', 'utf8').catch(() => '');
  const of = (row: string): number => Number(new RegExp(`^${row}\\s+\\S+\\s+(\\d+)\\s`, 'm').exec(text)?.[1] ?? Infinity);
  return { fsize: of(ROWS.fsize), nproc: of(ROWS.nproc), data: of(ROWS.data) };
}

function watching(group: ControlGroup | undefined, limits: Limits, folders: readonly string[], stop: () => void): Watch {
  const before = group?.hits();
  const over = new AbortController();
  let full = false;
  const disk = overDisk(limits.disk, folders, over.signal, () => {
    full = true;
    stop();
  });
  return {
    async hit() {
      over.abort();
      await disk;
      const [then, now] = [await before ?? {}, await group?.hits() ?? {}];
      const held = (['memory', 'processes'] as const).filter((what) => (now[what] ?? 0) > (then[what] ?? 0));
      return [...held, ...(full ? ['disk'] as const : [])];
    },
  };
}

/** Counts what lies there only when the disk has lost so much room that it could be too much: counting reads every folder. */
async function overDisk(limit: number, folders: readonly string[], signal: AbortSignal, tell: () => void): Promise<void> {
  const [folder] = folders;
  if (folder === undefined) return;
  let counted = { free: await freeOf(folder), used: 0 };
  while (!signal.aborted) {
    await pause(LOOK, signal);
    const free = await freeOf(folder);
    if (signal.aborted || counted.free - free < (limit - counted.used) / 2) continue;
    const used = await usedBy(folders, signal);
    if (used > limit) return tell();
    counted = { free, used };
  }
}

function pause(milliseconds: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const timer = setTimeout(resolve, milliseconds);
    timer.unref();
    signal.addEventListener('abort', () => {
      clearTimeout(timer);
      resolve();
    }, { once: true });
  });
}

async function freeOf(folder: string): Promise<number> {
  const { bavail, bsize } = await statfs(folder);
  return bavail * bsize;
}

/** In bytes, without following links nor entering other file systems. What vanishes while it is counted does not matter. */
async function usedBy(folders: readonly string[], signal: AbortSignal): Promise<number> {
  const { stdout } = await promisify(execFile)('du', ['-skx', '--', ...folders], { signal, timeout: 60_000, maxBuffer: 1_000_000 })
    .catch((error: { readonly stdout?: string }) => ({ stdout: error.stdout ?? '' }));
  return stdout.trim().split('\n').reduce((sum, line) => sum + Number.parseInt(line, 10) * 1024 || sum, 0);
}

/** The limits that were hit, for people; undefined for none. */
export function hitText(hit: readonly Limited[], limits: Limits): string | undefined {
  return hit.length === 0 ? undefined : hit.map((what) => limitText(what, limits)).join(' and ');
}
