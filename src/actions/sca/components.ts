import { z } from 'zod';
import type { Digest, Json } from '../../foundation/units.ts';
import { TrunklineError } from '../../foundation/errors.ts';
import type { ArtifactStore } from '../../artifact/store.ts';
import { textOf } from '../../foundation/text.ts';
import { nestedComponents } from '../../reports/components.ts';
import { parseJson } from '../../reports/json.ts';

/** A dependency as the bill of materials names it. */
export interface Component {
  readonly ref: string;
  readonly name: string;
  readonly version: string;
  /** As advisories name it; undefined where the package URL says none that they have. */
  readonly ecosystem: string | undefined;
  /** The name within the ecosystem, in the form by which it compares names. */
  readonly key: string;
  /** Of the package URL, such as `npm`; empty without one. */
  readonly type: string;
  /** For development only. */
  readonly isOptional: boolean;
  /** SPDX expressions, and other words, of which all hold. */
  readonly licences: readonly string[];
}

export interface Bill {
  readonly components: readonly Component[];
  /** From the application down to a component, both included, as `name@version`; empty where nothing says how it gets in. */
  pathTo(ref: string): readonly string[];
}

const text = z.string().max(4_096);
const licence = z.object({ license: z.object({ id: text.optional(), name: text.optional() }).optional(), expression: text.optional() });
const component = z.object({
  'bom-ref': text.optional(), 'name': text, 'group': text.optional(), 'version': text.optional(), 'purl': text.optional(), 'scope': text.optional(), 'licenses': z.array(licence).optional(),
});
const bill = z.object({
  bomFormat: z.literal('CycloneDX'),
  metadata: z.object({ component: component.optional() }).optional(),
  components: z.array(component).max(200_000).default([]),
  dependencies: z.array(z.object({ ref: text, dependsOn: z.array(text).optional() })).max(200_000).default([]),
});

const ECOSYSTEMS: ReadonlyMap<string, string> = new Map([['npm', 'npm'], ['pypi', 'PyPI'], ['golang', 'Go'], ['maven', 'Maven'], ['cargo', 'crates.io'], ['gem', 'RubyGems'], ['nuget', 'NuGet'], ['composer', 'Packagist']]);

/** @throws {TrunklineError} `SBOM_UNREADABLE` */
export async function readBill(artifacts: ArtifactStore, digest: Digest): Promise<Bill> {
  let read: unknown;
  try {
    read = parseJson(textOf(await artifacts.get(digest)));
  } catch (thrown) {
    if (thrown instanceof TrunklineError) throw thrown;
    throw unreadable((thrown as Error).message);
  }
  const parsed = bill.safeParse(withNested(read));
  if (!parsed.success) throw unreadable(parsed.error.issues.slice(0, 3).map(({ path, message }) => `${path.join('.')}: ${message}`).join('; '));
  const { components, dependencies, metadata } = parsed.data;
  const labels = new Map(components.map((each) => [refOf(each), `${each.name}@${each.version ?? '?'}`]));
  const root = metadata?.component;
  const reached = root ? reach(refOf(root), new Map(dependencies.map(({ ref, dependsOn = [] }) => [ref, dependsOn]))) : new Map<string, string>();
  return {
    components: components.map(componentOf),
    pathTo: (ref) => {
      const path: string[] = [];
      for (let at: string | undefined = reached.has(ref) ? ref : undefined; at !== undefined && path.length < 100; at = reached.get(at)) path.unshift(labels.get(at) ?? root?.name ?? at);
      return path;
    },
  };
}

/** With those that stand within others in one list; a list that is none stays for the schema to refuse. */
function withNested(read: unknown): unknown {
  if (typeof read !== 'object' || read === null) return read;
  const { components } = read as { readonly components?: unknown };
  return components === undefined || Array.isArray(components) ? { ...read, components: nestedComponents(read as Json) } : read;
}

/** Each reached node with the one it was first reached from: by the shortest way. */
function reach(root: string, edges: ReadonlyMap<string, readonly string[]>): ReadonlyMap<string, string> {
  const from = new Map<string, string>();
  const queue = [root];
  for (let at = 0; at < queue.length; at += 1) {
    const here = queue[at] ?? '';
    for (const next of edges.get(here) ?? []) {
      if (next === root || from.has(next)) continue;
      from.set(next, here);
      queue.push(next);
    }
  }
  return from;
}

function refOf(each: z.infer<typeof component>): string {
  return each['bom-ref'] ?? each.purl ?? `${each.name}@${each.version ?? ''}`;
}

function componentOf(each: z.infer<typeof component>): Component {
  const read = packageUrl(each.purl ?? '');
  const ecosystem = read && ECOSYSTEMS.get(read.type);
  return {
    ref: refOf(each), name: read && ecosystem !== undefined ? read.name : each.name, version: read?.version ?? each.version ?? '', ecosystem, type: read?.type ?? '',
    key: ecosystem === undefined ? '' : nameKey(ecosystem, read?.name ?? ''), isOptional: each.scope === 'optional' || each.scope === 'excluded',
    licences: (each.licenses ?? []).flatMap(({ license, expression }) => expression ?? license?.id ?? license?.name ?? []),
  };
}

/** `pkg:TYPE/NAMESPACE/NAME@VERSION?…#…`; undefined where it is none. */
function packageUrl(purl: string): { readonly type: string; readonly name: string; readonly version?: string } | undefined {
  const [, type = '', path = '', version] = /^pkg:\/{0,2}([A-Za-z][A-Za-z\d.+-]*)\/([^?#]+?)(?:@([^@?#/]+))?(?:\?[^#]*)?(?:#.*)?$/.exec(purl) ?? [];
  if (path === '') return undefined;
  try {
    const name = path.split('/').map(decodeURIComponent).join(type.toLowerCase() === 'maven' ? ':' : '/');
    return { type: type.toLowerCase(), name, ...(version === undefined ? {} : { version: decodeURIComponent(version) }) };
  } catch {
    return undefined;
  }
}

/**
 * The names of an ecosystem that are one package, as its registry or the specification of package URLs folds them: PEP 503
 * for PyPI, one namespace of dashes and underscores for crates, Go's paths in lower case. Only RubyGems tells capitals
 * apart. What folds two names of an ecosystem that keeps them apart takes one for the other: rather than for none.
 */
const SAME_NAME: ReadonlyMap<string, (name: string) => string> = new Map([
  ['PyPI', (name) => name.toLowerCase().replace(/[-_.]+/g, '-')],
  ['crates.io', (name) => name.toLowerCase().replaceAll('_', '-')],
  // The library of the language itself, as tools and as advisories call it.
  ['Go', (name) => (name.toLowerCase() === 'std' ? 'stdlib' : name.toLowerCase())],
  ['RubyGems', (name) => name],
]);

/** A name by which two packages of an ecosystem are the same. */
export function nameKey(ecosystem: string, name: string): string {
  return `${ecosystem}/${(SAME_NAME.get(ecosystem) ?? ((plain: string) => plain.toLowerCase()))(name)}`;
}

function unreadable(why: string): TrunklineError {
  return new TrunklineError('SBOM_UNREADABLE', 'code', `the bill of materials cannot be read: ${why.slice(0, 300)}`, 'have "build.sbom" write CycloneDX JSON');
}
