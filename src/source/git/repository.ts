import { realpath } from 'node:fs/promises';
import { relative, sep } from 'node:path';
import { TrunklineError, errorRecord } from '../../foundation/errors.ts';
import { configurationOf, formatOf, isLocal, type ConfigurationValue } from './configuration.ts';
import { git } from './git.ts';
import { requireOwnObjects, viewOf } from './view.ts';

export interface Repository {
  /** The top folder of the work tree. */
  readonly root: string;
  /** Of this work tree; differs from `commonFolder` in a linked one. */
  readonly gitFolder: string;
  /** What all work trees share: objects, refs, `info/exclude`. */
  readonly commonFolder: string;
  /** What git is given in place of `commonFolder`; the same where the host made the repository itself. */
  readonly view: string;
  /** Ends every git that works on it: whoever was asked to end waits for no network. */
  readonly signal?: AbortSignal;
}

/** A whole hash, SHA-1 or SHA-256: what git itself answers, and all that a command line of git is given as a commit. */
export const HASH = /^[0-9a-f]{40}([0-9a-f]{24})?$/;

/**
 * The repository that a folder lies in.
 * @throws {TrunklineError} `REPOSITORY_MISSING`, `REPOSITORY_BARE`, `REPOSITORY_SHALLOW`, `REPOSITORY_PARTIAL`,
 * `REPOSITORY_NOT_YOURS`, `REPOSITORY_ELSEWHERE`, `REPOSITORY_BORROWS`.
 */
export async function openRepository(folder: string): Promise<Repository> {
  const found = await ask(folder, '--is-bare-repository', '--is-shallow-repository', '--path-format=absolute', '--git-dir', '--git-common-dir');
  const [bare, shallow, gitDir, commonDir] = found.split('\n');
  if (bare === 'true') throw new TrunklineError('REPOSITORY_BARE', 'usage', `${folder} is a bare repository, without a work tree`, 'clone it, and run this in the clone');
  if (shallow === 'true') {
    throw new TrunklineError('REPOSITORY_SHALLOW', 'usage', `${folder} is a shallow clone: the history of its trunk is cut off`,
      'run "git fetch --unshallow" there (in a CI system, ask its checkout for the whole history)');
  }
  const [root, gitFolder, commonFolder] = await Promise.all([realpath(await ask(folder, '--show-toplevel')), realpath(gitDir!), realpath(commonDir!)]);
  await requireAround(root, folder);
  await requireOwnObjects(commonFolder);
  const values = await configurationOf({ root, gitFolder });
  requireWhole(folder, values);
  return { root, gitFolder, commonFolder, view: await viewOf(commonFolder, formatOf(values)) };
}

/** `core.worktree` of the repository's own configuration could name any folder of the machine. */
async function requireAround(root: string, folder: string): Promise<void> {
  const inside = relative(root, await realpath(folder));
  if (inside !== '..' && !inside.startsWith(`..${sep}`)) return;
  throw new TrunklineError('REPOSITORY_ELSEWHERE', 'refused', `core.worktree of the repository that ${folder} lies in names ${root} as its work tree, which is somewhere else`,
    `go to ${root}, or see who set it: git config --show-origin core.worktree`);
}

/** Objects that a partial clone has left out are fetched as they are asked for, by programs that its configuration names. */
function requireWhole(folder: string, values: readonly ConfigurationValue[]): void {
  if (!values.some((value) => isLocal(value) && /^(?:extensions\.partialclone|remote\..*\.promisor)$/.test(value.key) && value.value !== 'false')) return;
  throw new TrunklineError('REPOSITORY_PARTIAL', 'usage', `${folder} is a partial clone: objects of its history are missing`,
    'clone it without --filter (in a CI system, ask its checkout for the whole history)');
}

/** With the user's configuration: it alone may say that another's repository is to be trusted. */
async function ask(folder: string, ...questions: readonly string[]): Promise<string> {
  try {
    return (await git(undefined, ['rev-parse', ...questions], { cwd: folder, configuration: 'user' })).text;
  } catch (thrown) {
    const { message, lastLines = [] } = errorRecord(thrown);
    const said = [message, ...lastLines].join('\n');
    if (/dubious ownership|unsafe repository/.test(said)) {
      throw new TrunklineError('REPOSITORY_NOT_YOURS', 'refused', `the repository at ${folder} belongs to another user, who could make git run programs as you`,
        `change its owner, or, if you trust it, run: git config --global --add safe.directory '${folder}'`);
    }
    if (/not a git repository/i.test(said)) {
      throw new TrunklineError('REPOSITORY_MISSING', 'usage', `${folder} lies in no git repository`, 'go to the repository of the application, or make one with "git init"');
    }
    throw thrown;
  }
}
