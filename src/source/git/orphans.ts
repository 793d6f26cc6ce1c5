import { git } from './git.ts';
import { readObjects } from './objects.ts';
import type { Repository } from './repository.ts';

/** Those of `seen` that `head` does not contain, in their order; also those that have vanished altogether. */
export async function orphansOf(repository: Repository, seen: readonly string[], head: string): Promise<string[]> {
  const there = new Set<string>();
  for await (const { id, type } of readObjects(repository, seen, 0)) if (type === 'commit') there.add(id);
  const input = [...there, `^${head}`, ''].join('\n');
  const { text } = await git(repository, ['rev-list', '--stdin'], { input });
  const outside = new Set(text.split('\n'));
  return seen.filter((id) => !there.has(id) || outside.has(id));
}
