import { git } from './git.ts';
import { withoutCredentials } from './printable.ts';
import type { Repository } from './repository.ts';

/** Where `origin` is, without the credentials that its address may hold; undefined where there is no such remote. */
export async function remoteOf(repository: Repository): Promise<string | undefined> {
  const { text } = await git(repository, ['config', '--default=', '--get', 'remote.origin.url']);
  const url = text.trim();
  return url === '' ? undefined : withoutCredentials(url);
}
