import { z } from 'zod';
import { globMatcher } from '../foundation/glob.ts';
import { isForeign } from './places.ts';
import type { Sources } from './sources.ts';
import { entriesOf } from './yaml.ts';

/** Packages of one repository that are installed together: what they are to each other comes from no registry. */
export interface Workspace {
  /** By name, the folder of each, `.` for the root. */
  readonly packages: ReadonlyMap<string, string>;
  /** Ranges that are written once for all, by the name of the catalog (`default`) and of the package. */
  readonly catalogs: ReadonlyMap<string, ReadonlyMap<string, string>>;
  /** The file that the catalogs stand in. */
  readonly catalogFile: string;
  /** What the root says in place of ranges, as text that holds the names. */
  readonly overrides: string;
}

const manifest = z.object({
  name: z.string().optional().catch(undefined),
  workspaces: z.union([z.array(z.string()), z.object({ packages: z.array(z.string()).optional() }).transform(({ packages }) => packages)]).optional().catch(undefined),
  overrides: z.json().optional(), resolutions: z.json().optional(), pnpm: z.object({ overrides: z.json().optional() }).optional().catch(undefined),
});

const PNPM = 'pnpm-workspace.yaml';
const YARN = '.yarnrc.yml';
const ALONE: Workspace = { packages: new Map(), catalogs: new Map(), catalogFile: PNPM, overrides: '' };
const known = new WeakMap<Sources, Map<string, Workspace>>();

/** Files beside manifests and lock files that say what those mean. */
export function isWorkspaceFile(path: string): boolean {
  return [PNPM, YARN].includes(path.slice(path.lastIndexOf('/') + 1));
}

/** The workspace whose root is the nearest of these folders, each `''` or ending in `/`. */
export function workspaceOf(folders: readonly string[], sources: Sources): Workspace {
  const all = known.get(sources) ?? new Map<string, Workspace>();
  known.set(sources, all);
  for (const folder of folders) {
    const found = all.get(folder) ?? workspaceAt(folder, sources);
    all.set(folder, found);
    if (found !== ALONE) return found;
  }
  return ALONE;
}

function workspaceAt(folder: string, sources: Sources): Workspace {
  const root = manifestAt(`${folder}package.json`, sources);
  const pnpm = sources.text(`${folder}${PNPM}`);
  const entries = [...entriesOf(pnpm ?? '')];
  const globs = pnpm === undefined ? root?.workspaces : entries.filter(({ path }) => path[0] === 'packages').map(({ value }) => value);
  if (globs === undefined && pnpm === undefined) return ALONE;
  const [catalogFile, catalogEntries] = pnpm === undefined ? [YARN, [...entriesOf(sources.text(`${folder}${YARN}`) ?? '')]] : [PNPM, entries];
  return {
    packages: packagesOf(folder, globs ?? [], sources),
    catalogs: catalogsIn(catalogEntries), catalogFile: folder + catalogFile,
    overrides: JSON.stringify([root?.overrides ?? {}, root?.resolutions ?? {}, root?.pnpm?.overrides ?? {}, entries.filter(({ path }) => path[0] === 'overrides').map(({ path }) => ({ [path[1] ?? '']: '' }))]),
  };
}

function packagesOf(folder: string, globs: readonly string[], sources: Sources): ReadonlyMap<string, string> {
  const asManifests = (chosen: readonly string[]): readonly string[] => chosen.map((glob) => `${glob.replace(/^!?(\.\/)?/, '').replace(/\/+$/, '')}/package.json`);
  const isMeant = globMatcher(asManifests(globs.filter((glob) => !glob.startsWith('!'))));
  const isLeftOut = globMatcher(asManifests(globs.filter((glob) => glob.startsWith('!'))));
  const names = new Map<string, string>();
  for (const path of sources.paths) {
    if (!path.startsWith(folder) || !path.endsWith('package.json') || isForeign(path)) continue;
    const inside = path.slice(folder.length);
    if (inside !== 'package.json' && (!isMeant(inside) || isLeftOut(inside))) continue;
    const name = manifestAt(path, sources)?.name;
    if (name !== undefined) names.set(name, inside.slice(0, -'/package.json'.length) || '.');
  }
  return names;
}

function catalogsIn(entries: ReturnType<typeof entriesOf> | readonly { readonly path: readonly string[]; readonly value: string }[]): Workspace['catalogs'] {
  const catalogs = new Map<string, Map<string, string>>();
  for (const { path: [first, second = '', third], value } of entries) {
    if (first !== 'catalog' && first !== 'catalogs') continue;
    const [catalog, name] = first === 'catalog' ? ['default', second] : [second, third ?? ''];
    catalogs.set(catalog, (catalogs.get(catalog) ?? new Map<string, string>()).set(name, value));
  }
  return catalogs;
}

function manifestAt(path: string, { text }: Sources): z.infer<typeof manifest> | undefined {
  try {
    return manifest.safeParse(JSON.parse(text(path)?.replace(/^\uFEFF/, '') ?? 'null')).data;
  } catch {
    return undefined; // its own reader complains of it
  }
}
