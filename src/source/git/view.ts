import { createHash, randomBytes } from 'node:crypto';
import { existsSync, rmSync } from 'node:fs';
import { lstat, mkdir, mkdtemp, readFile, readdir, readlink, rename, rm, symlink, writeFile } from 'node:fs/promises';
import { homedir, tmpdir } from 'node:os';
import { join } from 'node:path';
import { TrunklineError } from '../../foundation/errors.ts';

/**
 * What git takes for the common folder of a repository (`GIT_COMMON_DIR`): its objects and refs, with a configuration
 * of ours. Code of a release that could write `.git/config`, `.git/info/attributes` or `.git/hooks` would otherwise
 * choose programs for the next git of the host.
 */
export async function viewOf(commonFolder: string, configuration: string): Promise<string> {
  const folder = await viewFolder(createHash('sha256').update(commonFolder).digest('hex').slice(0, 32));
  await keepFile(join(folder, 'config'), configuration);
  await mkdir(join(folder, 'info'), { recursive: true });
  for (const name of ['objects', 'refs', 'packed-refs', 'reftable', 'info/exclude']) await keepLink(join(folder, name), join(commonFolder, name));
  return folder;
}

/** In a folder of the user that no cell shows; else in one that ends with this process. */
async function viewFolder(name: string): Promise<string> {
  const cache = process.env['XDG_CACHE_HOME'] || join(homedir(), '.cache');
  const all = join(cache, 'trunkline', 'git');
  const folder = join(all, name);
  try {
    const isNew = await mkdir(folder, { recursive: true, mode: 0o700 }) !== undefined;
    if (isNew) await forgetGone(all);
    if (await isOurs(folder)) return folder;
  } catch {
    // a home that is not there, or not ours to write
  }
  return passing();
}

/** Views of repositories that are no more. */
async function forgetGone(all: string): Promise<void> {
  for (const name of await readdir(all)) {
    const target = await readlink(join(all, name, 'objects')).catch(() => undefined);
    if (target !== undefined && !existsSync(target)) await rm(join(all, name), { recursive: true, force: true });
  }
}

let passed: Promise<string> | undefined;

async function passing(): Promise<string> {
  passed ??= mkdtemp(join(tmpdir(), 'trunkline-git-')).then((folder) => {
    process.once('exit', () => rmSync(folder, { recursive: true, force: true }));
    return folder;
  });
  return mkdtemp(join(await passed, 'view-'));
}

/** Whoever else could write there would choose what git does. */
async function isOurs(folder: string): Promise<boolean> {
  const status = await lstat(folder);
  return status.isDirectory() && status.uid === process.getuid?.() && (status.mode & 0o022) === 0;
}

async function keepFile(path: string, text: string): Promise<void> {
  const found = await readFile(path, 'utf8').catch(() => undefined);
  if (found === text) return;
  const fresh = `${path}.${randomBytes(6).toString('hex')}`;
  await writeFile(fresh, text, { mode: 0o600 });
  await rename(fresh, path);
}

/** A link whose target is not there yet is as good as a file that is not there. */
async function keepLink(path: string, target: string): Promise<void> {
  if (await readlink(path).catch(() => undefined) === target) return;
  const fresh = `${path}.${randomBytes(6).toString('hex')}`;
  await symlink(target, fresh);
  await rename(fresh, path).catch(async (error: NodeJS.ErrnoException) => {
    await rm(fresh, { force: true });
    throw error;
  });
}

const MOST_ALTERNATES = 100;

/**
 * Objects may come from other folders too, as `git clone --reference` has it: those of the user who runs this, or root's.
 * @throws {TrunklineError} `REPOSITORY_BORROWS`
 */
export async function requireOwnObjects(commonFolder: string): Promise<void> {
  const text = await readFile(join(commonFolder, 'objects', 'info', 'alternates'), 'utf8').catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return '';
    throw error;
  });
  const folders = text.split('\n').filter((line) => line !== '' && !line.startsWith('#')).slice(0, MOST_ALTERNATES);
  for (const line of folders) {
    const folder = line.startsWith('/') ? line : join(commonFolder, 'objects', line);
    const status = await lstat(folder).catch(() => undefined);
    if (status?.isDirectory() && [0, process.getuid?.()].includes(status.uid)) continue;
    throw new TrunklineError('REPOSITORY_BORROWS', 'refused',
      `${join(commonFolder, 'objects', 'info', 'alternates')} names ${JSON.stringify(folder.slice(0, 200))}, which is no folder of yours`,
      'run "git repack -a -d" with that folder in place, then remove the file');
  }
}
