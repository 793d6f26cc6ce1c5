import { type ChildProcess, spawn, type StdioOptions } from 'node:child_process';
import { chmod, lchown, mkdir, realpath } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { removeFolder } from '../foundation/removal.ts';
import type { Millis } from '../foundation/units.ts';
import { credentialPlaces } from './credentials.ts';
import { enclose } from './enclosure.ts';
import { handOver, handOverOnce } from './hand-over.ts';
import { type Holder, startHolder } from './holder.ts';
import { hitText, hold, type Holding } from './holding.ts';
import { homes } from './homes.ts';
import { firstInside, type Given, handed, inside } from './inside.ts';
import type { Limits } from './limits.ts';
import { flockMissing, locked } from './locked.ts';
import { type Member, membersAmong } from './members.ts';
import { neededPaths, productFolder } from './needed.ts';
import { descendantsOf, endMarked, marked, send, type Variables } from './processes.ts';
import { requireOpen } from './strangers.ts';
import type { Tools } from './tools.ts';

/** One program of a commit, all that it starts, and what they see. */
export interface RoomSpec {
  /** Undefined where there are no namespaces: then its marks alone hold its processes together, and nothing is hidden. */
  readonly tools: Tools | undefined;
  /** A folder of its own on the machine's disk: made here, and gone when the room is closed. */
  readonly scratch: string;
  /** What it works in. */
  readonly folder: string;
  /** Whoever the program runs as owns it then, and all in it. */
  readonly writable?: true;
  /** A file whose lock is held while anything in here lives. Where there are namespaces no program in here has a descriptor of it. */
  readonly lock?: string;
  /** A folder that outlives the room, and the path at which it is seen. */
  readonly data?: { readonly source: string; readonly target: string };
  /** What is not there, beside homes and credentials. */
  readonly hidden: readonly string[];
  /** What is seen although something around it is hidden, beside what every program needs. */
  readonly needed?: readonly string[];
  /** Part of the environment of all its processes, and of no others: they are found by it. */
  readonly marks: Given;
  /** What all of it together may use, and the name of its control group, which nothing else on this machine has. */
  readonly held?: Held;
}

export interface Held { readonly group: string; readonly limits: Limits }

export interface Room {
  /** As they are named inside. */
  readonly home: string;
  readonly temporary: string;
  readonly data: string | undefined;
  /** The limits that it has hit so far, for people: `4096 processes`. Undefined for none, and where only single processes are held. */
  hit(): Promise<string | undefined>;
  /** At most once. `stdio` of the descriptors 0 to 3. */
  start(words: readonly string[], env: Given, stdio: readonly ('ignore' | 'pipe')[]): Running;
  /** Ends whatever still runs in it, proves it, and removes what it left. Idempotent. */
  close(): Promise<void>;
}

export interface Running {
  readonly child: ChildProcess;
  /** How the program ended, such as `exit code 3`; what it started may still run. Never rejects. */
  readonly over: Promise<string>;
  /** All that lives, as it is numbered out here. */
  members(): Promise<readonly Member[]>;
}

/**
 * The end of the program is told on descriptor 4, and is not that of the namespace: what the program started may have
 * work to finish, and whoever listens decides how long that may take.
 */
const TELLS = 'umask 022; "$@" 4>&- & child=$!; wait "$child"; echo "$?" >&4; exec sleep 2147483647 < /dev/null > /dev/null 2>&1 4>&-';
const TOLD_BY = 4;
const LAST_WORDS: Millis = 250;

/** @throws {TrunklineError} `CELL_NOT_SEALED`, `PRODUCT_SHUT`, `ROOM_TAKEN` where another process holds the lock, `TOOL_MISSING`. */
export async function openRoom(spec: RoomSpec): Promise<Room> {
  await removeFolder(spec.scratch);
  const [home, temporary] = [join(spec.scratch, 'home'), join(spec.scratch, 'tmp')];
  await mkdir(home, { recursive: true, mode: 0o700 });
  await mkdir(temporary);
  await chmod(temporary, 0o1777);
  return spec.tools ? walled({ ...spec, scratch: await realpath(spec.scratch) }, spec.tools) : open(spec, home, temporary);
}

async function walled({ scratch, folder, writable, lock, data, hidden, needed = [], marks, held }: RoomSpec, tools: Tools): Promise<Room> {
  const home = join(scratch, 'home');
  const { stranger } = tools;
  if (stranger) await requireOpen(productFolder());
  if (stranger) await handOver(home, stranger);
  if (stranger && writable) await handOverOnce(folder, stranger);
  // Never what lies in it: others of its kind may be at work there.
  if (stranger && data) await lchown(data.source, stranger.uid, stranger.gid);
  const enclosure = await enclose({
    workdir: folder, writable: writable === true, own: data ? [data] : [], scratch, hidden: [...hidden, ...homes(), ...credentialPlaces(process.env)],
    needed: [...neededPaths(process.env), ...needed], asStranger: stranger !== undefined,
  });
  let holder: Holder | undefined = await startHolder({ tools, enclosure, scratch, marks, keeping: keeping(lock, tools.flock) });
  const first = holder.first.pid;
  const limited = await holding(held, tools.prlimit);
  return {
    home, temporary: '/tmp', data: data?.target, hit: limited.hit,
    start(words, env, stdio) {
      const [program = '', ...rest] = [...limited.words, ...inside(tools, first, { cwd: folder, words, first: TELLS })];
      const channels: StdioOptions = [...stdio, ...Array<'ignore'>(TOLD_BY - stdio.length).fill('ignore'), 'pipe'];
      const child = spawn(program, rest, { cwd: '/', env: { PATH: env['PATH'], ...marks, ...handed(env) }, detached: true, stdio: channels });
      return { child, over: Promise.race([toldBy(child), exited(child)]), members: () => membersBelow(child.pid) };
    },
    async close() {
      await holder?.end();
      holder = undefined;
      await limited.end();
      await removeFolder(scratch);
    },
  };
}

function keeping(lock: string | undefined, flock: string | undefined): readonly string[] {
  if (lock === undefined) return [];
  if (flock === undefined) throw flockMissing();
  return locked(flock, lock);
}

interface Limited extends Pick<Holding, 'words' | 'end'>, Pick<Room, 'hit'> {}

/** Whatever is not held by the group is by `prlimit`, process by process. */
async function holding(held: Held | undefined, prlimit: string | undefined): Promise<Limited> {
  if (held === undefined) return { words: [], hit: async () => undefined, end: async () => {} };
  const { words, watch, end } = await hold(held.group, held.limits, [], prlimit);
  const watched = watch(() => {});
  return { words, end, hit: async () => hitText(await watched.hit(), held.limits) };
}

/** Where there are no namespaces. */
async function open({ scratch, folder, writable, lock, data, marks, held }: RoomSpec, home: string, temporary: string): Promise<Room> {
  const limited = await holding(held, undefined);
  // A host that had walls, or has become root, left it to another user.
  if (writable && process.geteuid?.() === 0) await handOverOnce(folder, { uid: 0, gid: process.getegid!() });
  const ours = (environment: Variables): boolean => Object.entries(marks).every(([name, value]) => environment.get(name) === value);
  let started: ChildProcess | undefined;
  return {
    home, temporary, data: data?.source, hit: limited.hit,
    start(words, env, stdio) {
      const [program = '', ...rest] = [...lock === undefined || process.platform !== 'linux' ? [] : locked('flock', lock), ...limited.words, ...words];
      const child = spawn(program, rest, { cwd: folder, env: { ...env, ...marks }, detached: true, stdio: [...stdio] });
      started = child;
      return { child, over: exited(child), members: async () => membersAmong(await marked(ours)) };
    },
    async close() {
      if (started?.pid !== undefined) send(-started.pid, 'SIGKILL');
      await endMarked(ours);
      await limited.end();
      await removeFolder(scratch);
    },
  };
}

async function membersBelow(nsenter: number | undefined): Promise<readonly Member[]> {
  const first = await firstInside(nsenter);
  return first === undefined ? [] : membersAmong(await descendantsOf(first));
}

function toldBy(child: ChildProcess): Promise<string> {
  return new Promise((resolve) => {
    const line = child.stdio[TOLD_BY];
    if (!line || !('on' in line)) return;
    line.on('error', () => {}); // its end is told by that of the child
    line.once('data', (text: Buffer) => resolve(`exit code ${text.toString().trim()}`));
  });
}

/** Once its last words have been read; a grandchild that holds its pipes is not waited for. */
async function exited(child: ChildProcess): Promise<string> {
  const closed = new Promise<void>((resolve) => void child.once('close', () => resolve()));
  const how = await new Promise<string>((resolve) => {
    child.once('error', ({ message }) => resolve(message));
    child.once('exit', (code, name) => resolve(name ? `signal ${name}` : `exit code ${code}`));
  });
  await Promise.race([closed, sleep(LAST_WORDS, undefined, { ref: false })]);
  return how;
}
