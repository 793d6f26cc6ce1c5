import { copyFile, lstat, mkdir, mkdtemp, readlink, rm, symlink } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join, resolve as absolute } from 'node:path';
import { TrunklineError } from '../../foundation/errors.ts';
import type { WorkTree } from '../worktree.ts';
import { layOut, treeOf } from './checkout.ts';
import { git } from './git.ts';
import { resolve } from './resolve.ts';
import type { Repository } from './repository.ts';
import { requireLinksInside } from './tree.ts';

export function openWorkTree(repository: Repository): WorkTree {
  return {
    isDirty: async () => (await changes(repository)).length > 0,
    files: async () => requireNames((await git(repository, ['ls-files', '-z', '--cached'])).bytes).sort(),
    checkoutIndex: (folder, index) => checkoutIndex(repository, folder, index),
    checkoutWorkTree: (folder) => checkoutWorkTree(repository, folder),
  };
}

/** The staged tree is written to objects of a passing folder: neither the index nor the repository changes. */
async function checkoutIndex(repository: Repository, folder: string, index?: string): Promise<void> {
  const scratch = await mkdtemp(join(tmpdir(), 'staged-'));
  try {
    const copy = join(scratch, 'index');
    const from = index === undefined ? join(repository.gitFolder, 'index') : absolute(repository.root, index);
    await copyFile(from, copy).catch((error: NodeJS.ErrnoException) => {
      // Git makes the index with the first "git add".
      if (error.code !== 'ENOENT' || index !== undefined) throw error;
    });
    const env = { GIT_INDEX_FILE: copy, GIT_OBJECT_DIRECTORY: await folderIn(scratch, 'objects'), GIT_ALTERNATE_OBJECT_DIRECTORIES: join(repository.commonFolder, 'objects') };
    const { text: unmerged } = await git(repository, ['ls-files', '--unmerged', '-z'], { env });
    if (unmerged !== '') throw new TrunklineError('INDEX_UNMERGED', 'usage', 'a merge is under way: what is staged is not one set of files', 'resolve the conflicts and stage the result');
    const { text: tree } = await git(repository, ['write-tree'], { env });
    await layOut(repository, { commit: await resolve(repository, 'HEAD'), tree, env }, folder);
  } finally {
    await rm(scratch, { recursive: true, force: true });
  }
}

/** The last commit, and over it every file that differs, byte by byte: no filter of git comes between. */
async function checkoutWorkTree(repository: Repository, folder: string): Promise<void> {
  const commit = await resolve(repository, 'HEAD');
  const tree = commit === undefined ? undefined : await treeOf(repository, commit);
  const changed = await changes(repository);
  await layOut(repository, {
    commit, tree,
    finish: async (part, laid) => {
      const links = new Map(laid.links);
      for (const path of changed) {
        await rm(join(part, path), { recursive: true, force: true });
        links.delete(Buffer.from(path).toString('latin1'));
      }
      for (const path of changed) {
        const target = await copy(join(repository.root, path), join(part, path));
        if (target !== undefined) links.set(Buffer.from(path).toString('latin1'), Buffer.from(target).toString('latin1'));
      }
      requireLinksInside(links);
    },
  }, folder);
}

/** Copies a file or a link, of which it gives the target. What is gone, or has become a folder, has nothing to copy. */
async function copy(from: string, to: string): Promise<string | undefined> {
  const found = await lstat(from).catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT' || error.code === 'ENOTDIR') return undefined;
    throw error;
  });
  if (!found?.isFile() && !found?.isSymbolicLink()) return undefined;
  await rm(to, { recursive: true, force: true });
  await mkdir(dirname(to), { recursive: true });
  if (found.isFile()) {
    await copyFile(from, to);
    return undefined;
  }
  const target = await readlink(from);
  await symlink(target, to);
  return target;
}

/** Every path that differs from HEAD, folders before what lies in them. Folders that are repositories of their own are not ours. */
async function changes(repository: Repository): Promise<string[]> {
  const { bytes } = await git(repository, ['status', '--porcelain=v1', '-z', '--no-renames', '--untracked-files=all', '--ignore-submodules=all']);
  return requireNames(bytes).map((line) => line.slice(3)).filter((path) => !path.endsWith('/')).sort();
}

/** Names that git ends with NUL. @throws {TrunklineError} `SOURCE_REFUSED` for one that is not UTF-8. */
export function requireNames(bytes: Buffer): string[] {
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes).split('\0').slice(0, -1);
  } catch {
    throw new TrunklineError('SOURCE_REFUSED', 'usage', 'a file in the work tree has a name that is not UTF-8', 'rename it; "git status" shows it with escapes');
  }
}

async function folderIn(parent: string, name: string): Promise<string> {
  const folder = join(parent, name);
  await mkdir(folder);
  return folder;
}
