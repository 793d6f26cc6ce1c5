import type { Expression } from 'typescript';
import { join, UNKNOWN, type Value } from './value.ts';

/** A name as it is declared once; places that a check has narrowed have a text for a name. */
export interface Variable {
  readonly name: string;
  /** The expression of a `const`, which says what its truth means. */
  readonly initializer?: Expression;
}

/** What variables hold at one point of a function: a layer over what they held before it. */
export class Environment {
  readonly before: Environment | undefined;
  readonly #own = new Map<Variable, Value>();
  readonly #safe = new Map<string, number>();

  constructor(before?: Environment) {
    this.before = before;
  }

  get(variable: Variable): Value | undefined {
    return this.#own.get(variable) ?? this.before?.get(variable);
  }

  set(variable: Variable, value: Value): void {
    this.#own.set(variable, value);
  }

  /** Of which harms a place such as `req.query.id` was cleaned by a check. */
  safe(place: string): number {
    return (this.#safe.get(place) ?? 0) | (this.before?.safe(place) ?? 0);
  }

  clean(place: string, harm: number): void {
    this.#safe.set(place, (this.#safe.get(place) ?? 0) | harm);
  }

  /** Takes over what held at the end of either of two ways from here; a way that does not end here is left out. */
  merge(ways: readonly (Environment | undefined)[]): void {
    const open = ways.filter((way) => way !== undefined);
    const [only] = open;
    if (!only) return;
    if (open.length === 1) {
      for (const [variable, value] of only.#own) this.#own.set(variable, value);
      for (const [place, bits] of only.#safe) this.clean(place, bits);
      return;
    }
    for (const variable of new Set(open.flatMap((way) => [...way.#own.keys()]))) {
      this.#own.set(variable, open.map((way) => way.get(variable) ?? UNKNOWN).reduce((a, b) => join(a, b)));
    }
    for (const place of only.#safe.keys()) {
      const bits = open.map((way) => way.#safe.get(place) ?? 0).reduce((a, b) => a & b);
      if (bits !== 0) this.clean(place, bits);
    }
  }
}
