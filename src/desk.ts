/** The composition root of a developer's own machine: hooks and editor, without anything of the pipeline's host. */
import { accessSync, constants, existsSync, readFileSync } from 'node:fs';
import { chmod, mkdir, readdir, readFile, rename, stat, writeFile } from 'node:fs/promises';
import { delimiter, dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Desk } from './cli/desk.ts';
import { HOOK_FILES, hooksState, installation, type HooksFound } from './local/hooks.ts';
import { placeOf } from './place.ts';
import { excludeState } from './source/git/exclude.ts';
import { hooksPaths, ownHooks, setLocal } from './source/git/hooks-path.ts';
import { openRepository, type Repository } from './source/git/repository.ts';

export interface DeskOptions { readonly cwd: string; readonly state?: string }

export async function openDesk({ cwd, state }: DeskOptions): Promise<Desk> {
  const repository = await openRepository(cwd);
  return {
    repository: repository.root,
    hooks: async () => hooksState(await hooksFound(repository)),
    installHooks: async () => {
      const found = await hooksFound(repository);
      const { scripts, hooksPath } = installation(found);
      for (const [path, script] of Object.entries(scripts)) await writeScript(join(repository.root, path), script);
      if (hooksPath !== undefined) await setLocal(repository, 'core.hooksPath', hooksPath);
      const through = hooksState(found).runners.find(({ calls }) => calls) ?? null;
      const path = through || bringsItsOwn(repository.root) ? null : fileURLToPath(new URL('../bin/trunkline.js', import.meta.url));
      if (path !== null) await setLocal(repository, 'trunkline.path', path);
      return { written: Object.keys(scripts), through, path };
    },
    uninstallHooks: async () => {
      if (hooksState(await hooksFound(repository)).state !== 'installed') return false;
      await setLocal(repository, 'core.hooksPath', undefined);
      await setLocal(repository, 'trunkline.path', undefined);
      return true;
    },
    setUpEditors: async () => {
      const [{ editorChanges }, { lookAt }] = await Promise.all([import('./local/editor.ts'), import('./source/git/look.ts')]);
      const { files } = await lookAt(repository);
      const { write, refused } = editorChanges({ files, packages: packagesIn(repository.root) }, (path) => textAt(join(repository.root, path)));
      for (const [path, text] of write) await replace(join(repository.root, path), text);
      return { written: [...write.keys()], refused };
    },
    checkStaged: async (options) => {
      const place = placeOf(repository, state);
      await excludeState(repository, place.state);
      return (await import('./staged.ts')).staged(place, options);
    },
  };
}

async function hooksFound(repository: Repository): Promise<HooksFound> {
  const files = await Promise.all(HOOK_FILES.map(async (path) => [path, await readFile(join(repository.root, path), 'utf8').catch(() => undefined)] as const));
  const set = (await hooksPaths(repository)).at(-1);
  const preCommit = set && await readFile(join(resolve(repository.root, set.path), 'pre-commit'), 'utf8').catch(() => undefined);
  return { hooksPath: set && { ...set, preCommit }, own: await activeHooks(repository), files: new Map(files.filter((entry): entry is [string, string] => entry[1] !== undefined)) };
}

/** Those that git would run: executable, and no samples. */
async function activeHooks(repository: Repository): Promise<ReadonlyMap<string, string>> {
  const folder = await ownHooks(repository);
  const names = (await readdir(folder).catch(() => [])).filter((name) => !name.endsWith('.sample') && /^[a-z-]+$/.test(name));
  const active = await Promise.all(names.map(async (name) => ((await stat(join(folder, name)).catch(() => undefined))?.mode ?? 0) & 0o111));
  return new Map(await Promise.all(names.filter((_, index) => active[index] !== 0).map(async (name) => [name, await readFile(join(folder, name), 'utf8')] as const)));
}

/** What is there stays as it is. */
async function writeScript(path: string, script: string): Promise<void> {
  await mkdir(dirname(path), { recursive: true });
  await writeFile(path, script, { flag: 'wx' });
  await chmod(path, 0o755);
}

/** Whether the hook finds a Trunkline without being told: in the project, or on the path. */
function bringsItsOwn(root: string): boolean {
  const onPath = (process.env['PATH'] ?? '').split(delimiter).filter((folder) => folder !== '' && !folder.endsWith('/node_modules/.bin'));
  return [join(root, 'node_modules', '.bin'), ...onPath].some((folder) => isExecutable(join(folder, 'trunkline')));
}

function isExecutable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return existsSync(path);
  } catch {
    return false;
  }
}

function packagesIn(root: string): ReadonlySet<string> {
  try {
    const manifest = Object(JSON.parse(textAt(join(root, 'package.json')) ?? '{}')) as { readonly [field: string]: unknown };
    return new Set(['dependencies', 'devDependencies'].flatMap((field) => Object.keys(Object(manifest[field]) as object)));
  } catch {
    return new Set(); // a broken package.json is npm's to complain of
  }
}

function textAt(file: string): string | undefined {
  try {
    return readFileSync(file, 'utf8');
  } catch (error) {
    if (['ENOENT', 'ENOTDIR'].includes((error as NodeJS.ErrnoException).code ?? '')) return undefined;
    throw error;
  }
}

/** Whole or not at all. */
async function replace(file: string, text: string): Promise<void> {
  await mkdir(dirname(file), { recursive: true });
  await writeFile(`${file}.${process.pid}`, text);
  await rename(`${file}.${process.pid}`, file);
}
