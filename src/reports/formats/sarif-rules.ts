import type { z } from 'zod';
import { shaped } from '../shape.ts';
import { component, descriptor, type Component, type Result, type Run } from './sarif-shapes.ts';

export interface Rule {
  readonly id?: string;
  readonly score?: string | number;
  readonly level?: 'none' | 'note' | 'warning' | 'error';
  readonly description?: string;
  readonly advice?: string;
  readonly page?: string;
  /** Such as `CWE-89`. */
  readonly weaknesses: readonly string[];
  message(id: string | null | undefined): string | undefined;
}

export interface Rules { of(result: Result): Rule }

const UNKNOWN: Rule = { weaknesses: [], message: () => undefined };

/** The rules of a run's tool and of its extensions, each read when a result first names it. */
export function rulesOf({ tool }: Run, driver: Component, place: string): Rules {
  const components = [driver, ...(tool.extensions ?? []).map((extension, index) => shaped(component, extension, `${place}.tool.extensions[${index}]`))];
  const known = new Map<unknown, Rule>();
  const byId = new Map<string, unknown>();
  for (const rule of components.flatMap(({ rules }) => rules ?? [])) {
    const id = (rule as { readonly id?: unknown } | null)?.id;
    if (typeof id === 'string' && !byId.has(id)) byId.set(id, rule);
  }
  const given = (result: Result): unknown => {
    const { rule } = result;
    const extension = rule?.toolComponent?.index;
    const holder = extension === undefined || extension === null || extension < 0 ? driver : components[extension + 1];
    const index = rule?.index ?? result.ruleIndex ?? -1;
    const id = rule?.id ?? result.ruleId;
    // CA1000/1 is a case of CA1000.
    return holder?.rules?.[index] ?? (id ? byId.get(id) ?? byId.get(id.replace(/\/[^/]*$/, '')) : undefined);
  };
  return {
    of(result) {
      const written = given(result);
      if (written === undefined) return UNKNOWN;
      const rule = known.get(written) ?? ruleOf(shaped(descriptor, written, `${place}.tool rule "${String(result.ruleId ?? '').slice(0, 100)}"`));
      known.set(written, rule);
      return rule;
    },
  };
}

function ruleOf({ id, properties, defaultConfiguration, fullDescription, shortDescription, help, helpUri, messageStrings }: z.infer<typeof descriptor>): Rule {
  const description = fullDescription?.text ?? shortDescription?.text;
  const score = properties?.['security-severity'];
  return {
    id, weaknesses: weaknessesIn(properties?.tags ?? []), message: (name) => (name ? messageStrings?.[name]?.text ?? undefined : undefined),
    ...(score === undefined || score === null ? {} : { score }), ...(defaultConfiguration?.level ? { level: defaultConfiguration.level } : {}),
    ...(description ? { description } : {}), ...(help?.text ? { advice: help.text } : {}), ...(helpUri ? { page: helpUri } : {}),
  };
}

/** CodeQL writes `external/cwe/cwe-089`, semgrep `CWE-89: Improper ...`. */
function weaknessesIn(tags: readonly unknown[]): readonly string[] {
  const numbers = tags.slice(0, 100).flatMap((tag) => (typeof tag === 'string' ? /\bcwe-0*(\d{1,5})\b/i.exec(tag)?.[1] ?? [] : []));
  return [...new Set(numbers)].map((number) => `CWE-${number}`);
}
