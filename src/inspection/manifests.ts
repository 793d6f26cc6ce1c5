import type { Found } from '../reports/report.ts';
import { cargoFindings, goFindings, gemFindings } from './manifests-others.ts';
import { gradleFindings, mavenFindings } from './manifests-jvm.ts';
import { npmFindings } from './manifests-npm.ts';
import { pipfileFindings, pyprojectFindings, requirementsFindings } from './manifests-python.ts';
import type { Sources } from './sources.ts';
import { workspaceOf, type Workspace } from './workspaces.ts';

/** What is wrong with how a manifest says which third-party code it means. */
export type ManifestReader = (manifest: string, text: string, locks: Locks) => readonly Found[];

/** The lock files that may go with a manifest: beside it, or above it where a workspace has one for all. */
export class Locks {
  readonly #sources: Sources;
  readonly #tracked: ReadonlySet<string>;
  readonly #folders: readonly string[];

  constructor(manifest: string, sources: Sources, tracked: ReadonlySet<string>) {
    this.#sources = sources;
    this.#tracked = tracked;
    const parts = manifest.split('/').slice(0, -1);
    this.#folders = [...parts.map((_, index) => `${parts.slice(0, parts.length - index).join('/')}/`), ''];
  }

  /** The nearest of these names. */
  nearest(names: readonly string[]): string | undefined {
    return this.#folders.flatMap((folder) => names.map((name) => folder + name)).find((path) => this.#tracked.has(path));
  }

  /** What the manifest is a package of; one of its own where there is none. */
  workspace(): Workspace {
    return workspaceOf(this.#folders, this.#sources);
  }

  text(path: string): string | undefined {
    return this.#sources.text(path);
  }
}

const READERS: readonly (readonly [name: RegExp, read: ManifestReader])[] = [
  [/^package\.json$/, npmFindings],
  [/^requirements[^/]*\.txt$/, requirementsFindings],
  [/^pyproject\.toml$/, pyprojectFindings],
  [/^Pipfile$/, pipfileFindings],
  [/^pom\.xml$/, mavenFindings],
  [/^build\.gradle(\.kts)?$/, gradleFindings],
  [/^go\.mod$/, goFindings],
  [/^Cargo\.toml$/, cargoFindings],
  [/^Gemfile$/, gemFindings],
];
const LOCK = /^(package-lock\.json|npm-shrinkwrap\.json|yarn\.lock|pnpm-lock\.yaml|bun\.lock|poetry\.lock|uv\.lock|pdm\.lock|requirements\.lock|Pipfile\.lock|go\.sum|Cargo\.lock|Gemfile\.lock|(buildscript-)?gradle\.lockfile)$/;

export function isLock(path: string): boolean {
  return LOCK.test(nameOf(path));
}

export function isManifest(path: string): boolean {
  return READERS.some(([name]) => name.test(nameOf(path)));
}

export function manifestFindings(manifest: string, sources: Sources, tracked: ReadonlySet<string>): readonly Found[] {
  const read = READERS.find(([name]) => name.test(nameOf(manifest)))?.[1];
  const text = sources.text(manifest);
  return read === undefined || text === undefined ? [] : read(manifest, text, new Locks(manifest, sources, tracked));
}

function nameOf(path: string): string {
  return path.slice(path.lastIndexOf('/') + 1);
}
