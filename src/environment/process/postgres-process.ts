import { randomUUID } from 'node:crypto';
import { mkdir, readdir } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { errorRecord } from '../../foundation/errors.ts';
import { removeFolder } from '../../foundation/removal.ts';
import { openRoom, type Held, type Room, type RoomSpec, type Running } from '../../sandbox/room.ts';
import type { Tools } from '../../sandbox/tools.ts';
import type { InstanceLog } from './agent/instance-log.ts';
import type { PostgresBinaries } from './postgres-binaries.ts';

/** What a database server sees, as whom it runs, and what it may use. */
export interface ServerWalls {
  /** Undefined where there are no namespaces. */
  readonly tools: Tools | undefined;
  readonly hidden: readonly string[];
  /** Part of the environment of all its processes, and of no others. */
  readonly marks: RoomSpec['marks'];
  held(): Promise<Held>;
}

export interface ProgramSpec {
  /** Of the cluster and what belongs to it; no program sees more of it than its folder. */
  readonly directory: string;
  /** The only folder that it finds and writes; its own from then on. */
  readonly folder: string;
  readonly walls: ServerWalls;
  readonly binaries: PostgresBinaries;
  /** What it needs beside them. */
  readonly needed?: readonly string[];
  readonly words: readonly string[];
  readonly log: InstanceLog;
}

/** One program of PostgreSQL behind its walls. What it prints is in the log. */
export interface Program {
  readonly running: Running;
  /** Resolves with the way it ended, once all that it started is dead and all that it printed has been read. */
  readonly ended: Promise<string>;
  /** By force. @throws {TrunklineError} `PROCESS_LIVES` */
  end(): Promise<void>;
}

/**
 * Starts a program that owns the one folder, and nothing else on this machine: SQL may make a server run whatever it
 * says. It ends when this process does, however that ends, and one at a time runs per directory.
 * @throws {TrunklineError} `CELL_NOT_SEALED`, `PRODUCT_SHUT`, `ROOM_TAKEN`, `TOOL_MISSING`.
 */
export async function startProgram(spec: ProgramSpec): Promise<Program> {
  const { binaries, words, log, walls: { tools } } = spec;
  const room = await roomOf(spec);
  const running = room.start(tools ? words : withoutWalls(words), {
    PATH: '/usr/local/bin:/usr/bin:/bin', HOME: room.home, TMPDIR: room.temporary, LC_ALL: 'C', ...binaries.env,
  }, ['ignore', 'ignore', 'pipe', 'pipe']);
  const { child, over } = running;
  const into = log.stream();
  child.stderr?.on('data', (chunk: Buffer) => into.write(chunk)).once('close', () => into.end());
  child.stdio[3]?.on('error', () => {}); // its end is told by `ended`
  const closed = new Promise<void>((resolve) => void child.once('close', () => resolve()));
  const ended = over.then(async (how) => {
    const hit = await room.hit();
    if (hit !== undefined) log.line(`trunkline: it hit the limit of ${hit}; an operator sets others by "limits" in sandbox.json of the state folder`);
    await room.close().catch((error: unknown) => log.line(`trunkline: ${errorRecord(error).message}`));
    await closed;
    return how;
  });
  return { running, ended, end: () => room.close() };
}

/** Where there are walls, one of its own for each start: until the lock is held, that of another server is lived in. */
async function roomOf({ directory, folder, walls, binaries, needed = [] }: ProgramSpec): Promise<Room> {
  const { tools, hidden, marks } = walls;
  const rooms = join(directory, 'rooms');
  await mkdir(rooms, { recursive: true, mode: 0o700 });
  const scratch = join(rooms, tools ? randomUUID() : 'open');
  try {
    const room = await openRoom({
      tools, hidden, marks, held: await walls.held(), scratch, folder, writable: true, lock: join(directory, 'lock'), needed: [...binaries.needed, ...needed],
    });
    for (const name of await readdir(rooms)) if (name !== basename(scratch)) await removeFolder(join(rooms, name));
    return room;
  } catch (error) {
    await removeFolder(scratch);
    throw error;
  }
}

/** PostgreSQL refuses to be root; root runs it as nobody in a user namespace, for which no user is made. On Linux it ends with its parent. */
function withoutWalls(words: readonly string[]): readonly string[] {
  const isRoot = process.geteuid?.() === 0;
  // Its own IPC namespace, too: shared memory that a killed server leaves behind ends with it.
  const user = isRoot ? ['unshare', '--user', '--map-user=65534', '--map-group=65534', '--ipc', '--'] : [];
  return process.platform === 'linux' ? [...user, 'setpriv', '--pdeathsig', 'INT', '--', ...words] : words;
}
