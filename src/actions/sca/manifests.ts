import type { CommitHistory } from '../../source/history.ts';
import { textOf } from '../../foundation/text.ts';
import type { Component } from './components.ts';

export interface Place { readonly file: string; readonly line: number }

/** Where dependencies are written, those first that hold every one of them. */
const FILES: { readonly [ecosystem: string]: RegExp } = {
  'npm': /(?:^|\/)(?:package-lock\.json|npm-shrinkwrap\.json|yarn\.lock|pnpm-lock\.yaml|package\.json)$/, 'PyPI': /(?:^|\/)(?:poetry\.lock|uv\.lock|Pipfile\.lock|requirements[\w.-]*\.txt|pyproject\.toml)$/,
  'Go': /(?:^|\/)(?:go\.sum|go\.mod)$/, 'crates.io': /(?:^|\/)Cargo\.(?:lock|toml)$/, 'RubyGems': /(?:^|\/)Gemfile(?:\.lock)?$/, 'Maven': /(?:^|\/)(?:pom\.xml|gradle\.lockfile|build\.gradle(?:\.kts)?)$/,
  'NuGet': /(?:^|\/)(?:packages\.lock\.json|[^/]+\.csproj)$/, 'Packagist': /(?:^|\/)composer\.(?:lock|json)$/,
};
const LARGEST_BYTES = 32 * 1024 * 1024;

/** Finds the line of a lock file, else of a manifest, that brings a dependency in. */
export async function readManifests(history: CommitHistory, components: readonly Component[], signal: AbortSignal): Promise<(component: Component) => Place | undefined> {
  const patterns = [...new Set(components.flatMap(({ ecosystem }) => FILES[ecosystem ?? ''] ?? []))];
  const files: { readonly path: string; readonly lines: readonly string[] }[] = [];
  for await (const { path, size, bytes } of history.files(signal, (each) => !each.includes('node_modules/') && patterns.some((pattern) => pattern.test(each)))) {
    if (size <= LARGEST_BYTES) files.push({ path, lines: textOf(bytes).split('\n') });
  }
  const isLock = (path: string): number => Number(!/lock|sum$|shrinkwrap/.test(path));
  files.sort((a, b) => isLock(a.path) - isLock(b.path) || a.path.split('/').length - b.path.split('/').length || (a.path < b.path ? -1 : 1));
  return (component) => {
    for (const { path, lines } of files) {
      if (!FILES[component.ecosystem ?? '']?.test(path)) continue;
      const line = lineOf(lines, component);
      if (line !== undefined) return { file: path, line };
    }
    return undefined;
  };
}

/** Where its name stands with its version in the lines that follow; else, in a manifest, where its name stands. */
function lineOf(lines: readonly string[], { name, version }: Component): number | undefined {
  const last = name.includes(':') ? name.slice(name.indexOf(':') + 1) : name;
  const escaped = last.replace(/[.*+?^${}()|[\]\\/]/g, '\\$&');
  const named = new RegExp(`(?:^|["'\\s/>=(])${escaped}(?=["'\\s@=<>~^!:;,(\\[]|$)`, 'i');
  let first: number | undefined;
  for (const [index, line] of lines.entries()) {
    if (line.length > 4_000 || !named.test(line)) continue;
    if (lines.slice(index, index + 6).some((near) => near.length < 4_000 && near.includes(version))) return index + 1;
    first ??= index + 1;
  }
  return first;
}
