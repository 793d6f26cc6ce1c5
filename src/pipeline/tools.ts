import type { Digest } from '../foundation/units.ts';
import type { ActionPlan, EnvironmentPlan, Plan } from './plan.ts';

/** A program or library that Trunkline starts itself, as the host had it when the plan was made. */
export interface Tool { readonly name: string; readonly version: string; readonly digest: Digest }

/** By kind of action: what Trunkline starts for it. What a command of the commit starts is the commit's own. */
const STARTED: { readonly [kind: string]: readonly string[] } = {
  'shell': ['git', 'node'],
  'secretlint': ['git', 'node', 'secretlint', 'trunkline'],
  'static-analysis': ['git', 'node', 'trunkline'],
  'npm-sbom': ['git', 'node', 'npm'],
  'osv': ['git', 'trunkline'],
  'dbmate': ['dbmate'],
  'cucumber': ['git', 'node'],
  'playwright': ['chromium', 'git', 'node'],
};

/** The tools that one action makes Trunkline start, by name. */
export function toolsOf({ kind, input }: Pick<ActionPlan, 'kind' | 'input'>, environment: EnvironmentPlan | undefined): readonly string[] {
  if (kind === 'archive') return ['git', ...((input as { readonly productionDependencies?: unknown } | null)?.productionDependencies === 'npm' ? ['node', 'npm'] : [])];
  if (kind === 'launch') return environment?.database === 'postgres' ? ['postgres'] : [];
  return Object.hasOwn(STARTED, kind) ? STARTED[kind] ?? [] : [];
}

/** Those of a whole plan, each once. */
export function toolsOfPlan({ stages }: Plan): readonly string[] {
  return [...new Set(stages.flatMap(({ actions, environment }) => actions.flatMap((action) => toolsOf(action, environment))))].toSorted();
}

/** What is not as it was planned, for people; undefined where all is. A plan of an earlier version names no tools, and holds to none. */
export function changedTool(planned: Plan['tools'], now: readonly Tool[]): string | undefined {
  if (planned === undefined) return undefined;
  const texts = now.flatMap((tool) => {
    const was = planned.find(({ name }) => name === tool.name);
    if (was === undefined) return [`${toolText(tool)} was not on this machine`];
    return was.digest === tool.digest ? [] : [`${toolText(was)} is now ${toolText(tool)}`];
  });
  return texts.length === 0 ? undefined : texts.join('; ');
}

/** One line: name, version, and the digest in short. */
export function toolText({ name, version, digest }: Tool): string {
  return `${name} ${version} (${digest.slice(0, 'sha256:'.length + 12)})`;
}
