import type { Json } from '../foundation/units.ts';

/** One dependency of an SBOM. */
export interface Component {
  readonly name: string;
  readonly version: string;
  /** As it is declared, such as `MIT OR Apache-2.0`; empty where it is not. */
  readonly licence: string;
  /** It made the artifact, and is no part of it. */
  readonly isOptional: boolean;
}

type Fields = { readonly [field: string]: Json };

/** Every dependency that a CycloneDX or SPDX document lists, in the order of names; what has no name is left out. */
export function componentsOf(document: Json): readonly Component[] {
  const { bomFormat, components, packages } = fieldsOf(document);
  const all = bomFormat === 'CycloneDX' || Array.isArray(components) ? nestedComponents(document).map((each) => ofCyclonedx(fieldsOf(each))) : listOf(packages).map((each) => ofSpdx(fieldsOf(each)));
  return all.filter(({ name }) => name !== '').sort((a, b) => compare(a.name, b.name) || compare(a.version, b.version));
}

/**
 * Every component of a CycloneDX document, as it stands there: components may hold components, to any depth, and the
 * one that the document is about holds some too. One that stands in two places is there once.
 */
export function nestedComponents(document: Json): readonly Json[] {
  const { components, metadata } = fieldsOf(document);
  const found = new Map<string, Json>();
  const visit = (list: Json | undefined): void => {
    for (const each of listOf(list)) {
      const { components: inner, ...own } = fieldsOf(each);
      const key = JSON.stringify(Object.keys(own).length === 0 ? each : own);
      if (!found.has(key)) found.set(key, Object.keys(own).length === 0 ? each : own);
      visit(inner);
    }
  };
  visit(components);
  visit(fieldsOf(fieldsOf(metadata)['component'])['components']);
  return [...found.values()];
}

function ofCyclonedx({ group, name, version, licenses, scope }: Fields): Component {
  const licence = listOf(licenses).map((each) => {
    const { expression, license } = fieldsOf(each);
    const { id, name: title } = fieldsOf(license ?? null);
    return textOf(expression) || textOf(id) || textOf(title);
  });
  return { name: [textOf(group), textOf(name)].filter((part) => part !== '').join('/'), version: textOf(version), licence: licence.filter((each) => each !== '').join(', '), isOptional: scope === 'optional' || scope === 'excluded' };
}

function ofSpdx({ name, versionInfo, licenseDeclared, licenseConcluded }: Fields): Component {
  const licence = [licenseConcluded, licenseDeclared].map(textOf).find((each) => each !== '' && each !== 'NOASSERTION' && each !== 'NONE') ?? '';
  return { name: textOf(name), version: textOf(versionInfo), licence, isOptional: false };
}

function fieldsOf(value: Json | undefined): Fields {
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Fields) : {};
}

function listOf(value: Json | undefined): readonly Json[] {
  return Array.isArray(value) ? (value as readonly Json[]) : [];
}

function textOf(value: Json | undefined): string {
  return typeof value === 'string' ? value : '';
}

function compare(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
