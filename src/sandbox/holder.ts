import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { TrunklineError } from '../foundation/errors.ts';
import { childrenOf, endProcess, identify, type ProcessIdentity } from './processes.ts';
import type { Enclosure } from './enclosure.ts';
import { breaches, mountTable } from './layers.ts';
import { LOCKED } from './locked.ts';
import { parseMounts, reachable } from './mounts.ts';
import { cellOptions, type Tools } from './tools.ts';

/**
 * The first process of a cell's PID namespace. It makes the cell's mounts and then waits for its input to end: when
 * the host dies, however it dies, the pipe closes, this process ends, and the kernel ends all others in the cell.
 */
export interface Holder {
  readonly first: ProcessIdentity;
  /** Resolves once every process in the cell is dead. */
  end(): Promise<void>;
}

/** Says when it is there, mounts, says when it is done. Exported variables would pass into nothing: it runs no command. */
const SCRIPT = 'echo there && "$1" --all --fstab "$2" && echo sealed && read -r end';

export interface Holding {
  readonly tools: Tools;
  readonly enclosure: Enclosure;
  /** The sandbox's own folder, as it is named outside. */
  readonly scratch: string;
  /** All that the holder finds in its environment. */
  readonly marks: { readonly [name: string]: string };
  /** Words put before its own, which hold something for as long as anything in here lives. No program in here inherits of them. */
  readonly keeping?: readonly string[];
  /** Told of the first process while the mounts are made. Nothing of a commit runs before this resolves. */
  readonly begun?: (first: ProcessIdentity) => Promise<void>;
}

/** @throws {TrunklineError} `CELL_NOT_SEALED`, `ROOM_TAKEN`; nothing is left then. */
export async function startHolder({ tools, enclosure: { layers, fresh, stage, root }, scratch, marks, keeping = [], begun = async () => {} }: Holding): Promise<Holder> {
  const table = join(scratch, 'mounts');
  await writeFile(table, mountTable(stage, layers, fresh, reachable(parseMounts(await readFile('/proc/self/mountinfo', 'utf8'))), root));
  const [program = '', ...words] = [...keeping, tools.unshare, ...cellOptions(tools), '/bin/sh', '-c', SCRIPT, 'sh', tools.mount, table];
  const child = spawn(program, words, { cwd: '/', env: marks, stdio: ['pipe', 'pipe', 'pipe'] });
  const exited = once(child, 'exit');
  exited.catch(() => {});
  let said = '';
  child.stderr.on('data', (chunk: Buffer) => { said = (said + chunk.toString()).slice(-4_000); });
  child.stdin.on('error', () => {});
  const lines = createInterface(child.stdout)[Symbol.asyncIterator]();
  try {
    const first = await lines.next().then(({ value }) => (value === 'there' ? firstProcessOf(child) : undefined));
    if (first === undefined) throw notSealed(said);
    const [, sealed] = await Promise.all([begun(first), lines.next()]);
    if (sealed.value !== 'sealed') throw notSealed(said);
    const found = breaches(layers, fresh, reachable(parseMounts(await readFile(`/proc/${first.pid}/mountinfo`, 'utf8'))));
    if (found.length > 0) throw notSealed(found.join(', '));
    child.unref();
    for (const stream of child.stdio) (stream as unknown as { unref(): void } | null)?.unref();
    return { first, end: () => end(child, first, exited) };
  } catch (error) {
    child.kill('SIGKILL');
    await exited.catch(() => {});
    if (keeping.length > 0 && child.exitCode === LOCKED) throw new TrunklineError('ROOM_TAKEN', 'infra', 'another process still holds its lock', 'end it');
    if ((error as NodeJS.ErrnoException).code !== undefined && child.pid === undefined) throw notSealed(String(error));
    throw error;
  }
}

async function firstProcessOf({ pid }: ChildProcess): Promise<ProcessIdentity | undefined> {
  const [first] = pid === undefined ? [] : await childrenOf(pid);
  return first === undefined ? undefined : identify(first);
}

/** `unshare` ends when its child has, and the kernel lets the first of a PID namespace end when all others have. */
async function end(child: ChildProcess, first: ProcessIdentity, exited: Promise<unknown>): Promise<void> {
  child.ref();
  if (child.exitCode === null && child.signalCode === null) {
    await endProcess(first);
    await exited;
  }
}

function notSealed(why: string): TrunklineError {
  return new TrunklineError('CELL_NOT_SEALED', 'infra', `no sealed cell could be made: ${why.trim()}`, 'see what this machine allows with `trunkline check`');
}
