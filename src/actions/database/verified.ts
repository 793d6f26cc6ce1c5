import { altered, type Listing } from '../../artifact/listing.ts';
import type { Migration } from './migration.ts';

/**
 * What is applied are the very bytes that were verified: between the two, others than Trunkline may have
 * written there. @param directory of the migrations in the release. @throws {TrunklineError} `RELEASE_ALTERED`, naming the file.
 */
export function requireVerified(migrations: readonly Migration[], directory: string, listing: Listing): void {
  const below = directory.split('/').filter((part) => part !== '' && part !== '.').map((part) => `${part}/`).join('');
  const found = new Map(migrations.map(({ file, content }) => [`${below}${file}`, content]));
  const expected = [...listing.keys()].filter((path) => path.startsWith(below) && path.endsWith('.sql') && !path.slice(below.length).includes('/'));
  const odd = [...new Set([...found.keys(), ...expected])].find((path) => found.get(path) !== listing.get(path)?.slice(2));
  if (odd !== undefined) throw altered(directory, `the migration ${odd} was changed, added or taken away`);
}
