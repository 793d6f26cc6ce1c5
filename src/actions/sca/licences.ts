import parse from 'spdx-expression-parse';
import satisfies from 'spdx-satisfies';
import type { Found } from '../../reports/report.ts';
import type { Bill, Component } from './components.ts';
import type { Place } from './manifests.ts';

type Expression = { readonly license?: string; readonly plus?: true; readonly exception?: string; readonly conjunction?: 'and' | 'or'; readonly left?: Expression; readonly right?: Expression };

const LONGEST = 1_000;

/** What is wrong with a component's licence; undefined when it is allowed. */
export function licenceFault({ licences }: Pick<Component, 'licences'>, allowed: readonly string[]): string | undefined {
  if (licences.length === 0) return 'it names no licence';
  for (const licence of licences) {
    const read = expressionOf(licence);
    if (!read) return `its licence ${JSON.stringify(licence.slice(0, 100))} is no SPDX expression, so what it asks for is not known`;
    if (!allows(read, allowed)) return `its licence ${licence.slice(0, 200)} is not among those that are allowed`;
  }
  return undefined;
}

function expressionOf(text: string): Expression | undefined {
  try {
    return text.length > LONGEST ? undefined : parse(text) as Expression;
  } catch {
    return undefined;
  }
}

/** Of `AND` both, of `OR` either; an exception only adds to what its licence allows. */
function allows({ conjunction, left, right, license = '', plus, exception }: Expression, allowed: readonly string[]): boolean {
  if (conjunction && left && right) return conjunction === 'and' ? allows(left, allowed) && allows(right, allowed) : allows(left, allowed) || allows(right, allowed);
  const plain = `${license}${plus ? '+' : ''}`;
  if (allowed.includes(plain) || (exception !== undefined && allowed.includes(`${plain} WITH ${exception}`))) return true;
  // "GPL-2.0+" where "GPL-3.0-only" is allowed, and the like.
  const known = allowed.filter((each) => expressionOf(each)?.license !== undefined);
  return expressionOf(plain) !== undefined && known.length > 0 && satisfies(plain, known);
}

/** What the licence policy has against the dependencies; those that it accepts say nothing. */
export function licenceFindings({ components, pathTo }: Bill, allowed: readonly string[], placeOf: (component: Component) => Place | undefined): readonly Found[] {
  return components.flatMap((component): Found[] => {
    const fault = licenceFault(component, allowed);
    const path = pathTo(component.ref);
    return fault === undefined ? [] : [{
      rule: `licence:${component.name}`, severity: 'high', message: `${component.name}@${component.version}: ${fault}${component.isOptional ? ' (for development only)' : ''}`,
      why: `what its licence asks for binds whoever ships it${path.length > 1 ? `; it gets in by ${path.join(' > ')}` : ''}`,
      fix: `replace it; or allow the licence in osv({ licences }); or accept this one in osv({ ignore: [{ id: "licence:${component.name}", until: "YYYY-MM-DD", reason: "…" }] })`,
      ...placeOf(component), identity: component.licences.join(' AND '),
    }];
  });
}
