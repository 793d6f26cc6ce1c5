import { mkdtemp } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { TrunklineError } from '../../foundation/errors.ts';
import { configurationOf } from './configuration.ts';
import { removeFolder } from '../../foundation/removal.ts';
import { git } from './git.ts';
import { HASH, type Repository } from './repository.ts';

const MOST_TRIES = 100;

/** What is committed: the files of `base`, some of them with new content. */
export interface BranchCommit {
  readonly base: string;
  /** By path; each is there in `base`, and keeps its mode. */
  readonly files: ReadonlyMap<string, Buffer>;
  readonly message: string;
  /** The branch's name; where there is one already, a number is put behind it. */
  readonly branch: string;
}

/**
 * Commits onto a new branch by objects alone: the work tree, the index and the branch that is checked out stay as they
 * are, and no hook runs.
 * @throws {TrunklineError} `BRANCH_TAKEN` after a hundred of that name.
 */
export async function commitOnBranch(repository: Repository, { base, files, message, branch }: BranchCommit): Promise<{ readonly branch: string; readonly commit: string }> {
  const scratch = await mkdtemp(join(tmpdir(), 'branch-'));
  try {
    const env = { GIT_INDEX_FILE: join(scratch, 'index') };
    await git(repository, ['read-tree', base], { env });
    for (const [path, bytes] of files) {
      const { text: entry } = await git(repository, ['ls-files', '--stage', '-z', '--', `:(literal)${path}`], { env });
      const mode = /^100\d{3}/.exec(entry)?.[0] ?? '100644';
      const { text: id } = await git(repository, ['hash-object', '-w', '--no-filters', '--stdin'], { env, input: bytes.toString('utf8') });
      await git(repository, ['update-index', '--add', '--cacheinfo', `${mode},${id},${path}`], { env });
    }
    const { text: tree } = await git(repository, ['write-tree'], { env });
    const { text: commit } = await git(repository, ['commit-tree', tree, '-p', base, '-F', '-'], { env: { ...env, ...await author(repository) }, input: message });
    if (!HASH.test(commit)) throw new Error(`git commit-tree answered ${JSON.stringify(commit.slice(0, 100))}`);
    return { branch: await createBranch(repository, branch, commit), commit };
  } finally {
    await removeFolder(scratch);
  }
}

/** Whoever asks for it, as git knows them; else this program, which made it. */
async function author(repository: Repository): Promise<{ readonly [name: string]: string }> {
  const values = await configurationOf(repository);
  const said = (key: string): string | undefined => values.findLast((value) => value.key === key)?.value;
  const [name, email] = [said('user.name') || 'Trunkline', said('user.email') || 'trunkline@localhost'];
  return { GIT_AUTHOR_NAME: name, GIT_AUTHOR_EMAIL: email, GIT_COMMITTER_NAME: name, GIT_COMMITTER_EMAIL: email };
}

async function createBranch(repository: Repository, name: string, commit: string): Promise<string> {
  for (let tries = 1; tries <= MOST_TRIES; tries += 1) {
    const branch = tries === 1 ? name : `${name}-${tries}`;
    // Made only where there is none.
    const { code } = await git(repository, ['update-ref', `refs/heads/${branch}`, commit, '0'.repeat(commit.length)], { answers: [128] });
    if (code === 0) return branch;
  }
  throw new TrunklineError('BRANCH_TAKEN', 'usage', `there are a hundred branches named ${name} already, or git takes no branch of that name`, 'delete those that are merged, with "git branch -d"');
}
