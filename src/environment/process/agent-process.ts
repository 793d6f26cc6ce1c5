import { spawn } from 'node:child_process';
import { closeSync, openSync } from 'node:fs';
import { mkdir, rename, stat } from 'node:fs/promises';
import type { Socket } from 'node:net';
import { delimiter, dirname, extname } from 'node:path';
import { createInterface } from 'node:readline';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { compiledFolder } from '../../foundation/compiled.ts';
import { TrunklineError } from '../../foundation/errors.ts';
import type { Millis } from '../../foundation/units.ts';
import { isolationHere, kill, regional, type Isolation } from './regional.ts';
import { place, type Layout } from './layout.ts';
import { takeLock } from './lock.ts';
import { greeting, type Greeting } from './protocol.ts';
import { endSurvivors, isSameAgent, livingAgent, type Identity } from './survivors.ts';

const PROGRAM = fileURLToPath(new URL(`./agent/main${extname(import.meta.url)}`, import.meta.url));
const LOG_LIMIT_BYTES = 5_000_000;
const LOOK_EVERY: Millis = 20;
/** A database that recovers takes long; a machine that does nothing else is slow. */
const START_LIMIT: Millis = 120_000;

export interface AgentSurroundings {
  /** Folders that are hidden from everything that runs in the region: the state folder first. */
  readonly hidden: readonly string[];
  readonly isolation?: Isolation;
}

/** `awaited`: another process has begun to start it, or it lives already, so its socket should answer soon. */
export type Start = 'started' | 'awaited';

const starting = new Map<string, Promise<Start>>();

/**
 * Starts the region's agent, and resolves once it answers. Callers at the same time share one start.
 * @param instead an agent that answers nobody: it is ended first, if it is still the one that lives here.
 * @throws {TrunklineError} what kept the agent from starting, or `AGENT_FAILED`.
 */
export function startAgent(layout: Layout, around: AgentSurroundings, instead?: Identity): Promise<Start> {
  const already = starting.get(layout.folder);
  if (already) return already;
  const start = begin(layout, around, instead).finally(() => starting.delete(layout.folder));
  starting.set(layout.folder, start);
  return start;
}

async function begin(layout: Layout, around: AgentSurroundings, instead?: Identity): Promise<Start> {
  await mkdir(layout.folder, { recursive: true, mode: 0o700 });
  const turn = takeLock(layout.starting);
  if (!turn) return sleep(LOOK_EVERY, 'awaited');
  try {
    // Under the turn, so that nobody's new agent is ended for the old one.
    if (instead && isSameAgent(await livingAgent(layout), instead)) await endSurvivors(layout);
    const lock = takeLock(layout.lock);
    if (!lock) return await sleep(LOOK_EVERY, 'awaited');
    try {
      await endSurvivors(layout);
      if (await stat(layout.log).then(({ size }) => size > LOG_LIMIT_BYTES, () => false)) await rename(layout.log, `${layout.log}.1`);
    } finally {
      lock.close();
    }
    const greeting = await hear(layout, around);
    if ('error' in greeting) {
      const { code, class: kind, message, hint, lastLines } = greeting.error;
      throw new TrunklineError(code, kind, message, hint, lastLines);
    }
    return 'started';
  } finally {
    turn.close();
  }
}

async function hear(layout: Layout, { hidden, isolation: wanted }: AgentSurroundings): Promise<Greeting> {
  const isolation = wanted ?? isolationHere();
  const { environment, region } = layout.id;
  const [command, ...args] = regional(isolation, [process.execPath, PROGRAM, layout.folder, environment, region, isolation, ...hidden]);
  const log = openSync(layout.log, 'a', 0o600);
  const child = spawn(command, args, { cwd: layout.folder, detached: true, stdio: ['ignore', log, log, 'pipe'], env: agentEnvironment(layout.marker) });
  closeSync(log);
  const line = child.stdio[3] as Socket;
  // Whoever waits holds this process; one that has stopped waiting may end.
  child.unref();
  line.unref();
  let patience: NodeJS.Timeout | undefined;
  try {
    return await new Promise<Greeting>((resolve, reject) => {
      createInterface({ input: line }).once('line', (text) => resolve(greetingOf(layout, text)));
      child.once('error', reject);
      patience = setTimeout(() => {
        reject(new TrunklineError('AGENT_FAILED', 'infra', `the agent of ${place(layout.id)} did not come up within ${START_LIMIT / 1_000} s`, `see ${layout.log}`));
        if (child.pid !== undefined) kill(child.pid);
      }, START_LIMIT).unref();
      child.once('exit', (code, signal) => reject(new TrunklineError('AGENT_FAILED', 'infra', `the agent of ${place(layout.id)} ended while starting (${signal ?? `exit code ${code}`})`, `see ${layout.log}`)));
    });
  } finally {
    clearTimeout(patience);
    line.destroy();
  }
}

function greetingOf(layout: Layout, text: string): Greeting {
  try {
    return greeting.parse(JSON.parse(text)) as Greeting;
  } catch {
    return { error: { code: 'AGENT_FAILED', class: 'infra', message: `what started for ${place(layout.id)} is no agent: it says ${text.slice(0, 200)}`, hint: `see ${layout.log}` } };
  }
}

/** Nothing of the control plane's own environment but what a program needs to run at all. */
function agentEnvironment(marker: string): NodeJS.ProcessEnv {
  return {
    PATH: [dirname(process.execPath), '/usr/local/sbin', '/usr/local/bin', '/usr/sbin', '/usr/bin', '/sbin', '/bin'].join(delimiter),
    HOME: process.env['HOME'] ?? '/',
    LANG: process.env['LANG'] ?? 'C.UTF-8',
    TZ: process.env['TZ'] ?? '',
    NODE_COMPILE_CACHE: compiledFolder(),
    TRUNKLINE_PLACE: marker,
  };
}
