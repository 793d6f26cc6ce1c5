import type { Found } from '../../reports/report.ts';
import { orderOf } from './versions/order.ts';

export type Vulnerable = NonNullable<Found['dependency']>;

/** What is to be raised to which version, and why. */
export interface Upgrade {
  readonly name: string;
  readonly from: readonly string[];
  readonly to: string;
  readonly advisories: readonly string[];
}

/** A vulnerability that no upgrade mends. */
export interface Unfixable { readonly name: string; readonly version: string; readonly advisories: readonly string[]; readonly why: string }

export interface UpgradePlan { readonly upgrades: readonly Upgrade[]; readonly unfixable: readonly Unfixable[] }

/**
 * One upgrade for each package, to the highest version that any of its vulnerabilities asks for.
 * @param wanted names of advisories; all where it is empty.
 */
export function upgradesFor(dependencies: readonly Vulnerable[], wanted: readonly string[]): UpgradePlan {
  const meant = dependencies.filter(({ advisories }) => wanted.length === 0 || advisories.some((name) => wanted.includes(name)));
  const unfixable = meant.flatMap(({ name, version, advisories, ecosystem, fixed }): Unfixable[] => {
    if (ecosystem !== 'npm') return [{ name, version, advisories, why: `packages of ${ecosystem} are upgraded by their own tool; only those of npm are upgraded here` }];
    return fixed === undefined ? [{ name, version, advisories, why: 'no version is said to be free of it' }] : [];
  });
  const packages = Map.groupBy(meant.filter(({ ecosystem, fixed }) => ecosystem === 'npm' && fixed !== undefined), ({ name }) => name);
  const upgrades = [...packages].map(([name, all]): Upgrade => ({
    name, from: [...new Set(all.map(({ version }) => version))], advisories: [...new Set(all.map(({ advisories }) => shown(advisories)))],
    to: all.map(({ fixed = '' }) => fixed).toSorted((a, b) => orderOf('npm')?.(a, b) ?? 0).at(-1) ?? '',
  }));
  return { upgrades, unfixable };
}

function shown(names: readonly string[]): string {
  return names.find((name) => name.startsWith('CVE-')) ?? names[0] ?? '';
}

const NAME = /^(?:@[a-z\d~][\w.~-]*\/)?[a-z\d~][\w.~-]*$/i;
const VERSION = /^\d+\.\d+\.\d+[\w.+-]*$/;

/** Names and versions come from advisories and lock files: what npm could read as an option, an address or a path goes nowhere near it. */
export function isSafe({ name, to }: Upgrade): boolean {
  return NAME.test(name) && name.length <= 214 && VERSION.test(to);
}
