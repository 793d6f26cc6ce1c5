import type { ActionKind } from '../../actions/action.ts';
import { alwaysInputs, type Caching } from '../../actions/caching.ts';
import { digestOfJson } from '../../foundation/digest.ts';
import { meantBy } from '../../foundation/glob.ts';
import type { Digest, Json, Name } from '../../foundation/units.ts';
import type { ActionPlan, StagePlan } from '../../pipeline/plan.ts';
import type { Contents } from '../../source/contents.ts';

/** All that decides, beside the plan, what the actions of a stage come to. */
export interface Basis {
  readonly contents: Contents;
  /** Names the commit and all before it; of what is not committed, the commit that it would follow. */
  readonly commit: string;
  /** `YYYY-MM-DD`, in UTC. */
  readonly today: string;
  /** Versions of the product and of what it brings. */
  readonly product: Json;
  /** Tells one version of a program of the machine from another; null where there is none. */
  readonly program: (name: string) => Json;
}

/**
 * A digest over all that decides what an action comes to: it changes when any of that does, and only then. Undefined
 * where that can't be known: its own kind keeps no results, or that of something it needs.
 */
export async function fingerprintOf(action: ActionPlan, stage: StagePlan, kinds: ReadonlyMap<string, ActionKind>, basis: Basis, known = new Map<Name, Digest | undefined>()): Promise<Digest | undefined> {
  if (known.has(action.name)) return known.get(action.name);
  const needs: (Digest | undefined)[] = [];
  for (const need of action.needs) {
    const needed = stage.actions.find(({ name }) => name === need);
    needs.push(needed && await fingerprintOf(needed, stage, kinds, basis, known));
  }
  const caching = cachingOf(action, kinds);
  const isKnown = caching !== undefined && needs.every((need) => need !== undefined);
  const fingerprint = isKnown ? digestOfJson({
    action: action as unknown as Json,
    needs: needs as readonly Digest[],
    files: await inputsOf(basis.contents, caching.inputs),
    commit: caching.also?.includes('commit') ? basis.commit : null,
    day: caching.also?.includes('day') ? basis.today : null,
    product: basis.product,
    programs: Object.fromEntries([...new Set(caching.programs ?? [])].map((name) => [name, basis.program(name)])),
  }) : undefined;
  known.set(action.name, fingerprint);
  return fingerprint;
}

export function cachingOf(action: ActionPlan, kinds: ReadonlyMap<string, ActionKind>): Caching | undefined {
  const kind = kinds.get(action.kind);
  const input = kind?.input.safeParse(action.input);
  return input?.success ? kind?.caching?.(input.data) : undefined;
}

async function inputsOf(contents: Contents, inputs: readonly string[] | undefined): Promise<readonly [path: string, content: string][]> {
  const paths = inputs === undefined ? [...contents.keys()] : await meantBy([...inputs, ...alwaysInputs], contents.keys());
  return paths.toSorted().map((path) => [path, contents.get(path) ?? '']);
}

/** Whether nothing of the stage can write beside an action: all others need it, directly or through one another, or are needed by it, or only read. */
export function runsAlone(action: Name, { actions }: StagePlan, kinds: ReadonlyMap<string, ActionKind>): boolean {
  const before = reached(action, (name) => actions.find((each) => each.name === name)?.needs ?? []);
  const after = reached(action, (name) => actions.filter(({ needs }) => needs.includes(name)).map((each) => each.name));
  return actions.every(({ name, kind }) => before.has(name) || after.has(name) || kinds.get(kind)?.reads === true);
}

function reached(from: Name, next: (name: Name) => readonly Name[]): ReadonlySet<Name> {
  const seen = new Set<Name>();
  const pending = [from];
  for (let name = pending.pop(); name !== undefined; name = pending.pop()) {
    if (seen.has(name)) continue;
    seen.add(name);
    pending.push(...next(name));
  }
  return seen;
}
