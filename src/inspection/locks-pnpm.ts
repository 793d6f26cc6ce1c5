import semver from 'semver';
import type { Workspace } from './workspaces.ts';
import { entriesOf } from './yaml.ts';

/** What pnpm-lock.yaml says of one direct dependency. */
interface Locked { readonly specifier?: string; readonly version?: string }

/** What pnpm-lock.yaml says, by the folder of each package (`.` for its own) and by each catalog. */
interface PnpmLock {
  readonly importers: ReadonlyMap<string, ReadonlyMap<string, Locked>>;
  readonly catalogs: ReadonlyMap<string, ReadonlyMap<string, Locked>>;
  /** Names of packages, all that older lock files have in common with newer ones. */
  readonly names: ReadonlySet<string>;
}

const SECTIONS = new Set(['dependencies', 'devDependencies', 'optionalDependencies']);

export function readPnpmLock(text: string): PnpmLock {
  const importers = new Map<string, Map<string, Locked>>();
  const catalogs = new Map<string, Map<string, Locked>>();
  const names = new Set([...text.matchAll(/^ +['"/]?((?:@[^'"@/:\s]{1,214}\/)?[^'"@/:\s]{1,214})['"@/:]/gm)].map(([, name = '']) => name));
  const put = (all: Map<string, Map<string, Locked>>, at: string, name: string, field: string, value: string): void => {
    const of = all.get(at) ?? new Map<string, Locked>();
    all.set(at, of.set(name, { ...of.get(name), [field]: value }));
  };
  if (/^importers:/m.test(text)) for (const [, folder = ''] of importersIn(text)) importers.set(folder, new Map());
  for (const { path, value } of entriesOf(text)) {
    const [top = '', second = '', third = '', fourth = '', fifth = ''] = path;
    if (top === 'importers' && third === 'specifiers') put(importers, second, fourth, 'specifier', value);
    else if (top === 'importers' && SECTIONS.has(third) && fifth !== '') put(importers, second, fourth, fifth, value);
    else if (top === 'catalogs' && fourth !== '') put(catalogs, second, third, fourth, value);
    else if (top === 'specifiers') put(importers, '.', second, 'specifier', value);
    else if (SECTIONS.has(top) && third !== '') put(importers, '.', second, third, value);
  }
  return { importers, catalogs, names };
}

/** Those too that depend on nothing. */
function importersIn(text: string): Iterable<RegExpMatchArray> {
  const from = text.search(/^importers:/m);
  const rest = text.slice(from).replace(/^importers:[^\n]*\n/, '');
  const end = rest.search(/^\S/m);
  return (end === -1 ? rest : rest.slice(0, end)).matchAll(/^ {2}'?([^\s':][^':\n]*)'?:/gm);
}

/** Why a lock file means something else than a manifest, as the end of a sentence that begins with the dependency. */
export function disagreement(lock: PnpmLock, folder: string, { name, range, isOverridden }: { readonly name: string; readonly range: string; readonly isOverridden: boolean }, workspace: Workspace): string | undefined {
  const asked = catalogOf(range);
  if (asked !== undefined) {
    const written = workspace.catalogs.get(asked)?.get(name);
    if (written === undefined) return `is in no catalog ${JSON.stringify(asked)} of ${workspace.catalogFile}`;
    const held = lock.catalogs.get(asked)?.get(name);
    if (held?.specifier !== written && !isOverridden) return `is ${JSON.stringify(written)} in the catalog, and ${held?.specifier === undefined ? 'in none' : JSON.stringify(held.specifier)} in the lock file`;
  }
  if (range.startsWith('workspace:') && !workspace.packages.has(siblingOf(name, range))) return 'is no package of this workspace';
  if (lock.importers.size === 0) return lock.names.has(name) ? undefined : 'is not in the lock file';
  const held = lock.importers.get(folder)?.get(name);
  if (held === undefined) return 'is not in the lock file';
  if (isOverridden) return undefined;
  if (held.specifier !== range && !(asked !== undefined && catalogOf(held.specifier ?? '') === asked)) return `was ${JSON.stringify(held.specifier ?? '')} when the lock file was written`;
  const wanted = asked === undefined ? range : workspace.catalogs.get(asked)?.get(name) ?? range;
  const version = semver.valid(held.version?.replace(/\(.*$/, '') ?? '');
  return version === null || semver.validRange(wanted) === null || semver.satisfies(version, wanted, { includePrerelease: true }) ? undefined : `is ${version} in the lock file, and ${JSON.stringify(wanted)} is asked for`;
}

/** `catalog:` and `catalog:default` are one. */
export function catalogOf(range: string): string | undefined {
  return range.startsWith('catalog:') ? range.slice('catalog:'.length).trim() || 'default' : undefined;
}

/** `workspace:other@*` means another name. */
export function siblingOf(name: string, range: string): string {
  return /^workspace:((?:@[^/]+\/)?[^@/]+)@/.exec(range)?.[1] ?? name;
}
