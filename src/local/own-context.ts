import { spawn } from 'node:child_process';
import { delimiter, dirname, join } from 'node:path';
import type { ActionContext } from '../actions/action.ts';
import { systemClock } from '../foundation/clock.ts';
import { compiledFolder } from '../foundation/compiled.ts';
import { ended } from '../foundation/ended.ts';
import type { ActionPlan, Plan } from '../pipeline/plan.ts';
import type { Report } from '../reports/report.ts';
import type { Exit } from '../runner/cell.ts';
import type { Log } from '../runner/log.ts';
import type { CommitHistory } from '../source/history.ts';

export interface OwnContext {
  readonly plan: Plan;
  readonly action: ActionPlan;
  /** The laid-out tree. */
  readonly tree: string;
  readonly workTree: string;
  readonly history: CommitHistory;
  readonly log: Log;
  readonly signal: AbortSignal;
  readonly onReport: (report: Report) => void;
  /** Whether tools may keep their compiled code, which makes coverage less exact. */
  readonly isQuick: boolean;
}

/** The context of an action without host and without cell: the developer's own code on their own machine, as themselves. */
export function ownContext({ plan, action, tree, workTree, history, log, signal, onReport, isQuick }: OwnContext): ActionContext {
  const without = (what: string): never => {
    throw new Error(`an action before a commit has no ${what}`);
  };
  const stop = AbortSignal.any([signal, AbortSignal.timeout(action.timeoutMs)]);
  return {
    run: 'staged', stage: 'build', action: action.name, row: action.row, attempt: 1, idempotencyKey: `staged-${action.name}`, signal, timeout: action.timeoutMs,
    clock: systemClock, commit: 'staged', history, plan, workdir: tree, isolation: 'none', outputs: {}, environment: undefined,
    get apart() { return without('a folder apart'); },
    get artifacts() { return without('artifacts'); },
    log: (line) => log.write(`${line}\n`),
    writer: log,
    lastLines: (count) => log.lastLines(count),
    report: async (report) => onReport(report),
    cell: async () => without('cell'),
    region: () => without('region'),
    files: async () => without('release'),
    install: async () => undefined,
    secret: async () => without('secrets'),
    exec: (command, { cwd = '.', env = {} } = {}) => run(command, { cwd: join(tree, cwd), env: { ...surroundings(tree, workTree, isQuick), ...env }, signal, stop, log }),
  };
}

/** The developer's own, but for what would lead a git to their repository: its index is locked, and theirs. */
export function surroundings(tree: string, workTree: string, isQuick: boolean): { readonly [name: string]: string } {
  const own = Object.entries(process.env).filter((entry): entry is [string, string] => entry[1] !== undefined && !entry[0].startsWith('GIT_'));
  return {
    ...(isQuick ? { NODE_COMPILE_CACHE: compiledFolder() } : {}),
    ...Object.fromEntries(own),
    PATH: [join(tree, 'node_modules', '.bin'), dirname(process.execPath), process.env['PATH'] ?? ''].join(delimiter),
    TRUNKLINE_WORK_TREE: workTree,
  };
}

interface Running { readonly cwd: string; readonly env: { readonly [name: string]: string }; readonly signal: AbortSignal; readonly stop: AbortSignal; readonly log: Log }

/**
 * Before the command, a guard in its group: it waits for the end of a pipe that the hook holds, and then ends them all.
 * However the hook dies, the pipe ends with it.
 */
const GUARDED = '(exec > /dev/null 2>&1; read -r end <&3; kill -9 0) & exec 3<&-; exec "$@"';

async function run(command: string | readonly string[], { cwd, env, signal, stop, log }: Running): Promise<Exit> {
  signal.throwIfAborted();
  const began = performance.now();
  const [program = '', ...words] = typeof command === 'string' ? ['sh', '-c', command] : command;
  // A group of its own: everything that it starts ends with it.
  const child = spawn('/bin/sh', ['-c', GUARDED, 'sh', program, ...words], { cwd, env, detached: true, stdio: ['ignore', 'pipe', 'pipe', 'pipe'] });
  for (const stream of [child.stdout, child.stderr]) stream?.on('data', (chunk: Buffer) => log.write(chunk));
  const end = (): void => endGroup(child.pid);
  stop.addEventListener('abort', end, { once: true });
  child.once('exit', end); // what it left running, and the guard
  try {
    const { code, signal: by } = await ended(child);
    return { code, signal: by, ended: reasonOf(signal, stop), duration: performance.now() - began };
  } finally {
    stop.removeEventListener('abort', end);
  }
}

function reasonOf(signal: AbortSignal, stop: AbortSignal): Exit['ended'] {
  if (signal.aborted) return 'cancelled';
  return stop.aborted ? 'timeout' : 'by-itself';
}

function endGroup(leader: number | undefined): void {
  try {
    if (leader !== undefined) process.kill(-leader, 'SIGKILL');
  } catch (thrown) {
    if ((thrown as NodeJS.ErrnoException).code !== 'ESRCH') throw thrown;
  }
}
