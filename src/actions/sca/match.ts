import { severities } from '../../reports/names.ts';
import type { Found } from '../../reports/report.ts';
import type { Advisory } from './advisory.ts';
import { concernOf } from './affected.ts';
import type { Bill, Component } from './components.ts';
import type { Place } from './manifests.ts';
import { orderOf } from './versions/order.ts';

/** A vulnerability of one dependency, by whatever names advisories call it. */
export interface Match {
  readonly component: Component;
  readonly advisories: readonly Advisory[];
  readonly isCertain: boolean;
  readonly fixed?: string;
}

export function matchesOf(components: readonly Component[], advisories: readonly Advisory[]): readonly Match[] {
  const byPackage = Map.groupBy(advisories, ({ key }) => key);
  return components.flatMap((component) => {
    const concerning = (byPackage.get(component.key) ?? []).map((advisory) => ({ advisory, concern: concernOf(advisory, component.version) })).filter(({ concern }) => concern.isAffected !== false);
    return sameVulnerability(concerning, ({ advisory }) => advisory.names).map((group) => {
      const fixed = highest(group.flatMap(({ concern }) => concern.fixed ?? []), component.ecosystem ?? '');
      return { component, advisories: group.map(({ advisory }) => advisory), isCertain: group.some(({ concern }) => concern.isAffected === true), ...(fixed === undefined ? {} : { fixed }) };
    });
  });
}

/** Joins what shares a name, directly or by others. */
function sameVulnerability<Item>(items: readonly Item[], namesOf: (item: Item) => readonly string[]): readonly (readonly Item[])[] {
  let groups: { readonly names: ReadonlySet<string>; readonly items: readonly Item[] }[] = [];
  for (const item of items) {
    const names = namesOf(item);
    const [joined, apart] = [groups.filter((group) => names.some((name) => group.names.has(name))), groups.filter((group) => !names.some((name) => group.names.has(name)))];
    groups = [...apart, { names: new Set([...joined.flatMap((group) => [...group.names]), ...names]), items: [...joined.flatMap((group) => group.items), item] }];
  }
  return groups.map((group) => group.items);
}

function highest(versions: readonly string[], ecosystem: string): string | undefined {
  return versions.toSorted((a, b) => orderOf(ecosystem)?.(a, b) ?? 0).at(-1);
}

/** The name that most people know it by. */
export function nameOf({ advisories }: Pick<Match, 'advisories'>): string {
  const names = advisories.flatMap((advisory) => advisory.names);
  return names.find((name) => name.startsWith('CVE-')) ?? names.toSorted()[0] ?? '';
}

export function findingOf(match: Match, bill: Bill, placeOf: (component: Component) => Place | undefined): Found {
  const { component, advisories, isCertain, fixed } = match;
  const [worst] = advisories.toSorted((a, b) => severities.indexOf(a.severity) - severities.indexOf(b.severity));
  const label = `${component.name}@${component.version}`;
  const others = [...new Set(advisories.flatMap(({ names }) => names))].filter((name) => name !== nameOf(match));
  const notes = [
    ...(advisories.every(({ isUnrated }) => isUnrated) ? ['its severity is unknown, and counts as high'] : []),
    ...(isCertain ? [] : [`whether ${component.version || 'it'} is concerned can't be told from the advisory, and counts as yes`]),
    ...(component.isOptional ? ['for development only'] : []),
  ];
  const path = bill.pathTo(component.ref);
  return {
    rule: nameOf(match), severity: worst?.severity ?? 'high',
    message: `${label}: ${worst?.summary ?? ''}${notes.length === 0 ? '' : ` (${notes.join('; ')})`}`,
    why: [...(path.length > 1 ? [`it gets in by ${path.join(' > ')}`] : ['nothing in the bill of materials says how it gets in']), ...(others.length > 0 ? [`also known as ${others.slice(0, 10).join(', ')}`] : [])].join('; '),
    fix: fixed === undefined ? 'no version is said to be free of it: replace the dependency, or accept it in osv({ ignore }) until a day' : `update ${component.name} to ${fixed} or later: "trunkline fix ${nameOf(match)}" prepares it`,
    ...(worst?.help === undefined ? {} : { help: worst.help }),
    ...placeOf(component), identity: label,
    dependency: { ecosystem: component.ecosystem ?? '', name: component.name, version: component.version, advisories: [...new Set(advisories.flatMap(({ names }) => names))], ...(fixed === undefined ? {} : { fixed }) },
  };
}

/** Dependencies that no advisory can be matched with are told, one finding for each sort: they are not known to be safe. */
export function unmatchedOf(components: readonly Component[]): readonly Found[] {
  const unmatched = Map.groupBy(components.filter(({ ecosystem, type, version }) => (ecosystem === undefined || version === '') && type !== 'generic'), ({ type, ecosystem }) => (ecosystem === undefined ? type : ''));
  return [...unmatched].map(([type, all]) => ({
    rule: 'unmatched-dependency', severity: 'medium', identity: type,
    message: `${all.length} ${type === '' ? 'dependencies without a package URL and version' : `dependencies of the type "${type}", whose advisories and order of versions are not known here`} were matched with nothing: ${all.slice(0, 5).map(({ name, version }) => `${name}@${version}`).join(', ')}${all.length > 5 ? ' …' : ''}`,
    why: 'whether they are vulnerable is not known', fix: 'look at them with a tool that knows them, by sh() with "findings"',
  }));
}
