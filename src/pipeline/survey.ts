import { z } from 'zod';
import { fieldOf } from './field.ts';
import { hollow } from './hollow.ts';
import { placeOf } from '../inspection/places.ts';
import { jvmOf } from './survey-jvm.ts';
import { packagesOf, type Packages } from './survey-packages.ts';
import { prismaOf } from './survey-prisma.ts';

/** A repository as `trunkline init` sees it: nothing in it is run. */
export interface Repository {
  /** Paths of its files, those that git ignores left out. */
  readonly files: readonly string[];
  /** The text of one of them. */
  readonly read: (path: string) => string | undefined;
  /** The name of its folder. */
  readonly folder: string;
  readonly trunk: string;
}

/** What there is that a first pipeline can use. Undefined where there is nothing. */
export interface Survey {
  readonly name: string;
  readonly code: string | undefined;
  readonly tests: { readonly command: string; readonly junit: string } | undefined;
  readonly lint: Linted | undefined;
  /** What makes a fresh checkout ready for a suite, where that is not "npm ci". */
  readonly prepare: string | undefined;
  readonly hasLockedNpm: boolean;
  readonly packaged: readonly string[];
  readonly run: string | undefined;
  readonly migrations: string | undefined;
  /** The database that an ORM's schema says; undefined where none does. */
  readonly provider: string | undefined;
  readonly features: string | undefined;
  readonly acceptance: string | undefined;
  readonly probes: readonly string[];
  readonly hooks: string | undefined;
  /** The project formats with Biome, or with Prettier. */
  readonly formatter: 'biome' | 'prettier' | undefined;
  /** Fields of `source` for which nothing lies in the usual places. */
  readonly withoutSource: readonly string[];
}

/** A linter's command, and the report in which its findings stand, where it is one whose form is known. */
export interface Linted { readonly command: string; readonly findings?: { readonly format: string; readonly file: string } }

/** The part of a package.json that matters here; anything else in it is no business of ours. */
const manifest = z.object({
  name: z.string().catch(''),
  main: z.string().optional().catch(undefined),
  scripts: z.record(z.string(), z.string()).catch({}),
  devDependencies: z.record(z.string(), z.string()).catch({}),
}).catch({ name: '', main: undefined, scripts: {}, devDependencies: {} });
type Manifest = z.infer<typeof manifest>;

const SOURCE = ['source.application', 'source.tests', 'source.static-assets', 'source.dependency-manifests', 'source.static-configuration'] as const;
const JUNIT = 'reports/unit.xml';

export function survey(repository: Repository): Survey {
  const { files } = repository;
  const has = (path: string) => files.includes(path);
  const npm = has('package.json') ? manifestOf(repository.read('package.json')) : undefined;
  const packages = packagesOf(files, repository.read);
  const jvm = npm ? undefined : jvmOf(files, repository.read);
  const provider = prismaOf(files, repository.read);
  const [hooks] = placeOf('local.pre-commit-hooks', undefined, files).files;
  return {
    name: nameOf(npm?.name.replace(/^@[^/]*\//, '') || repository.folder),
    code: npm ? buildOf(npm, packages) : jvm?.code ?? pythonBuild(has),
    tests: npm ? testsOf(npm, packages) : jvm ? jvm.tests : has('pyproject.toml') || has('requirements.txt') ? { command: `python3 -m pytest --junitxml=${JUNIT}`, junit: JUNIT } : undefined,
    lint: npm && means(npm.scripts['lint']) ? lintedBy(npm.scripts['lint'] ?? '', packages) : undefined,
    prepare: npm && packages.tool !== 'npm' ? packages.install : undefined,
    hasLockedNpm: npm !== undefined && has('package-lock.json'),
    packaged: jvm?.packaged ?? packagedOf(files, npm),
    run: npm ? runOf(npm) : jvm?.run,
    provider,
    migrations: provider !== undefined && provider !== 'postgresql' ? undefined : /^(.*)\/[^/]+\.sql$/.exec(files.find((file) => /(^|\/)migrations\/[^/]+\.sql$/.test(file)) ?? '')?.[1],
    features: files.some((file) => file.endsWith('.feature')) ? scriptOf(npm, ['features', 'test:features', 'cucumber'], packages) ?? `${packages.exec} cucumber-js --format junit:reports/features.xml` : undefined,
    acceptance: files.some((file) => /(^|\/)playwright\.config\.[cm]?[jt]s$|^(acceptance|e2e)\//.test(file)) ? scriptOf(npm, ['acceptance', 'test:acceptance', 'e2e', 'test:e2e'], packages) ?? `PLAYWRIGHT_JUNIT_OUTPUT_FILE=reports/acceptance.xml ${packages.exec} playwright test --reporter=junit` : undefined,
    probes: files.filter((file) => /^probes\/[^/]+\.[cm]?[jt]s$/.test(file) && !/\.(test|spec|d)\./.test(file)).filter((file, index, all) => all.findIndex((other) => stem(other) === stem(file)) === index).slice(0, 20),
    hooks,
    formatter: files.some((file) => /^biome\.jsonc?$/.test(file)) ? 'biome' : files.some((file) => /^(\.prettierrc(\.\w+)?|prettier\.config\.\w+)$/.test(file)) || npm?.devDependencies['prettier'] !== undefined ? 'prettier' : undefined,
    // Infrastructure is written with the pipeline itself; access is the remote's.
    withoutSource: SOURCE.filter((row) => placeOf(row, undefined, files).files.length === 0).map((row) => fieldOf(row).replace('source.', '')),
  };
}

function manifestOf(text: string | undefined): Manifest {
  try {
    return manifest.parse(JSON.parse(text ?? '{}'));
  } catch {
    return { name: '', main: undefined, scripts: {}, devDependencies: {} }; // a broken package.json is npm's to complain of
  }
}

function nameOf(text: string): string {
  const name = text.toLowerCase().replace(/[^a-z0-9]+/g, '-').replace(/^[^a-z]+|-+$/g, '').slice(0, 63);
  return name === '' ? 'application' : name;
}

function means(script: string | undefined): boolean {
  return script !== undefined && hollow(script) === undefined && !script.includes('no test specified');
}

function buildOf({ scripts }: Manifest, { install, run }: Packages): string {
  return `${install}${means(scripts['build']) ? ` && ${run} build` : ''}`;
}

function pythonBuild(has: (path: string) => boolean): string | undefined {
  if (has('pyproject.toml')) return 'python3 -m pip install .';
  return has('requirements.txt') ? 'python3 -m pip install -r requirements.txt' : undefined;
}

const LINTERS: readonly (readonly [program: RegExp, format: string, file: string, options: string])[] = [
  [/^eslint( [^&|;]*)?$/, 'eslint', 'reports/eslint.json', '-f json -o reports/eslint.json'],
  [/^oxlint( [^&|;]*)?$/, 'oxlint', 'reports/oxlint.json', '-f json > reports/oxlint.json'],
  // Named .txt: what it writes it would read as its own configuration, or lint.
  [/^biome (?:lint|check)( [^&|;]*)?$/, 'biome', 'reports/biome.txt', '--reporter=json --max-diagnostics=none > reports/biome.txt'],
];

/** By its findings where the linter can write them: an old repository has hundreds, and only a report can be forgiven. */
function lintedBy(script: string, { tool, silent, rest }: Packages): Linted {
  const known = LINTERS.find(([program]) => program.test(script.trim()));
  if (known === undefined) return { command: `${tool} run lint` };
  const [, format, file, options] = known;
  return { command: `${silent} lint ${rest}${options}`, findings: { format, file } };
}

/** JUnit XML by the reporter that the runner brings itself, where it is one that we know. */
function testsOf({ scripts }: Manifest, { tool, exec, rest }: Packages): Survey['tests'] {
  const script = scripts['test'];
  if (script === undefined || !means(script)) return undefined;
  const written = /--test-reporter-destination[= ](\S+\.xml)\b/.exec(script)?.[1];
  if (written !== undefined) return { command: `${tool} test`, junit: written };
  // Node makes no folder for its report.
  if (/\bnode\b.*--test\b/.test(script)) return { command: `mkdir -p reports && ${tool} test ${rest}--test-reporter=junit --test-reporter-destination=${JUNIT}`, junit: JUNIT };
  if (/\bvitest\b/.test(script)) return { command: `${exec} vitest run --reporter=junit --outputFile=${JUNIT}`, junit: JUNIT };
  return { command: `${tool} test`, junit: JUNIT };
}

function packagedOf(files: readonly string[], npm: Manifest | undefined): readonly string[] {
  const folders = ['public', 'static', 'db', 'migrations', 'config', 'probes'].filter((folder) => files.some((file) => file.startsWith(`${folder}/`)));
  const code = means(npm?.scripts['build']) ? 'dist' : files.some((file) => file.startsWith('src/')) ? 'src' : undefined;
  const globs = [...(code === undefined ? [] : [code]), ...folders].map((folder) => `${folder}/**`);
  return [...(globs.length === 0 ? ['**'] : globs), ...(npm && globs.length > 0 ? ['package.json'] : [])];
}

function runOf(npm: Manifest | undefined): string | undefined {
  const start = npm?.scripts['start'];
  if (start !== undefined && means(start)) return start.startsWith('node ') ? start : 'npm start';
  return npm?.main === undefined ? undefined : `node ${npm.main}`;
}

function scriptOf(npm: Manifest | undefined, names: readonly string[], { run }: Packages): string | undefined {
  const name = names.find((candidate) => means(npm?.scripts[candidate]));
  return name === undefined ? undefined : `${run} ${name}`;
}

/** A file's name without its folder and its ending. */
export function stem(file: string): string {
  return (file.split('/').at(-1) ?? file).replace(/\.[^.]+$/, '');
}
