import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { ActionContext } from '../../actions/action.ts';
import { installerOf, unkeepable, type Installer } from '../../actions/installer.ts';
import type { Cache, KeptFiles } from '../../cache/cache.ts';
import { digestOf, digestOfJson } from '../../foundation/digest.ts';
import { Folder, isAbsent, readBelow } from '../../foundation/folder.ts';
import type { Json } from '../../foundation/units.ts';
import type { Exit, Reach } from '../../runner/cell.ts';
import { pack, unpack, type Exec } from './bundle-of-files.ts';
import { programOf } from './machine.ts';
import type { Workspace } from './workspaces.ts';

const LARGEST_BYTES = 64 * 1024 * 1024;
const DONE: Exit = { code: 0, signal: null, ended: 'by-itself', duration: 0 };

export interface Installing {
  readonly context: ActionContext;
  readonly cache: Cache;
  readonly machine: Json;
  /** What people call the run. */
  readonly origin: string;
  /** A room of its own, where only the manifests lie. */
  readonly room: () => Promise<Workspace & AsyncDisposable>;
  readonly reach: Reach;
}

/**
 * Installs what is locked, or brings back what an earlier installation of the same manifests made. It is made in a room
 * where no code of the commit has run, from nothing but the manifests: so a commit can leave nothing in it for a later
 * one, and a lock that is the same gives the same, whoever asks.
 * @returns undefined where the command is none of which that is known; then nothing was done.
 */
export async function install(command: string, { context, cache, machine, origin, room, reach }: Installing): Promise<Exit | undefined> {
  const installer = installerOf(command);
  const manifests = installer && await manifestsIn(context, installer);
  if (!installer || !manifests) return undefined;
  const key = digestOfJson({ install: command, machine, program: programOf(command.trim().split(/\s+/)[0] ?? ''), manifests: Object.fromEntries([...manifests].map(([path, bytes]) => [path, digestOf(bytes)])) });

  const kept = await cache.find(key, context.log);
  if (kept?.files && await put(kept.files, installer, context)) {
    context.log(`"${command}": as ${String(kept.value)} installed it at ${new Date(kept.at).toISOString()} from the same manifests`);
    return DONE;
  }
  await using apart = await room();
  const exec = execIn(apart, context);
  const installs = execIn(apart, context, reach);
  for (const [path, bytes] of manifests) await writeFile(join(apart.checkout, path), bytes, { flag: 'wx', mode: 0o644 });
  const exit = await installs(['sh', '-c', command]);
  if (exit.code !== 0) return exit;
  if (await typeOf(apart.checkout, installer.makes) !== 'folder') return DONE; // there was nothing to install
  const isKept = await pack(apart.checkout, [installer.makes], exec, (bytes) => cache.keep(key, { at: context.clock.wall(), value: origin }, bytes));
  const fresh = isKept ? await cache.find(key, context.log) : undefined;
  // What is too large to be kept is installed where it is needed.
  return fresh?.files && await put(fresh.files, installer, context) ? exit : undefined;
}

/** The manifests as they lie in the checkout; undefined where they are not all that decides. */
async function manifestsIn(context: ActionContext, { manifest, locks, settings }: Installer): Promise<ReadonlyMap<string, Buffer> | undefined> {
  const found = new Map<string, Buffer>();
  for (const path of [manifest, ...locks, ...settings]) {
    const bytes = await read(context.workdir, path);
    if (bytes) found.set(path, bytes);
  }
  const lock = locks.map((path) => found.get(path)).find((bytes) => bytes !== undefined);
  const own = found.get(manifest);
  if (!own || !lock) return undefined; // it fails in its own words
  const why = await typeOf(context.workdir, 'binding.gyp') !== undefined ? 'it compiles the project\'s own code' : unkeepable(own.toString('utf8'), lock.toString('utf8'));
  if (why !== undefined) context.log(`what it installs is not kept: ${why}`);
  return why === undefined ? found : undefined;
}

async function put(files: KeptFiles, { makes }: Installer, context: ActionContext): Promise<boolean> {
  const removed = await context.exec(['rm', '-rf', '--', makes]);
  return removed.code === 0 && await unpack(context.workdir, files, (command) => context.exec(command));
}

function execIn({ checkout, cell }: Workspace, { idempotencyKey, timeout, signal, writer }: ActionContext, reach: Reach = { hosts: 'none' }): Exec {
  return async (command) => (await cell()).run({ attempt: idempotencyKey, command, cwd: checkout, timeout, signal, log: writer, reach });
}

async function read(folder: string, path: string): Promise<Buffer | undefined> {
  try {
    return await readBelow(folder, path, LARGEST_BYTES);
  } catch (error) {
    if (isAbsent(error)) return undefined;
    throw error;
  }
}

async function typeOf(root: string, name: string): Promise<Awaited<ReturnType<Folder['look']>>> {
  await using folder = await Folder.open(root);
  return await folder.look(name);
}
