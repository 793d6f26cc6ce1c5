import semver from 'semver';
import { z } from 'zod';
import type { Found } from '../reports/report.ts';
import { LONGEST_LINE } from './lines.ts';
import { catalogOf, disagreement, readPnpmLock, siblingOf } from './locks-pnpm.ts';
import { outOfStep, unlocked, unpinned, unreadable } from './manifest-findings.ts';
import type { ManifestReader } from './manifests.ts';
import type { Workspace } from './workspaces.ts';

const versions = z.record(z.string(), z.string()).catch({});
const manifestSchema = z.object({ dependencies: versions.optional(), devDependencies: versions.optional(), optionalDependencies: versions.optional(), overrides: z.json().optional(), resolutions: z.json().optional() });
const lockSchema = z.object({
  packages: z.record(z.string(), z.object({ version: z.string().optional(), link: z.boolean().optional() })).optional(),
  dependencies: z.record(z.string(), z.object({ version: z.string().optional() })).optional(),
});
type Lock = z.infer<typeof lockSchema>;

const SECTIONS = ['dependencies', 'devDependencies', 'optionalDependencies'] as const;
const LOCKS = ['package-lock.json', 'npm-shrinkwrap.json', 'yarn.lock', 'pnpm-lock.yaml', 'bun.lock'];

/** package.json against package-lock.json, yarn.lock or pnpm-lock.yaml, whichever is nearest. */
export const npmFindings: ManifestReader = (file, text, locks) => {
  const manifest = parsed(manifestSchema, text);
  if (manifest === undefined) return [unreadable(file, 'it is no JSON object')];
  const workspace = locks.workspace();
  const wanted = SECTIONS.flatMap((section) => {
    const lines = linesIn(text, section);
    return Object.entries(manifest[section] ?? {}).map(([name, range]): Wanted => ({ name, range, line: lines.get(name) ?? 1 }));
  }).filter(({ name, range }) => !isSibling(name, range, workspace));
  if (wanted.length === 0) return [];
  const loose = wanted.flatMap(({ name, range, line }) => {
    const meant = meantBy(name, range, workspace);
    return isLoose(meant) ? [unpinned(file, line, name, meant)] : [];
  });
  const lock = locks.nearest(LOCKS);
  if (lock === undefined) return [unlocked(file, LOCKS), ...loose];
  const content = locks.text(lock);
  if (content === undefined) return loose; // larger than what is read: npm itself compares them at "npm ci"
  const overrides = JSON.stringify([manifest.overrides ?? {}, manifest.resolutions ?? {}]) + workspace.overrides;
  const isOverridden = (name: string): boolean => overrides.includes(JSON.stringify(name).slice(0, -1));
  const own = wanted.filter(({ range }) => !/^(workspace|file|link|portal|catalog):/.test(range) && !isLoose(range));
  if (lock.endsWith('pnpm-lock.yaml')) {
    const known = readPnpmLock(content);
    const judged = wanted.filter(({ range }) => !isLoose(range));
    return [...loose, ...judged.flatMap(({ name, range, line }): Found[] => {
      const why = disagreement(known, between(lock, file) || '.', { name, range, isOverridden: isOverridden(name) }, workspace);
      return why === undefined ? [] : [outOfStep(file, line, `${name} ${JSON.stringify(range)} ${why} (${lock})`)];
    })];
  }
  if (lock.endsWith('.json')) {
    const known = parsed(lockSchema, content);
    if (known === undefined) return [...loose, unreadable(lock, 'it is no lock file of npm')];
    const folder = between(lock, file);
    return [...loose, ...own.flatMap(({ name, range, line }): Found[] => {
      const version = lockedVersion(known, folder, name);
      if (version === undefined) return [outOfStep(file, line, `${name} is not in ${lock}`)];
      const asked = range.replace(/^npm:(?:@[^/]+\/)?[^@]+@/, '');
      return version === '' || isOverridden(name) || semver.validRange(asked) === null || semver.satisfies(version, asked, { includePrerelease: true }) ? [] : [outOfStep(file, line, `${lock} has ${name} ${version}, and ${JSON.stringify(range)} is asked for`)];
    })];
  }
  const astray = wanted.flatMap(({ name, range, line }) => missingFromWorkspace(name, range, workspace).map((why) => outOfStep(file, line, `${name} ${JSON.stringify(range)} ${why}`)));
  const has = lock.endsWith('yarn.lock') ? yarnHas(content) : bunHas(content);
  return [...loose, ...astray, ...own.flatMap(({ name, range, line }) => (has(name, range) || isOverridden(name) || workspace.packages.has(name) ? [] : [outOfStep(file, line, `${name} ${JSON.stringify(range)} is not in ${lock}`)]))];
};

interface Wanted { readonly name: string; readonly range: string; readonly line: number }

/** A package of the same repository under a range that any version of it meets: it comes from nowhere else. */
function isSibling(name: string, range: string, { packages }: Workspace): boolean {
  return packages.has(name) && semver.validRange(range) === '*';
}

/** The range that a catalog stands for. */
function meantBy(name: string, range: string, { catalogs }: Workspace): string {
  const catalog = catalogOf(range);
  return catalog === undefined ? range : catalogs.get(catalog)?.get(name) ?? range;
}

/** Of Yarn and Bun: what the workspace itself does not have. */
function missingFromWorkspace(name: string, range: string, { packages, catalogs, catalogFile }: Workspace): readonly string[] {
  if (range.startsWith('workspace:')) return packages.size === 0 || packages.has(siblingOf(name, range)) ? [] : ['is no package of this workspace'];
  const catalog = catalogOf(range);
  return catalog === undefined || catalogs.size === 0 || catalogs.get(catalog)?.has(name) === true ? [] : [`is in no catalog ${JSON.stringify(catalog)} of ${catalogFile}`];
}

/** Means whatever is newest, or whatever a branch is: a full hash of a commit is neither. */
function isLoose(range: string): boolean {
  const text = range.trim();
  if (/^(workspace|file|link|portal|catalog):/.test(text)) return false;
  if (/^(git[+:@]|github:|gitlab:|bitbucket:|[\w.-]+\/[\w.-]+(#|$))|\.git(#|$)/.test(text)) return !/#[0-9a-f]{40}$/.test(text);
  if (/^https?:/.test(text)) return true;
  const asked = text.replace(/^npm:(?:@[^/]+\/)?[^@]+@?/, '');
  return asked === '' || semver.validRange(asked) === null || semver.validRange(asked) === '*';
}

/** Of a package as seen from a folder: nearest `node_modules` first. Empty where the lock names no version. */
function lockedVersion({ packages, dependencies }: Lock, folder: string, name: string): string | undefined {
  if (packages === undefined) return dependencies?.[name] === undefined ? undefined : dependencies[name].version ?? '';
  const parts = folder === '' ? [] : folder.split('/');
  for (let depth = parts.length; depth >= 0; depth -= 1) {
    const found = packages[[...parts.slice(0, depth), 'node_modules', name].join('/')];
    if (found) return found.link === true ? '' : found.version ?? '';
  }
  return undefined;
}

function yarnHas(content: string): (name: string, range: string) => boolean {
  const keys = new Set([...content.matchAll(/^(?! )"?([^\n#]+?)"?:$/gm)].flatMap(([, list = '']) => list.split(/"?,\s*"?/)).map((key) => key.replace('@npm:', '@')));
  return (name, range) => keys.has(`${name}@${range.replace(/^npm:/, '')}`) || keys.has(`${name}@${range}`);
}

function bunHas(content: string): (name: string) => boolean {
  return (name) => content.includes(JSON.stringify(name));
}

function parsed<Value>(schema: z.ZodType<Value>, text: string): Value | undefined {
  try {
    return schema.parse(JSON.parse(text.replace(/^\uFEFF/, '')));
  } catch {
    return undefined;
  }
}

/** The folder of `file`, seen from that of `lock`. */
function between(lock: string, file: string): string {
  const [from, to] = [lock, file].map((path) => path.slice(0, path.lastIndexOf('/') + 1)) as [string, string];
  return to.slice(from.length).replace(/\/$/, '');
}

/** At which line each name stands, from where its section begins. */
function linesIn(text: string, section: string): ReadonlyMap<string, number> {
  const lines = new Map<string, number>();
  let inside = false;
  text.split('\n').forEach((line, index) => {
    inside ||= line.includes(`"${section}"`);
    if (!inside || line.length > LONGEST_LINE) return;
    for (const [, name = ''] of line.matchAll(/"([^"\\]{1,214})"\s{0,20}:/g)) if (!lines.has(name)) lines.set(name, index + 1);
  });
  return lines;
}
