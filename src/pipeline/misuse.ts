/** What keeps the letter of a row and not its sense: each was seen in pipelines that call themselves complete. */
import type { Sources } from '../inspection/sources.ts';
import type { EnvironmentPlan, Plan } from './plan.ts';

const DEEPEST = 4;
const SCRIPT = /(?:^|[\s;&|(])(?:(?:ba|da|z)?sh\s+(?:-\w+\s+)*|\.\/)([\w./-]+\.sh)\b/g;
const NPM = /(?:^|[\s;&|(])(?:npm|pnpm|yarn|bun)\s+(?:run(?:-script)?\s+)?([\w:.-]+)/g;
const NO_SCRIPT = new Set(['ci', 'install', 'i', 'exec', 'run', 'audit', 'add', 'sbom', 'pack', 'publish', 'version', 'dlx']);

/** A command, the scripts of package.json that it runs, and the shell scripts of the repository: each once. */
export function spelledOut(command: string, sources: Sources): readonly string[] {
  const scripts = scriptsIn(sources.text('package.json'));
  const all: string[] = [];
  const visit = (text: string, depth: number): void => {
    if (depth > DEEPEST || all.includes(text)) return;
    all.push(text);
    for (const [, name = ''] of text.matchAll(NPM)) if (!NO_SCRIPT.has(name) && scripts.has(name)) visit(scripts.get(name) as string, depth + 1);
    for (const [, path = ''] of text.matchAll(SCRIPT)) {
      const script = sources.text(path.replace(/^\.\//, ''));
      if (script !== undefined) visit(script.replace(/^#!.*\n/, ''), depth + 1);
    }
  };
  visit(command, 0);
  return all;
}

/** The files that {@link spelledOut} and {@link noBillOfMaterials} look into. */
export function filesCalled(plan: Plan, paths: readonly string[]): readonly string[] {
  const boms = plan.stages.flatMap(({ actions }) => actions.map(({ input }) => (input as { readonly sbom?: unknown } | null)?.sbom)).filter((path) => typeof path === 'string');
  return paths.filter((path) => path === 'package.json' || path.endsWith('.sh') || boms.includes(path));
}

function scriptsIn(manifest: string | undefined): ReadonlyMap<string, string> {
  try {
    const { scripts = {} } = JSON.parse(manifest ?? '{}') as { readonly scripts?: { readonly [name: string]: unknown } };
    return new Map(Object.entries(scripts).filter((entry): entry is [string, string] => typeof entry[1] === 'string'));
  } catch {
    return new Map();
  }
}

const INTEGRATION = /(?:^|[\s;&|])(?:npx\s+)?(?:cypress\s+(?:run|open)|playwright\s+test|cucumber(?:-js)?\b|newman\s+run|npm\s+run\s+[\w:.-]*(?:integration|e2e|acceptance)[\w:.-]*|yarn\s+[\w:.-]*(?:integration|e2e|acceptance)[\w:.-]*|(?:py\.?test|jest|vitest|mocha|node\s+--test)\b[^;&|\n]*(?:integration|e2e|acceptance))/i;

/** Build runs before anything is deployed: what it calls an integration test has met no running application. */
export function beforeDeployment(commands: readonly string[]): string | undefined {
  const found = commands.map((command) => INTEGRATION.exec(command)?.[0].trim()).find((match) => match !== undefined);
  return found === undefined ? undefined : `it runs integration tests ("${found.slice(0, 80)}"), which belong to Beta, against the deployed application`;
}

const PUBLISHES = /(?:^|[\s;&|])((?:docker|podman|buildah)\s+push|docker\s+buildx\s+build\b[^;&|\n]*--push|npm\s+publish|twine\s+upload|mvn\b[^;&|\n]*\bdeploy\b|gradlew?\b[^;&|\n]*\bpublish\b|helm\s+push|skopeo\s+copy|crane\s+push|aws\s+s3\s+(?:cp|sync))/;

/** An artifact that leaves Build by another way than the package is neither signed nor known to the evidence. */
export function publishedBeside(plan: Plan, sources: Sources): string | undefined {
  const build = plan.stages.find(({ name }) => name === 'build');
  for (const { name, input } of build?.actions ?? []) {
    const { command } = (input ?? {}) as { readonly command?: unknown };
    if (typeof command !== 'string') continue;
    const full = spelledOut(command, sources);
    const found = full.map((each) => PUBLISHES.exec(each)?.[1]).find((match) => match !== undefined);
    if (found !== undefined && !full.some((each) => /\b(cosign|notation)\s+sign\b/.test(each))) return `build.${name} publishes by itself ("${found.slice(0, 60)}"): nobody has signed that, and no evidence belongs to it; package it with archive(…)`;
  }
  return undefined;
}

/** What `build.sbom` writes must list components: findings are another thing. */
export function noBillOfMaterials(commands: readonly string[], document: unknown, sources: Sources): string | undefined {
  const named = typeof document === 'string' ? document : undefined;
  if (named === undefined) return /sarif/i.test(commands.join('\n')) ? 'it writes SARIF, which lists findings and no components' : 'nothing reads what it lists: name the document with sbom: "path"';
  if (/\.sarif(\.json)?$/i.test(named) || /"\$schema"\s*:\s*"[^"]*sarif|"runs"\s*:\s*\[\s*\{\s*"(tool|results)"/.test(sources.text(named)?.slice(0, 100_000) ?? '')) return `${named} is SARIF, which lists findings and no components`;
  const written = commands.map((command) => /(?:>|-o|--output(?:-file)?)[= ]\s*(\S+\.sarif\S*)|--format[= ]sarif\b/i.exec(command)?.[0]).find((match) => match !== undefined);
  return written === undefined ? undefined : `it writes SARIF ("${written.slice(0, 80)}"), which lists findings and no components`;
}

const BUILDS = /(?:^|[\s;&|])((?:docker|podman|buildah)\s+(?:buildx\s+)?(?:build|bud)\b|docker[ -]compose\b[^;&|\n]*--build|npm\s+(?:run\s+build|ci|install|i)\b|(?:yarn|pnpm)\s+(?:install|(?:run\s+)?build)\b|npx\s+tsc\b|tsc\s+-|vite\s+build|webpack\b|mvn\b[^;&|\n]*\b(?:package|install|verify)\b|gradlew?\b[^;&|\n]*\b(?:build|assemble)\b|go\s+(?:build|run)\b|cargo\s+(?:build|run)\b|pip3?\s+install\b)/;

/** A deploy that builds runs something that no stage before has tested. */
export function builtAgain(commands: readonly string[]): string | undefined {
  const found = commands.map((command) => BUILDS.exec(command)?.[1]).find((match) => match !== undefined);
  return found === undefined ? undefined : `it is built again where it is deployed ("${found.slice(0, 60)}"): what runs there is not what was tested and signed`;
}

const DEPLOYS = /\b(cdk\s+deploy|terraform\s+apply|cloudformation\s+deploy|kubectl\s+apply|helm\s+(?:upgrade|install)|(?:serverless|sls)\s+deploy|pulumi\s+up|docker[ -]compose\b[^;&|\n]*\bup|docker\s+stack\s+deploy)\b/;
/** Settings that name something of which each environment has its own. */
const OWN = /(^|_)(STACK|STACK_NAME|CLUSTER|CLUSTER_NAME|NAMESPACE|DATABASE_URL|DB_HOST|DB_NAME|DATABASE_NAME|BUCKET|BUCKET_NAME|TABLE|TABLE_NAME|QUEUE_URL|TOPIC_ARN)$/;

/** Environments of different names that are one and the same: said of the later one. */
export function sharedWith(environment: EnvironmentPlan, plan: Plan): string | undefined {
  for (const { environment: other } of plan.stages) {
    if (other === undefined) continue;
    if (other.name === environment.name) return undefined;
    const key = Object.keys(environment.settings).find((name) => OWN.test(name) && environment.settings[name] !== '' && environment.settings[name] === other.settings[name]);
    if (key !== undefined) return `${other.name} and ${environment.name} are one and the same: both have ${key}=${environment.settings[key]?.replace(/:\/\/[^@/]*@/, '://')}`;
    const deploys = DEPLOYS.exec(environment.run)?.[1];
    const isTold = Object.keys(environment.settings).some((name) => environment.run.includes(`$${name}`) || environment.run.includes(`\${${name}`)) || /\$\{?(TRUNKLINE_\w*|ENVIRONMENT|STAGE)\b/.test(environment.run);
    if (deploys !== undefined && environment.run === other.run && !isTold) return `${other.name} and ${environment.name} are one and the same: both run "${environment.run.slice(0, 80)}"`;
  }
  return undefined;
}
