import { lstat, mkdir, readdir, readFile, readlink, symlink } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { z } from 'zod';

const entry = z.object({ version: z.string().optional(), resolved: z.string().optional(), integrity: z.string().optional(), link: z.boolean().optional(), optional: z.boolean().optional(), devOptional: z.boolean().optional(), peer: z.boolean().optional() });
const lockFile = z.object({ packages: z.record(z.string(), entry) });
type Packages = z.infer<typeof lockFile>['packages'];

/** Why what is installed is not what a lock file asks for; undefined when it is. Both texts as npm writes them. */
export function difference(locked: string, installed: string): string | undefined {
  const [wanted, there] = [packagesOf(locked), packagesOf(installed)];
  if (!wanted) return 'package-lock.json is of a form that can\'t be compared';
  if (!there) return 'what is installed says nothing of itself';
  for (const [path, each] of Object.entries(wanted)) {
    if (!path.includes('node_modules/')) continue; // the project itself, and its workspaces
    const found = there[path];
    if (!found) {
      // What is not for this machine, or nobody's peer, is left out.
      if (each.optional === true || each.devOptional === true || each.peer === true) continue;
      return `${path.slice(path.lastIndexOf('node_modules/') + 13)} is not installed`;
    }
    if (found.link !== each.link || found.version !== each.version || found.integrity !== each.integrity) return `${path.slice(path.lastIndexOf('node_modules/') + 13)} is installed as ${found.version ?? 'a link'}, not as ${each.version ?? 'a link'}`;
  }
  return undefined; // what is installed beyond it is not linked
}

function packagesOf(text: string): Packages | undefined {
  try {
    return lockFile.parse(JSON.parse(text)).packages;
  } catch {
    return undefined;
  }
}

/** `none`: the tree asks for no modules. `linked`: they are those of the work tree. Else why they can't be. */
export type Modules = 'none' | 'linked' | { readonly differs: string };

/**
 * Gives a laid-out tree the modules that are installed in the work tree, where they are what its lock file asks for:
 * each package by a link, so that whatever a tool keeps beside them stays out of the work tree. A workspace's own
 * package leads to the laid-out folder, not to the work tree.
 */
export async function linkModules(tree: string, workTree: string, files: readonly string[]): Promise<Modules> {
  const manifests = files.filter((file) => /(^|\/)package\.json$/.test(file) && !file.includes('node_modules/'));
  if (manifests.length === 0 || files.some((file) => file.startsWith('node_modules/'))) return 'none';
  const fault = await differs(tree, workTree, files);
  if (fault !== undefined) return { differs: fault };
  const locked = files.includes('package-lock.json') ? packagesOf(await text(join(tree, 'package-lock.json')) ?? '') : undefined;
  const isMeant = (path: string): boolean => locked === undefined || locked[path] !== undefined;
  await Promise.all(manifests.map((manifest) => {
    const modules = join(dirname(manifest), 'node_modules');
    return link({ from: join(workTree, modules), to: join(tree, modules), path: modules, isMeant });
  }));
  return 'linked';
}

async function differs(tree: string, workTree: string, files: readonly string[]): Promise<string | undefined> {
  if (!files.includes('package.json')) return undefined;
  if (files.includes('package-lock.json')) {
    const [locked, installed] = await Promise.all([text(join(tree, 'package-lock.json')), text(join(workTree, 'node_modules', '.package-lock.json'))]);
    // Where a project needs no package, npm installs nothing and writes nothing.
    const fault = difference(locked ?? '', installed ?? '{ "packages": {} }');
    return fault !== undefined && installed === undefined ? 'nothing is installed' : fault;
  }
  // Other package managers: what is staged is compared with what lies in the work tree, where they install from.
  const lock = ['npm-shrinkwrap.json', 'yarn.lock', 'pnpm-lock.yaml', 'bun.lock'].find((file) => files.includes(file)) ?? 'package.json';
  const [staged, here] = await Promise.all([text(join(tree, lock)), text(join(workTree, lock))]);
  return staged === here ? undefined : `${lock} is not staged as it lies in the work tree, from which was installed`;
}

async function text(file: string): Promise<string | undefined> {
  return readFile(file, 'utf8').catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT' || error.code === 'ENOTDIR') return undefined;
    throw error;
  });
}

interface Linking {
  readonly from: string;
  readonly to: string;
  /** Of the folder in the tree, as lock files write it. */
  readonly path: string;
  readonly isMeant: (path: string) => boolean;
}

async function link({ from, to, path, isMeant }: Linking): Promise<void> {
  const found = await readdir(from).catch(() => []);
  if (found.length === 0) return;
  await mkdir(to, { recursive: true });
  await Promise.all(found.map(async (name) => {
    const each = { from: join(from, name), to: join(to, name), path: `${path}/${name}`, isMeant };
    if (name.startsWith('.')) return OF_ALL.includes(name) ? symlink(each.from, each.to) : undefined;
    const kind = await lstat(each.from);
    if (name.startsWith('@') && kind.isDirectory()) return link(each);
    if (!isMeant(each.path)) return undefined;
    // A workspace's package is the tree's own; pnpm's links lead to where it keeps everything.
    const target = kind.isSymbolicLink() ? await readlink(each.from) : undefined;
    return symlink(target === undefined || target.startsWith('/') || /(^|\/)(node_modules|\.pnpm)\//.test(target) ? each.from : target, each.to);
  }));
}

/** The rest that begins with a dot is what tools keep for themselves. */
const OF_ALL = ['.bin', '.package-lock.json'];
