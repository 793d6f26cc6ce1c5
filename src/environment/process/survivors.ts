import { execFile } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { readdir } from 'node:fs/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import { promisify } from 'node:util';
import { TrunklineError } from '../../foundation/errors.ts';
import type { Millis } from '../../foundation/units.ts';
import { kill } from './regional.ts';
import type { Layout } from './layout.ts';

/** Rises when regions are held in another way than before: an agent of an earlier version is replaced. */
export const WALLS = 3;

const PATIENCE: Millis = 20_000;
const LOOK_EVERY: Millis = 10;

/**
 * Ends whatever of a region is still alive while nobody holds its lock, and resolves once all of it is proven dead:
 * the process that ends last, and every process that carries the region's marker.
 * @throws {TrunklineError} `REGION_UNDEAD`.
 */
export async function endSurvivors(layout: Layout): Promise<void> {
  const deadline = performance.now() + PATIENCE;
  for (;;) {
    const agent = await agentOf(layout);
    const marked = await markedProcesses(layout.marker);
    if (agent === undefined && marked.length === 0) return;
    if (agent !== undefined) kill(agent);
    else for (const pid of marked) end(pid);
    if (performance.now() > deadline) {
      throw new TrunklineError('REGION_UNDEAD', 'infra', `processes of ${layout.folder} do not end: ${[agent, ...marked].filter(Boolean).join(', ')}`, 'look at their state: a disk may not answer');
    }
    await sleep(LOOK_EVERY);
  }
}

/** The process whose end is the end of all, if it is alive: a number alone could be another's by now. */
async function agentOf(layout: Layout): Promise<number | undefined> {
  return (await livingAgent(layout))?.pid;
}

/** The agent that wrote who it is, while it is alive. */
export async function livingAgent(layout: Layout): Promise<Identity | undefined> {
  const identity = readIdentity(layout);
  return identity && await startOf(identity.pid) === identity.started ? identity : undefined;
}

export function isSameAgent(one: Identity | undefined, other: Identity | undefined): boolean {
  return one !== undefined && one.pid === other?.pid && one.started === other.started;
}

/** Whether the last agent here held its processes as an earlier version did. At once: calls keep their order. */
export function isOutdated(layout: Layout): boolean {
  const identity = readIdentity(layout);
  return identity !== undefined && (identity.walls ?? 1) < WALLS;
}

export interface Identity {
  readonly pid: number;
  readonly started: string;
  readonly walls?: number;
  /** Whether it has come so far that it answers on its socket; agents of earlier versions don't say, and did at once. */
  readonly serves?: boolean;
}

function readIdentity({ identity }: Layout): Identity | undefined {
  try {
    return JSON.parse(readFileSync(identity, 'utf8')) as Identity;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw error;
  }
}

/** When the process began, in the machine's own words; undefined when it is dead, zombies included. */
async function startOf(pid: number): Promise<string | undefined> {
  if (process.platform !== 'linux') {
    return promisify(execFile)('ps', ['-o', 'lstart=', '-p', String(pid)]).then(({ stdout }) => stdout.trim() || undefined, () => undefined);
  }
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    return fields[0] === 'Z' || fields[0] === 'X' ? undefined : fields[19];
  } catch {
    return undefined; // no such process
  }
}

async function markedProcesses(marker: string): Promise<readonly number[]> {
  const word = `TRUNKLINE_PLACE=${marker}`;
  if (process.platform !== 'linux') {
    const { stdout } = await promisify(execFile)('ps', ['-A', '-E', '-ww', '-o', 'pid=,command='], { maxBuffer: 100_000_000 });
    return stdout.split('\n').filter((line) => line.includes(word)).map((line) => Number.parseInt(line, 10));
  }
  const numbers = (await readdir('/proc')).filter((name) => /^\d+$/.test(name));
  const marked = numbers.filter((name) => {
    try {
      return readFileSync(`/proc/${name}/environ`, 'latin1').split('\0').includes(word);
    } catch {
      return false; // gone meanwhile, or another user's
    }
  });
  return marked.map(Number);
}

function end(pid: number): void {
  try {
    process.kill(pid, 'SIGKILL');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error;
  }
}
