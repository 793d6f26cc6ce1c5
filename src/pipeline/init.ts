import { TrunklineError } from '../foundation/errors.ts';
import { stem, survey, type Linted, type Repository, type Survey } from './survey.ts';
import { PLACEHOLDER } from './waiver.ts';

export type { Repository } from './survey.ts';

/** A file to write, where there is none. */
export interface NewFile {
  readonly path: string;
  readonly text: string;
}

const CONFIG = 'trunkline.config.ts';
const ENVIRONMENTS = ['infrastructure/environments.ts', 'infrastructure/trunkline.ts'];

/**
 * A first pipeline for a repository, from what lies in it. It evaluates as it is; what is not there is waived with a
 * reason that a person has yet to write, and `trunkline check` says so.
 * @throws {TrunklineError} `CONFIG_EXISTS`: nothing that is there is ever overwritten.
 */
export function firstPipeline(repository: Repository): readonly NewFile[] {
  const taken = (path: string) => repository.files.includes(path);
  const environments = ENVIRONMENTS.find((path) => !taken(path));
  if (taken(CONFIG) || environments === undefined) {
    throw new TrunklineError('CONFIG_EXISTS', 'refused', `${taken(CONFIG) ? CONFIG : ENVIRONMENTS.join(' and ')} is there already, and nothing is overwritten`, 'edit it, and run "trunkline check"');
  }
  const found = survey(repository);
  const analysed = repository.files.some((file) => ANALYSED.test(file));
  return [{ path: CONFIG, text: configuration(found, { trunk: repository.trunk, environments, analysed }) }, { path: environments, text: infrastructure(found) }];
}

const text = (value: string) => JSON.stringify(value);
/** Sources that the built-in static analysis reads. */
const ANALYSED = /\.[cm]?[jt]sx?$/;
const WAIVED = `waive(${text(PLACEHOLDER)})`;

function configuration(found: Survey, { trunk, environments, analysed }: { readonly trunk: string; readonly environments: string; readonly analysed: boolean }): string {
  const prepare = found.prepare === undefined ? '' : `, prepare: ${text(found.prepare)}`;
  const lines = {
    hooks: found.hooks === undefined ? WAIVED : text(found.hooks),
    code: found.code === undefined ? WAIVED : `sh(${text(found.code)})`,
    tests: found.tests === undefined ? WAIVED : `sh(${text(found.tests.command)}, { junit: ${text(found.tests.junit)} }), // the command must write this file`,
    quality: found.lint === undefined ? WAIVED : linted(found.lint),
    package: `archive({ files: [${found.packaged.map(text).join(', ')}], productionDependencies: ${text(found.hasLockedNpm ? 'npm' : 'none')} })`,
    sbom: found.hasLockedNpm ? 'npmSbom()' : WAIVED,
    features: found.features === undefined ? WAIVED : `cucumber(${text(found.features)}, { junit: "reports/features.xml"${prepare} })`,
    acceptance: found.acceptance === undefined ? WAIVED : `playwright(${text(found.acceptance)}, { junit: "reports/acceptance.xml"${prepare} })`,
    monitoring: found.probes.length === 0 ? WAIVED : 'alarms({ for: "5m" })',
    synthetic: found.probes.length === 0 ? WAIVED : 'probes({ atLeast: 10 })',
  };
  const database = databaseOf(found);
  // This very configuration is static configuration, once it is committed.
  const absent = found.withoutSource.filter((field) => field !== 'staticConfiguration');
  const source = absent.length === 0 ? '' : `  source: {\n${absent.map((field) => `    ${field}: ${WAIVED},\n`).join('')}  },\n\n`;
  const body = `export default application(${text(found.name)}, {
  trunk: ${text(trunk)},

  local: {
    preCommitHooks: ${lines.hooks},
  },

${source}  build: {
    code: ${lines.code},
    unitTests: ${lines.tests}${lines.tests.includes('//') ? '' : ','}
    codeQuality: ${lines.quality},
    secrets: secretlint({ history: true }),
    sast: ${analysed ? 'staticAnalysis()' : WAIVED},
    package: ${lines.package},
    sbom: ${lines.sbom},
    sca: ${WAIVED},
  },

  beta: {
    environment: beta,
${database}    integrationTests: ${lines.features},
    acceptanceTests: ${lines.acceptance},
  },

  gamma: {
    environment: gamma,
${database}    monitoring: ${lines.monitoring},
    syntheticTests: ${lines.synthetic},
  },

  prod: {
    environment: prod,
    approval: approval({ by: ["operators"], atLeast: 1, expires: "24h" }),
${database}    deploy: [
      wave("everywhere", ["local"], canary({ steps: [{ weight: 0.05, bake: "10m" }, { weight: 0.5, bake: "10m" }] })),
    ],
  },
});
`;
  return `${unformatted(found)}${kept(found)}${importing(['application', 'alarms', 'approval', 'archive', 'canary', 'cucumber', 'dbmate', 'npmSbom', 'playwright', 'probes', 'secretlint', 'sh', 'staticAnalysis', 'waive', 'wave'], body, 'trunkline')}
import { beta, gamma, prod } from "./${environments}";

// What happens to every commit of the trunk. Written by "trunkline init" from what the repository holds:
// replace each ${PLACEHOLDER} by the action or by the reason, and ask "trunkline check" what is still missing.
${foreignLock(found)}${kept(found)}${body}`;
}

function infrastructure(found: Survey): string {
  const names = found.probes.map((file) => [file, stem(file).slice(0, 70)] as const);
  const probes = names.map(([file, name]) => `httpProbe(${text(name)}, ${text(file)}, { every: "5s" })`);
  const alarms = names.map(([, name]) => `alarm(${text(`${name} fails`)}, probe(${text(name)}), { above: 0.2, for: [2, 3] })`);
  const body = `const shared = {
  run: ${text(found.run ?? usualStart(found))}, // starts one instance, which listens on PORT
  instances: 2,
  health: "/healthz", // answers 200 once an instance can serve
  metrics: "/metrics", // in the OpenMetrics text format
${hasPostgres(found) ? '  database: postgres(), // its address is in DATABASE_URL\n' : otherDatabase(found)}  probes: ${list(probes)},
  alarms: ${list(alarms)}, // a breach sends a deployment back; Prod needs at least one
} satisfies Partial<ProcessesSpec>;

${kept(found)}export const beta = processes("beta", { ...shared, regions: ["local"], instances: 1 });
export const gamma = processes("gamma", { ...shared, regions: ["local"] });
export const prod = processes("prod", { ...shared, regions: ["local"] });
`;
  return `${unformatted(found)}${kept(found)}${importing(['alarm', 'httpProbe', 'postgres', 'probe', 'processes'], body, 'trunkline/environments', 'ProcessesSpec')}

${kept(found)}${body}`;
}

function linted({ command, findings }: Linted): string {
  return findings === undefined ? `sh(${text(command)})` : `sh(${text(command)}, { findings: { ${findings.format}: ${text(findings.file)} } })`;
}

function hasPostgres({ migrations, provider }: Survey): boolean {
  return migrations !== undefined || provider === 'postgresql';
}

/** Where an ORM migrates, its files are none of dbmate's. */
function databaseOf({ migrations, provider }: Survey): string {
  if (migrations !== undefined) return `    database: dbmate(${text(migrations)}),\n`;
  return provider === 'postgresql' ? `    database: ${WAIVED}, // Prisma's migrations: dbmate applies plain SQL files of one folder\n` : '';
}

function otherDatabase({ provider }: Survey): string {
  if (provider === undefined) return '';
  return `  // Prisma's schema says ${text(provider)}: Trunkline brings PostgreSQL alone, so give its address as a setting or a secret\n`;
}

function foreignLock({ prepare }: Survey): string {
  return prepare === undefined ? '' : '// Production dependencies are installed from npm\'s lock file alone: have the build bundle what runs.\n';
}

/** A project's formatter may want another style than this; it is asked to leave the file until a person formats it. */
function unformatted({ formatter }: Survey): string {
  if (formatter !== 'biome') return '';
  const rules = ['format', 'assist/source/organizeImports'];
  return rules.map((rule) => `// biome-ignore-all ${rule}: written by "trunkline init"; take this line away to format it\n`).join('');
}

function kept({ formatter }: Survey): string {
  return formatter === 'prettier' ? '// prettier-ignore\n' : '';
}

/** What is run is what the package carries. */
function usualStart({ packaged }: Survey): string {
  return packaged.includes('dist/**') ? 'node dist/server.js' : 'node src/server.js';
}

function list(items: readonly string[]): string {
  return items.length === 0 ? '[]' : `[\n${items.map((item) => `    ${item},\n`).join('')}  ]`;
}

/** Only what the text uses. */
function importing(names: readonly string[], body: string, from: string, type?: string): string {
  const used = names.filter((name) => new RegExp(`\\b${name}\\(`).test(body));
  return `import { ${[...used, ...(type === undefined ? [] : [`type ${type}`])].join(', ')} } from ${text(from)};`;
}
