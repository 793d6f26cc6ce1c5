import { copyFile, mkdir, mkdtemp, realpath, rename, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve as absolute } from 'node:path';
import { TrunklineError } from '../../foundation/errors.ts';
import { removeFolder } from '../../foundation/removal.ts';
import type { Staged } from '../staged.ts';
import { changedLines, EVERY_LINE } from './changed-lines.ts';
import { git } from './git.ts';
import { readObjects } from './objects.ts';
import { HASH, type Repository } from './repository.ts';
import { readTree } from './tree.ts';
import { requireNames } from './worktree.ts';

interface Entry { readonly mode: string; readonly type: string; readonly id: string; readonly path: string }

const LISTING_BYTES = 256 * 1024 * 1024;
/** As of a commit: see {@link TrackedFile}. */
const LARGEST_READ = 64 * 1024 * 1024;
const TIMEOUT = 600_000;

/**
 * Looks at what is staged now. Git writes the trees that it stands for into a passing folder, from a copy of the index.
 * @param index the index file, when it is not the usual one: git names it to hooks as `GIT_INDEX_FILE`.
 * @throws {TrunklineError} `INDEX_UNMERGED`
 */
export async function openStaged(repository: Repository, index?: string): Promise<Staged> {
  const scratch = await realpath(await mkdtemp(join(tmpdir(), 'trunkline-index-')));
  const dispose = (): Promise<void> => removeFolder(scratch);
  try {
    const copy = join(scratch, 'index');
    await copyFile(index === undefined ? join(repository.gitFolder, 'index') : absolute(repository.root, index), copy).catch((error: NodeJS.ErrnoException) => {
      // Git makes the index with the first "git add".
      if (error.code !== 'ENOENT' || index !== undefined) throw error;
    });
    const objects = join(scratch, 'objects');
    await mkdir(objects);
    const theirs = join(repository.commonFolder, 'objects');
    const env = { GIT_INDEX_FILE: copy, GIT_OBJECT_DIRECTORY: objects, GIT_ALTERNATE_OBJECT_DIRECTORIES: quoted(theirs) };
    const [unmerged, commit, base] = await Promise.all([
      git(repository, ['ls-files', '--unmerged', '-z'], { env }), headOf(repository, 'HEAD^{commit}'), headOf(repository, 'HEAD^{tree}'),
    ]);
    if (unmerged.text !== '') throw new TrunklineError('INDEX_UNMERGED', 'usage', 'a merge is under way: what is staged is not one set of files', 'resolve the conflicts and stage the result');
    const { text: tree } = await git(repository, ['write-tree'], { env });
    const [entries, { changed, deleted }] = await Promise.all([entriesOf(repository, tree, env), differences(repository, base, tree, env)]);
    const there = new Map((entries ?? []).map(({ path, id }) => [path, id]));
    return {
      tree, base, files: [...there.keys()].sort(),
      changed: base === undefined ? [...there.keys()].sort() : changed, deleted,
      read: async function* (paths) {
        const wanted = paths.flatMap((path) => (there.has(path) ? [{ path, id: there.get(path)! }] : []));
        let at = 0;
        for await (const { size, content } of readObjects(repository, wanted.map(({ id }) => id), LARGEST_READ, env)) yield { path: wanted[at++]!.path, size, bytes: content };
      },
      changedLines: async () => (base === undefined
        ? new Map([...there.keys()].map((path) => [path, EVERY_LINE] as const)) : changedLines(repository, [base, tree], env)),
      layOut: async (folder) => {
        // As of a commit: what a run would refuse is refused before it is committed.
        await Promise.all([readTree(repository, tree, env), layOut({ scratch, objects, theirs, commit, tree }, folder)]);
      },
      [Symbol.asyncDispose]: dispose,
    };
  } catch (error) {
    await dispose();
    throw error;
  }
}

async function headOf(repository: Repository, word: string): Promise<string | undefined> {
  const { code, text } = await git(repository, ['rev-parse', '--verify', '--quiet', '--end-of-options', word], { answers: [1, 128] });
  return code === 0 && HASH.test(text) ? text : undefined;
}

async function entriesOf(repository: Repository, tree: string, env: { readonly [name: string]: string }): Promise<readonly Entry[]> {
  const { bytes } = await git(repository, ['ls-tree', '-r', '-z', '--full-tree', tree], { env, limitBytes: LISTING_BYTES });
  return requireNames(bytes).map((line) => {
    const tab = line.indexOf('\t');
    const [mode = '', type = '', id = ''] = line.slice(0, tab).split(' ');
    return { mode, type, id, path: line.slice(tab + 1) };
  }).filter(({ type }) => type === 'blob');
}

/** Against the last commit alone: what a merge brings in from its other side was checked there, or is checked now. */
async function differences(repository: Repository, base: string | undefined, tree: string, env: { readonly [name: string]: string }): Promise<{ readonly changed: readonly string[]; readonly deleted: readonly string[] }> {
  if (base === undefined) return { changed: [], deleted: [] };
  const { bytes } = await git(repository, ['diff-tree', '-r', '-z', '--raw', '--no-renames', base, tree], { env, limitBytes: LISTING_BYTES });
  const words = requireNames(bytes);
  const [changed, deleted]: [string[], string[]] = [[], []];
  for (let at = 0; at + 1 < words.length; at += 2) {
    const [, now = ''] = words[at]!.split(' ');
    if (now === '000000') deleted.push(words[at + 1]!);
    else if (now !== SUBMODULE) changed.push(words[at + 1]!);
  }
  return { changed: changed.sort(), deleted: deleted.sort() };
}

const SUBMODULE = '160000';

interface Layout { readonly scratch: string; readonly objects: string; readonly theirs: string; readonly commit: string | undefined; readonly tree: string }

/** It reads the objects where they are: nothing is copied, and git writes only into the folder itself. */
async function layOut({ scratch, objects, theirs, commit, tree }: Layout, folder: string): Promise<void> {
  const part = join(scratch, 'part');
  const gitFolder = join(part, '.git');
  await Promise.all([mkdir(join(gitFolder, 'objects', 'info'), { recursive: true }), mkdir(join(gitFolder, 'refs'), { recursive: true })]);
  const format = tree.length === 64 ? '[core]\n\trepositoryformatversion = 1\n\tbare = false\n[extensions]\n\tobjectFormat = sha256\n' : '[core]\n\trepositoryformatversion = 0\n\tbare = false\n';
  await Promise.all([
    writeFile(join(gitFolder, 'config'), format),
    writeFile(join(gitFolder, 'HEAD'), `${commit ?? 'ref: refs/heads/staged'}\n`),
    writeFile(join(gitFolder, 'objects', 'info', 'alternates'), `${quoted(theirs)}\n${quoted(objects)}\n`),
  ]);
  const made: Repository = { root: part, gitFolder, commonFolder: gitFolder, view: gitFolder };
  await git(made, ['read-tree', '--reset', '-u', tree], { timeout: TIMEOUT });
  await rename(part, folder);
}

/** As git reads the path of an object folder that holds more than plain characters. */
function quoted(path: string): string {
  return `"${path.replaceAll('\\', '\\\\').replaceAll('"', '\\"').replaceAll('\n', '\\n')}"`;
}
