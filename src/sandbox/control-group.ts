import { mkdir, readFile, readdir, rmdir, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Limited, Limits } from './limits.ts';

const ROOT = '/sys/fs/cgroup';
/** The kernel takes a group away only when its last process is gone for good, which it is a little after it has ended. */
const LAST = { tries: 200, every: 5 };

/** A control group that holds processes to limits, version 2 of the interface or 1, whichever the machine has writable. */
export interface ControlGroup {
  /** What the kernel holds. The rest is held in other ways, or not. */
  readonly held: readonly Limited[];
  /** The files to which a process writes its number to be held, before it becomes what it is to be. */
  readonly entrances: readonly string[];
  /** How often each limit was hit so far. */
  hits(): Promise<{ readonly [what in Limited]?: number }>;
  /** After its last process has ended. */
  remove(): Promise<void>;
}

interface Part {
  readonly folder: string;
  readonly held: readonly Limited[];
  readonly settings: { readonly [file: string]: string };
  readonly counters: { readonly [what in Limited]?: { readonly file: string; readonly key: string } };
}

/** Makes the group `name` beside this process's own. Undefined where the machine lets this user make none. */
export async function makeGroup(name: string, limits: Limits): Promise<ControlGroup | undefined> {
  const parts: Part[] = [];
  for (const candidates of [unified(name, limits, await ownGroups()), ...versionOne(name, limits, await ownGroups())]) {
    const held = new Set(parts.flatMap((part) => part.held));
    for (const part of candidates.filter((one) => one.held.some((what) => !held.has(what)))) {
      if (!await made(part)) continue;
      parts.push(part);
      break;
    }
  }
  if (parts.length === 0) return undefined;
  return {
    held: parts.flatMap(({ held }) => held),
    entrances: parts.map(({ folder }) => join(folder, 'cgroup.procs')),
    hits: async () => Object.fromEntries((await Promise.all(parts.map(counted))).flat()),
    remove: async () => void await Promise.all(parts.map(({ folder }) => removed(folder))),
  };
}

/** Takes away the groups that an earlier host left empty. @param isMeant by the name of the group */
export async function removeGroups(isMeant: (name: string) => boolean): Promise<void> {
  const own = await ownGroups();
  const parents = [...own.entries()].flatMap(([controller, path]) => [folderOf(controller, path), dirname(folderOf(controller, path))]);
  for (const parent of new Set(parents)) {
    const names = await readdir(parent).catch(() => []);
    await Promise.all(names.filter(isMeant).map((name) => removed(join(parent, name))));
  }
}

/** This process's own, by controller; version 2 has the name ''. */
async function ownGroups(): Promise<ReadonlyMap<string, string>> {
  const text = await readFile('/proc/self/cgroup', 'utf8').catch(() => '');
  return new Map(text.trim().split('\n').flatMap((line) => {
    const [, controllers = '', path] = /^\d+:([^:]*):(.*)$/.exec(line) ?? [];
    return path === undefined ? [] : controllers.split(',').map((controller) => [controller, path] as const);
  }));
}

function folderOf(controller: string, path: string): string {
  return join(ROOT, controller, path);
}

/** Below this process's group, or beside it: one that holds processes itself hands no controller on. */
function unified(name: string, { memory, processes }: Limits, own: ReadonlyMap<string, string>): readonly Part[] {
  const path = own.get('');
  if (path === undefined) return [];
  return [join(ROOT, path), dirname(join(ROOT, path))].filter((parent) => parent.startsWith(ROOT)).map((parent) => ({
    folder: join(parent, name), held: ['memory', 'processes'],
    settings: { 'memory.max': String(memory), 'pids.max': String(processes) },
    counters: { memory: { file: 'memory.events', key: 'oom_kill' }, processes: { file: 'pids.events', key: 'max' } },
  }));
}

function versionOne(name: string, { memory, processes }: Limits, own: ReadonlyMap<string, string>): readonly (readonly Part[])[] {
  const part = (controller: string, rest: Omit<Part, 'folder'>): readonly Part[] => {
    const path = own.get(controller);
    return path === undefined ? [] : [{ folder: join(folderOf(controller, path), name), ...rest }];
  };
  return [
    part('memory', { held: ['memory'], settings: { 'memory.limit_in_bytes': String(memory) }, counters: { memory: { file: 'memory.oom_control', key: 'oom_kill' } } }),
    part('pids', { held: ['processes'], settings: { 'pids.max': String(processes) }, counters: { processes: { file: 'pids.events', key: 'max' } } }),
  ];
}

/** Whole, or not at all. A folder in which the kernel puts no files is no group with that controller. */
async function made({ folder, settings }: Part): Promise<boolean> {
  try {
    await mkdir(folder);
  } catch {
    return false;
  }
  try {
    for (const [file, value] of Object.entries(settings)) await writeFile(join(folder, file), value, { flag: 'r+' });
    return true;
  } catch {
    await rmdir(folder).catch(() => undefined);
    return false;
  }
}

async function counted({ folder, counters }: Part): Promise<readonly (readonly [Limited, number])[]> {
  return Promise.all(Object.entries(counters).map(async ([what, { file, key }]) => {
    const text = await readFile(join(folder, file), 'utf8').catch(() => '');
    return [what as Limited, Number(new RegExp(`^${key} (\\d+)$`, 'm').exec(text)?.[1] ?? 0)] as const;
  }));
}

async function removed(folder: string): Promise<void> {
  for (let tries = 0; tries < LAST.tries; tries += 1) {
    const left = await rmdir(folder).then(() => false, (error: NodeJS.ErrnoException) => error.code === 'EBUSY');
    if (!left) return;
    await sleep(LAST.every);
  }
}
