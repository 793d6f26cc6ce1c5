/** The most that a plan may hold. A large real one has a few thousand values and eight levels. */
export const LIMITS = { values: 50_000, depth: 32 } as const;

/** Keys that would change what an object is, wherever it is copied with less care than here. */
const DANGEROUS = new Set(['__proto__', 'constructor', 'prototype']);

/**
 * Says why `value` is not plain JSON of a bearable size, in time bounded by the limits whatever the value is: a
 * million actions, a structure that shares its parts a billion times over, and a circle all stop early.
 * @returns undefined when all is well.
 */
export function jsonFault(value: unknown, limits: { readonly values: number; readonly depth: number } = LIMITS): string | undefined {
  let seen = 0;
  const visit = (item: unknown, path: string, depth: number): string | undefined => {
    seen += 1;
    if (seen > limits.values) return `it has more than ${limits.values.toLocaleString('en')} values`;
    if (depth > limits.depth) return `${path || 'it'} is nested deeper than ${limits.depth} levels, or holds itself`;
    if (item === null || typeof item === 'string' || typeof item === 'boolean') return undefined;
    if (typeof item === 'number') return Number.isFinite(item) ? undefined : `${path || 'it'} is ${item}, which is no number`;
    if (typeof item !== 'object') return `${path || 'it'} is ${item === undefined ? 'undefined' : `a ${typeof item}`}, and only plain data can be kept`;
    if (Array.isArray(item)) {
      if (item.length > limits.values) return `it has more than ${limits.values.toLocaleString('en')} values`;
      return first(item.keys(), (index) => visit(item[index], join(path, index), depth + 1));
    }
    const prototype: unknown = Object.getPrototypeOf(item);
    if (prototype !== Object.prototype && prototype !== null) return `${path || 'it'} is not a plain object`;
    return first(Object.keys(item), (key) => {
      if (DANGEROUS.has(key)) return `${join(path, key)}: this name is not allowed`;
      const child = (item as Record<string, unknown>)[key];
      return child === undefined ? undefined : visit(child, join(path, key), depth + 1);
    });
  };
  return visit(value, '', 0);
}

function first<Item>(items: Iterable<Item>, fault: (item: Item) => string | undefined): string | undefined {
  for (const item of items) {
    const found = fault(item);
    if (found !== undefined) return found;
  }
  return undefined;
}

function join(path: string, key: string | number): string {
  return path === '' ? String(key) : `${path}.${key}`;
}
