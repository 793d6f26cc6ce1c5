import { compare as pep440, valid as isPep440 } from '@renovatebot/pep440';
import semver from 'semver';
import { composer } from './composer.ts';
import { maven } from './maven.ts';
import { nuget } from './nuget.ts';
import { rubygems } from './rubygems.ts';

/** Negative when `a` comes before `b`, zero when neither does; undefined where one of them is no version. */
export type Order = (a: string, b: string) => number | undefined;

/** As semver.org orders; a `v` before it, as Go writes it, changes nothing, and numbers that are not written are zeros. */
export const semantic: Order = (a, b) => {
  const [first, second] = [a, b].map((version) => semver.parse(completed(version), { loose: true })) as [semver.SemVer | null, semver.SemVer | null];
  return first && second ? semver.compare(first, second) : undefined;
};

/** `1.0-rc.1` as `1.0.0-rc.1`. */
function completed(version: string): string {
  return version.trim().replace(/^([v=]*\d+)(\.\d+)?(?![.\d])/, (_all, major: string, minor = '.0') => `${major}${minor}.0`);
}

const python: Order = (a, b) => (isPep440(a) !== null && isPep440(b) !== null ? pep440(a, b) : undefined);

/** By the name that advisories in the OSV format give an ecosystem. One that is missing here is never taken for safe. */
const orders: ReadonlyMap<string, Order> = new Map([
  ['npm', semantic], ['Go', semantic], ['crates.io', semantic], ['PyPI', python], ['Maven', maven], ['RubyGems', rubygems], ['NuGet', nuget], ['Packagist', composer],
]);

export function orderOf(ecosystem: string): Order | undefined {
  return orders.get(ecosystem);
}
