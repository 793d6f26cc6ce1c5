import { isDeepStrictEqual } from 'node:util';

/** A value to be there at a place of a JSON file: below these fields. */
export type Addition =
  | { readonly at: readonly [string, ...string[]]; readonly value: unknown }
  /** At the end of the list there, unless one of its items is `same`. */
  | { readonly at: readonly [string, ...string[]]; readonly item: unknown; readonly same: (item: unknown) => boolean };

export type Merged = { readonly text: string } | { readonly fault: string };
type Fields = { [field: string]: unknown };

/**
 * A JSON file with what is added: nothing that is there changes or goes, and what is there already is not added again.
 * @param text of the file; undefined where there is none.
 */
export function merged(text: string | undefined, additions: readonly Addition[]): Merged {
  const parsed = parse(text ?? '{}');
  if ('fault' in parsed) return parsed;
  const before = structuredClone(parsed.value);
  for (const addition of additions) {
    const fault = add(parsed.value, addition);
    if (fault !== undefined) return { fault };
  }
  if (text !== undefined && isDeepStrictEqual(before, parsed.value)) return { text };
  return { text: `${JSON.stringify(parsed.value, null, indentOf(text ?? ''))}\n` };
}

function parse(text: string): { readonly value: Fields } | { readonly fault: string } {
  try {
    const value: unknown = JSON.parse(text.replace(/^\uFEFF/, ''));
    return isFields(value) ? { value } : { fault: 'it is no object' };
  } catch {
    return { fault: 'it is no plain JSON: comments in it would be lost' };
  }
}

function add(whole: Fields, addition: Addition): string | undefined {
  let place = whole;
  for (const field of addition.at.slice(0, -1)) {
    const next = Object.hasOwn(place, field) ? place[field] : undefined;
    if (next !== undefined && !isFields(next)) return `"${field}" is no object there`;
    place = next ?? set(place, field, {}) as Fields;
  }
  const last = addition.at.at(-1)!;
  const there = Object.hasOwn(place, last) ? place[last] : undefined;
  if ('value' in addition) {
    if (there === undefined) set(place, last, addition.value);
    return undefined;
  }
  if (there !== undefined && !Array.isArray(there)) return `"${last}" is no list there`;
  if (!(there ?? []).some(addition.same)) set(place, last, [...(there ?? []) as unknown[], addition.item]);
  return undefined;
}

/** Also where the field has a name such as `__proto__`. */
function set(place: Fields, field: string, value: unknown): unknown {
  Object.defineProperty(place, field, { value, enumerable: true, configurable: true, writable: true });
  return value;
}

function isFields(value: unknown): value is Fields {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function indentOf(text: string): string | number {
  return /^\{\s*\n([ \t]+)"/.exec(text)?.[1] ?? 2;
}
