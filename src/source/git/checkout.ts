import { randomBytes } from 'node:crypto';
import { mkdir, readdir, rename, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { TrunklineError } from '../../foundation/errors.ts';
import { removeFolder } from '../../foundation/removal.ts';
import type { Millis } from '../../foundation/units.ts';
import { sourceGone } from './commits.ts';
import { endGroup, git, gitEnded, startGit } from './git.ts';
import { HASH, type Repository } from './repository.ts';
import { readTree, type Tree } from './tree.ts';

const TIMEOUT: Millis = 600_000;

/** Lays out a commit as {@link Trunk.checkout} promises. */
export async function checkout(repository: Repository, commit: string, folder: string): Promise<void> {
  if (!HASH.test(commit)) throw new TrunklineError('COMMIT_UNKNOWN', 'usage', `${JSON.stringify(commit.slice(0, 100))} is no full hash of a commit`, 'give all 40 (or 64) digits');
  const tree = await treeOf(repository, commit);
  await layOut(repository, { commit, tree }, folder);
}

/** @throws {TrunklineError} `SOURCE_GONE` */
export async function treeOf(repository: Repository, commit: string): Promise<string> {
  const { code, text } = await git(repository, ['rev-parse', '--verify', '--quiet', '--end-of-options', `${commit}^{tree}`], { answers: [1, 128] });
  if (code !== 0 || !HASH.test(text)) throw sourceGone(commit);
  return text;
}

export interface Layout {
  /** What HEAD is; undefined where nothing was ever committed. */
  readonly commit: string | undefined;
  /** What the files are. */
  readonly tree: string | undefined;
  /** Where the source repository's git finds objects that are not its own. */
  readonly env?: { readonly [name: string]: string };
  /** The last touch, before the folder appears under its name. */
  readonly finish?: (folder: string, tree: Tree) => Promise<void>;
}

/**
 * A new repository beside `folder` gets exactly the objects that the files need, proven by their hashes, lays them out
 * with no configuration but its own, and is then moved there as a whole.
 */
export async function layOut(repository: Repository, layout: Layout, folder: string): Promise<void> {
  const part = `${folder}.${randomBytes(6).toString('hex')}.part`;
  await mkdir(dirname(folder), { recursive: true });
  try {
    const tree = await fill(repository, layout, part);
    await layout.finish?.(part, tree);
    await putInPlace(part, folder);
  } finally {
    await removeFolder(part);
  }
}

async function fill(source: Repository, { commit, tree, env = {} }: Layout, part: string): Promise<Tree> {
  const format = (commit ?? tree ?? '').length === 64 ? 'sha256' : 'sha1';
  await git(undefined, ['init', '--quiet', '--template=', `--object-format=${format}`, '--initial-branch=checkout', '--end-of-options', part], { cwd: dirname(part) });
  const gitFolder = join(part, '.git');
  const made: Repository = { root: part, gitFolder, commonFolder: gitFolder, view: gitFolder };
  const committed = commit === undefined ? undefined : await readTree(source, await treeOf(source, commit), env);
  const laid = tree === undefined ? { objects: [], links: new Map<string, string>() } : await readTree(source, tree, env);
  const objects = [...(commit === undefined ? [] : [commit]), ...(committed?.objects ?? []), ...laid.objects];
  if (objects.length > 0) await copyObjects(source, objects, env, made);
  if (commit !== undefined) {
    // It has no parents here, and git must not look for them.
    await writeFile(join(made.gitFolder, 'shallow'), `${commit}\n`);
    await git(made, ['update-ref', '--no-deref', 'HEAD', commit]);
  }
  if (tree !== undefined) await git(made, ['read-tree', '--reset', '-u', tree], { timeout: TIMEOUT });
  await requireExactly(made, commit, tree);
  return laid;
}

async function copyObjects(source: Repository, objects: readonly string[], env: { readonly [name: string]: string }, target: Repository): Promise<void> {
  const call = { timeout: TIMEOUT };
  const packing = startGit(source, ['pack-objects', '--stdout', '--quiet', '--window=0', '--delta-base-offset'], { env });
  const indexing = startGit(target, ['index-pack', '--stdin']);
  indexing.stdout.resume();
  packing.stdin.end(`${objects.join('\n')}\n`);
  try {
    await Promise.all([
      gitEnded(packing, 'pack-objects', call),
      gitEnded(indexing, 'index-pack', call),
      // What broke the pipe is told by the exit code of the one that ended.
      pipeline(packing.stdout, indexing.stdin).catch(() => {}),
    ]);
  } finally {
    endGroup(packing);
    endGroup(indexing);
  }
}

/** Git computed both hashes anew from the bytes it was given: what is laid out is this commit and nothing else. */
async function requireExactly(made: Repository, commit: string | undefined, tree: string | undefined): Promise<void> {
  const head = commit === undefined ? undefined : (await git(made, ['rev-parse', '--verify', 'HEAD'])).text;
  const files = tree === undefined ? undefined : (await git(made, ['write-tree'])).text;
  if (head !== commit || files !== tree) throw new TrunklineError('SOURCE_CORRUPT', 'infra', `checking out ${commit} gave ${head} with the files ${files}`, 'check the repository with "git fsck"');
}

async function putInPlace(part: string, folder: string): Promise<void> {
  const found = await readdir(folder).catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return [];
    throw error;
  });
  if (found.length > 0) throw new TrunklineError('FOLDER_NOT_EMPTY', 'usage', `${folder} is not empty`, 'give a folder that does not exist yet');
  await rename(part, folder);
}
