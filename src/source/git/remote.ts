import { configurationOf, originOf } from './configuration.ts';
import { withoutCredentials } from './printable.ts';
import type { Repository } from './repository.ts';

/** Where `origin` is, without the credentials that its address may hold; undefined where there is no such remote. */
export async function remoteOf(repository: Repository): Promise<string | undefined> {
  const url = originOf(await configurationOf(repository));
  return url === undefined ? undefined : withoutCredentials(url.trim());
}
