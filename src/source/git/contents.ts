import type { Contents } from '../contents.ts';
import { treeOf } from './checkout.ts';
import { git } from './git.ts';
import type { Repository } from './repository.ts';

const LISTING_BYTES = 256 * 1024 * 1024;

/** The files of a commit, from git's own listing. Submodules are never fetched, so they are no part of it. */
export async function contentsOfCommit(repository: Repository, commit: string): Promise<Contents> {
  const { bytes } = await git(repository, ['ls-tree', '-r', '-z', '--full-tree', await treeOf(repository, commit)], { limitBytes: LISTING_BYTES });
  return new Map(bytes.toString('utf8').split('\0').slice(0, -1).flatMap((line): [string, string][] => {
    const tab = line.indexOf('\t');
    const [mode = '', type, id = ''] = line.slice(0, tab).split(' ');
    return type === 'blob' ? [[line.slice(tab + 1), `${mode} ${id}`]] : [];
  }));
}
