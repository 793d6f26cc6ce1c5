import { realpath } from 'node:fs/promises';
import { TrunklineError, errorRecord } from '../../foundation/errors.ts';
import { git } from './git.ts';

export interface Repository {
  /** The top folder of the work tree. */
  readonly root: string;
  /** Of this work tree; differs from `commonFolder` in a linked one. */
  readonly gitFolder: string;
  /** What all work trees share: objects, refs, `info/exclude`. */
  readonly commonFolder: string;
}

/** A whole hash, SHA-1 or SHA-256: what git itself answers, and all that a command line of git is given as a commit. */
export const HASH = /^[0-9a-f]{40}([0-9a-f]{24})?$/;

/**
 * The repository that a folder lies in.
 * @throws {TrunklineError} `REPOSITORY_MISSING`, `REPOSITORY_BARE`, `REPOSITORY_SHALLOW`, `REPOSITORY_NOT_YOURS`.
 */
export async function openRepository(folder: string): Promise<Repository> {
  const found = await ask(folder);
  const [bare, shallow, gitFolder, commonFolder] = found.split('\n');
  if (bare === 'true') throw new TrunklineError('REPOSITORY_BARE', 'usage', `${folder} is a bare repository, without a work tree`, 'clone it, and run this in the clone');
  if (shallow === 'true') {
    throw new TrunklineError('REPOSITORY_SHALLOW', 'usage', `${folder} is a shallow clone: the history of its trunk is cut off`,
      'run "git fetch --unshallow" there (in a CI system, ask its checkout for the whole history)');
  }
  const { text: root } = await git(undefined, ['rev-parse', '--show-toplevel'], { cwd: folder, configuration: 'user' });
  return { root: await realpath(root), gitFolder: await realpath(gitFolder!), commonFolder: await realpath(commonFolder!) };
}

/** With the user's configuration: it alone may say that another's repository is to be trusted. */
async function ask(folder: string): Promise<string> {
  try {
    const args = ['rev-parse', '--is-bare-repository', '--is-shallow-repository', '--path-format=absolute', '--git-dir', '--git-common-dir'];
    return (await git(undefined, args, { cwd: folder, configuration: 'user' })).text;
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
