import { chmod, mkdir, readFile, readdir, realpath, stat, symlink, writeFile } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { type Fresh, type Layer, mountPoints, type Root, waitingPoints } from './layers.ts';
import { type Mirror, mirrorsFor, resolved } from './mirror.ts';
import { isInside } from './mounts.ts';

/** What one cell sees in place of the machine's folders. */
export interface Enclosure {
  readonly layers: readonly Layer[];
  readonly fresh: readonly Fresh[];
  /** The covered folder in which layers wait while they are laid. */
  readonly stage: string;
  readonly root?: Root;
}

export interface Enclosing {
  readonly workdir: string;
  /** Whether `workdir` may be written; beside it only HOME, the temporary folder and `own` may. */
  readonly writable: boolean;
  /** Folders of its own, seen at paths where the machine may have nothing. */
  readonly own?: readonly { readonly target: string; readonly source: string }[];
  readonly hidden: readonly string[];
  /** What must be seen in spite of what is hidden around it. */
  readonly needed: readonly string[];
  /** Folders that can be passed, read-only, as shut as they are. */
  readonly passages?: readonly string[];
  /** The cell's own folder, with `home` and `tmp` in it, on the machine's disk. */
  readonly scratch: string;
  /** Whether commands run as another user than the host, who can't pass a door that is shut to others. */
  readonly asStranger: boolean;
}

/** The machine's sockets live there (dbus, docker, agents); no build is to speak to them. */
const SOCKETS = ['/run', '/var/run'];
const STAGES = ['/run', '/mnt', '/media', '/srv'];
const DEVICES = ['null', 'zero', 'full', 'random', 'urandom', 'tty'];
const DEVICE_LINKS = { fd: '/proc/self/fd', stdin: '/proc/self/fd/0', stdout: '/proc/self/fd/1', stderr: '/proc/self/fd/2', ptmx: 'pts/ptmx' };

/** Maven begins with no settings that are none: where the machine's are covered, they say nothing. */
const NO_SETTINGS = '<settings/>\n';

/** Decides the layers of a cell, and makes in `scratch` what they show. */
export async function enclose({ workdir, writable, own = [], hidden, needed, passages = [], scratch, asStranger }: Enclosing): Promise<Enclosure> {
  const home = join(scratch, 'home');
  const seen = await existing(needed);
  const doors = asStranger ? (await Promise.all([workdir, home, ...seen].map(shutDoors))).flat() : [];
  const rooms = asStranger ? await shutRooms(seen) : [];
  const stage = await firstFree(STAGES, [workdir, scratch, ...seen]);
  const covered = await existing([...hidden, ...SOCKETS, stage, ...doors, ...rooms]);
  const covers = await Promise.all(covered.filter((path) => path !== '/' && path !== workdir).map(async (target, index) => ({ target, source: join(scratch, 'covers', String(index)), writable: false, file: !(await stat(target)).isDirectory() })));

  const replaced: readonly Layer[] = [
    { target: '/tmp', source: join(scratch, 'tmp'), writable: true, file: false },
    { target: '/dev', source: join(scratch, 'dev'), writable: false, file: false },
  ];
  const shown = await Promise.all([...seen, ...await existing(passages), ...await contentsOf(rooms)]
    .filter((path) => !covers.some(({ target }) => target === path) && [...covers, ...replaced].some(({ target }) => isInside(path, target)))
    .map((path) => same(path, false)));
  const devices = (await existing(DEVICES.map((name) => `/dev/${name}`))).map((path) => ({ target: path, source: path, writable: true, file: true }));
  const placed = await Promise.all(own.map(async ({ target, source }) => ({ target: await resolved(target), source, writable: true, file: false })));
  const mirrors = await mirrorsFor(placed.map(({ target }) => target), [...covers, ...replaced].map(({ target }) => target));
  const top = mirrors.find(({ folder }) => folder === '/');
  const theirs = [await same(workdir, writable), await same(home, true), ...placed];
  // What lies under another cover, and under nothing that is shown in spite of it, is hidden already.
  const bare = covers.filter(({ target }) => {
    const over = [...replaced, ...covers, ...theirs, ...shown].filter((layer) => layer.target !== target && isInside(target, layer.target)).toSorted((a, b) => b.target.length - a.target.length)[0];
    return over === undefined || over.source === over.target || target === stage;
  });
  const layers = unique([...replaced, ...theirs, ...devices, ...shown, ...bare, ...await mirrored(mirrors.filter((mirror) => mirror !== top), scratch)]);
  const fresh: readonly Fresh[] = [
    { target: '/dev/shm', type: 'tmpfs', options: 'mode=1777' },
    { target: '/dev/pts', type: 'devpts', options: 'newinstance,ptmxmode=0666,mode=0620' },
  ];
  const root = top && { source: join(scratch, 'root'), shown: await folders(top.shown), inner: placed.map(({ target }) => target).filter((target) => !top.shown.some((path) => isInside(target, path))) };
  const enclosure: Enclosure = { layers, fresh, stage, ...(root ? { root } : {}) };
  await furnish(scratch, enclosure);
  for (const { folder, links } of mirrors) {
    const source = folder === '/' ? join(scratch, 'root') : mirrorOf(folder, scratch);
    for (const { path, to } of links) await symlink(to, source + path.slice(folder === '/' ? 0 : folder.length));
  }
  return enclosure;
}

/** A mirrored folder and what it shows. */
async function mirrored(mirrors: readonly Mirror[], scratch: string): Promise<readonly Layer[]> {
  return (await Promise.all(mirrors.map(async ({ folder, shown }) => [
    ...await Promise.all(shown.map((path) => same(path, false))),
    { target: folder, source: mirrorOf(folder, scratch), writable: false, file: false },
  ]))).flat();
}

function mirrorOf(folder: string, scratch: string): string {
  return join(scratch, 'mirrors', encodeURIComponent(folder));
}

async function folders(paths: readonly string[]): Promise<readonly string[]> {
  const all = await Promise.all(paths.map(async (path) => ((await stat(path)).isDirectory() ? [path] : [])));
  return all.flat();
}

async function furnish(scratch: string, { layers, fresh, stage, root }: Enclosure): Promise<void> {
  const made = [
    ...layers.filter(({ source }) => isInside(source, scratch)).map(({ source, file }) => ({ path: source, file })),
    ...waitingPoints(stage, layers, root), ...mountPoints(layers, fresh),
  ];
  for (const { path, file } of made) {
    await makeFolder(file ? dirname(path) : path, scratch);
    if (file) await writeFile(path, layers.some(({ source, target }) => source === path && basename(target) === 'settings.xml') ? NO_SETTINGS : '', { flag: 'a' });
  }
  for (const [name, target] of Object.entries(DEVICE_LINKS)) await symlink(target, join(scratch, 'dev', name));
  await keepNameServers(layers, scratch);
}

/** Whatever the host's mask: commands may be another user's. */
async function makeFolder(path: string, scratch: string): Promise<void> {
  const first = await mkdir(path, { recursive: true });
  if (first === undefined) return;
  for (let folder = path; isInside(folder, first) && folder !== scratch; folder = dirname(folder)) await chmod(folder, 0o755);
}

/** Where names are looked up is often told by a file among the sockets. */
async function keepNameServers(layers: readonly Layer[], scratch: string): Promise<void> {
  const file = await realpath('/etc/resolv.conf').catch(() => undefined);
  const cover = layers.find(({ target, source }) => file !== undefined && source !== target && isInside(file, target));
  if (file === undefined || cover === undefined) return;
  const copy = cover.source + file.slice(cover.target.length);
  await makeFolder(dirname(copy), scratch);
  await writeFile(copy, await readFile(file));
  await chmod(copy, 0o644);
}

async function existing(paths: readonly string[]): Promise<readonly string[]> {
  const found = await Promise.all(paths.map((path) => realpath(path).catch(() => undefined)));
  return [...new Set(found.filter((path) => path !== undefined))];
}

async function same(path: string, writable: boolean): Promise<Layer> {
  return { target: path, source: path, writable, file: !(await stat(path)).isDirectory() };
}

/** The first layer for a path is the one that counts. */
function unique(layers: readonly Layer[]): readonly Layer[] {
  return layers.filter(({ target }, index) => layers.findIndex((other) => other.target === target) === index);
}

async function firstFree(stages: readonly string[], sources: readonly string[]): Promise<string> {
  const free = (await existing(stages)).find((stage) => !sources.some((source) => isInside(source, stage)));
  if (free === undefined) throw new Error(`none of ${stages.join(', ')} is a folder that a cell can do without`);
  return free;
}

const OTHERS_MAY_PASS = 0o001;
const OTHERS_MAY_READ = 0o005;

/** The outermost folder on the way to `path` that only its owner may pass: covered, what lies behind it can be shown. */
async function shutDoors(path: string): Promise<readonly string[]> {
  const way: string[] = [];
  for (let folder = dirname(path); folder !== '/'; folder = dirname(folder)) way.unshift(folder);
  for (const folder of way) {
    if (((await stat(folder)).mode & OTHERS_MAY_PASS) === 0) return [folder];
  }
  return [];
}

/** Of folders that only their owner may read, what they hold can be shown instead. */
async function shutRooms(paths: readonly string[]): Promise<readonly string[]> {
  const modes = await Promise.all(paths.map(async (path) => ({ path, status: await stat(path) })));
  return modes.filter(({ status }) => status.isDirectory() && (status.mode & OTHERS_MAY_READ) !== OTHERS_MAY_READ).map(({ path }) => path);
}

async function contentsOf(folders: readonly string[]): Promise<readonly string[]> {
  const contents = await Promise.all(folders.map(async (folder) => (await readdir(folder)).map((name) => join(folder, name))));
  return existing(contents.flat());
}
