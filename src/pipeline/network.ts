import type { RowId } from '../catalogue/rows.ts';
import type { ActionPlan, Plan } from './plan.ts';

/**
 * Where the command of an action may go. `none`: to its own loopback alone. `registries`: to those of this machine's
 * package managers. Else to the hosts named, `HOST`, `*.HOST` or `HOST:PORT`; `registries` may stand among them.
 */
export type Network = 'none' | 'registries' | readonly string[];

const HOST = /^(\*\.)?([a-z0-9_]([a-z0-9_-]{0,62}[a-z0-9_])?\.)*[a-z0-9_]([a-z0-9_-]{0,62}[a-z0-9_])?(:\d{1,5})?$/i;

/** What is wrong with a host as a pipeline names it; undefined when nothing is. */
export function hostFault(text: string): string | undefined {
  if (text === 'registries' || HOST.test(text) && text.length <= 253) return undefined;
  return text.includes('://') ? 'write the host alone, without "https://" and path' : 'write a host such as "api.example.org", "*.example.org" or "example.org:8443"';
}

/** Rows whose tools read what is there and tell what they found: they have no business in the world. */
const READING: ReadonlySet<string> = new Set<RowId>(['build.secrets', 'build.sast', 'build.code-quality', 'build.unit-tests', 'build.sbom']);

/** Programs that fetch packages by themselves, where a shell would start them. */
const FETCHES = new RegExp(String.raw`(?:^|[;&|(\n])\s*(?:\w+=\S*\s+)*(?:[\w./-]*/)?(?:npx|bunx|uvx|pipx|npm\s+(?:\S+\s+)*(?:ci|i|install|exec|audit|outdated)|pnpm\s+(?:\S+\s+)*(?:i|install|dlx|audit)|yarn(?:\s+(?:install|dlx|add|npm)|\s*(?:$|[;&|]))|bun\s+(?:i|install|x)|pip3?|python3?\s+-m\s+pip|uv|poetry|pipenv|hatch|pdm|tox|nox|mvnw?|gradlew?|go|cargo|dotnet|nuget|bundle|gem|composer|mix|sbt|lein|deno|stack|cabal|swift)(?=$|[\s;&|)])`);

export interface Asked { readonly row: string; readonly command: string; readonly network?: Network | undefined }

/**
 * What a pipeline says, else the least with which the command mostly gets through: nothing for what only reads or tests
 * a deployed release, the registries for what builds, and for a command that itself fetches packages.
 */
export function networkOf({ row, command, network }: Asked): Network {
  if (network !== undefined) return network;
  if (FETCHES.test(command)) return 'registries';
  return READING.has(row) || !row.startsWith('build.') ? 'none' : 'registries';
}

/** The same for an action of a plan. Kinds that start no command of the commit's choosing know what they need. */
export function networkOfAction({ row, kind, input }: Pick<ActionPlan, 'row' | 'kind' | 'input'>): Network {
  const { command, network } = (typeof input === 'object' && input !== null ? input : {}) as { readonly command?: string; readonly network?: Network };
  if (typeof command === 'string') return networkOf({ row, command, network });
  return kind === 'archive' ? 'registries' : 'none';
}

/** For what makes a checkout ready: it installs packages, also where the command itself goes elsewhere. */
export function networkOfPreparation(network: Network | undefined): Network {
  return Array.isArray(network) ? [...new Set([...network as readonly string[], 'registries'])] : 'registries';
}

/** In a few words, for people. */
export function networkText(network: Network): string {
  return typeof network === 'string' ? network : network.join(', ') || 'none';
}

/** What the commands of a pipeline reach, by `STAGE.ACTION`: those of the commit's choosing, and what each is let do. */
export function networksOf(plan: Plan): readonly { readonly action: string; readonly network: Network }[] {
  return plan.stages.flatMap((stage) => stage.actions.filter(({ input }) => typeof input === 'object' && input !== null && 'command' in input)
    .map((action) => ({ action: `${stage.name}.${action.name}`, network: networkOfAction(action) })));
}

/** The same in lines, one for each network. */
export function networkLines(plan: Plan): readonly string[] {
  return [...Map.groupBy(networksOf(plan), ({ network }) => networkText(network))].map(([network, of]) => `${network}: ${of.map(({ action }) => action).join(', ')}`);
}
