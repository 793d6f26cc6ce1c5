import { randomUUID } from 'node:crypto';
import { chmod, mkdtemp, readdir, realpath, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { TrunklineError } from '../../foundation/errors.ts';
import { removeFolder } from '../../foundation/removal.ts';
import { openRoom, type Room, type Running } from '../../sandbox/room.ts';
import { findTools, type Tools } from '../../sandbox/tools.ts';

export interface WalledTool {
  /** Its name, and what it reads: the only file of a commit that is there. */
  readonly file: { readonly name: string; readonly text: string };
  /** @param folder in which the file lies, read-only: it is also where the program stands */
  words(folder: string): readonly [program: string, ...words: string[]];
  readonly env: { readonly [name: string]: string };
  readonly signal: AbortSignal;
  readonly out: (chunk: Buffer) => void;
  readonly err: (chunk: Buffer) => void;
}

/** What a program of one file, its loader and the walls themselves need of the machine, and what is fresh inside. */
const SHOWN = ['bin', 'sbin', 'lib', 'lib32', 'lib64', 'libx32', 'usr', 'etc', 'nix', 'dev', 'proc', 'tmp'];
/** Where applications are often put, with their repositories. */
const UNUSED = ['/usr/local', '/usr/src'];
const PATH = '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin';

/**
 * Runs a program on one file of a commit behind walls (a sandbox): as a user that is neither root nor, where the host is
 * root, its own; read-only; of the machine's folders only programs, libraries and `/etc` without credentials; the
 * network is the machine's. It is dead when this resolves, and ends with this process, however that ends.
 * @returns how it ended, such as `exit code 0`
 * @throws {TrunklineError} `CELL_NOT_SEALED`, `PRODUCT_SHUT`, `TOOL_MISSING`; the reason of `signal`.
 */
export async function runWalled(tool: WalledTool): Promise<string> {
  const { file, signal } = tool;
  signal.throwIfAborted();
  const base = await realpath(await mkdtemp(join(tmpdir(), 'trunkline-migration-')));
  try {
    const folder = await mkdtemp(join(base, 'file-'));
    await writeFile(join(folder, file.name), file.text);
    await chmod(join(folder, file.name), 0o444);
    await chmod(folder, 0o555);
    const tools = toolsHere();
    const words = tool.words(folder);
    const room = await openRoom({
      tools, scratch: join(base, 'room'), folder, hidden: await allBut(SHOWN), needed: [words[0]], marks: { TRUNKLINE_MIGRATION: randomUUID() },
    });
    try {
      const running = room.start(tools ? words : endsWithUs(words), { PATH, HOME: room.home, TMPDIR: room.temporary, ...tool.env }, ['ignore', 'pipe', 'pipe']);
      return await ended(running, room, tool);
    } finally {
      await room.close();
    }
  } finally {
    await removeFolder(base);
  }
}

let known: ReturnType<typeof findTools> | undefined;

/** The machine's network: a database is met at an address of it. */
function toolsHere(): Tools | undefined {
  known ??= findTools();
  return 'weakness' in known ? undefined : { ...known, loopback: undefined };
}

/** Whatever else somebody keeps in the machine's root; what is needed there is seen all the same. */
async function allBut(shown: readonly string[]): Promise<readonly string[]> {
  const names = (await readdir('/', { withFileTypes: true })).filter((entry) => entry.isDirectory()).map(({ name }) => name);
  return [...names.filter((name) => !shown.includes(name)).map((name) => `/${name}`), ...UNUSED];
}

async function ended({ child, over }: Running, room: Room, { signal, out, err }: WalledTool): Promise<string> {
  const missing = new Promise<never>((_, reject) => void child.once('error', (error: NodeJS.ErrnoException) => reject(error.code === 'ENOENT' ? toolMissing(child.spawnfile) : error)));
  missing.catch(() => {});
  child.stdout?.on('data', out);
  child.stderr?.on('data', err);
  const closed = new Promise<void>((resolve) => void child.once('close', () => resolve()));
  const aborted = Promise.withResolvers<void>();
  const abort = (): void => aborted.resolve();
  signal.addEventListener('abort', abort, { once: true });
  if (signal.aborted) abort();
  const how = await Promise.race([over, missing, aborted.promise]).finally(() => signal.removeEventListener('abort', abort));
  // Only then are its last words read: what holds its pipes ends with the room.
  await room.close();
  await closed;
  signal.throwIfAborted();
  return how ?? 'nothing';
}

/** Where there are no namespaces: on Linux the kernel ends it when this process ends, however that ends. */
function endsWithUs(words: readonly string[]): readonly string[] {
  return process.platform === 'linux' ? ['setpriv', '--pdeathsig', 'KILL', '--', ...words] : words;
}

function toolMissing(program: string): TrunklineError {
  return new TrunklineError('TOOL_MISSING', 'infra', `"${program}", which starts dbmate, is not installed`, 'install the package "util-linux"');
}
