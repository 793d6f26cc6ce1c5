import { z } from 'zod';
import { fieldOf } from './field.ts';
import { hollow } from './hollow.ts';
import { placeOf } from '../inspection/places.ts';

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
  readonly lint: string | undefined;
  readonly hasLockedNpm: boolean;
  readonly packaged: readonly string[];
  readonly run: string | undefined;
  readonly migrations: string | undefined;
  readonly features: string | undefined;
  readonly acceptance: string | undefined;
  readonly probes: readonly string[];
  readonly hooks: string | undefined;
  /** Fields of `source` for which nothing lies in the usual places. */
  readonly withoutSource: readonly string[];
}

/** The part of a package.json that matters here; anything else in it is no business of ours. */
const manifest = z.object({
  name: z.string().catch(''),
  main: z.string().optional().catch(undefined),
  scripts: z.record(z.string(), z.string()).catch({}),
}).catch({ name: '', main: undefined, scripts: {} });
type Manifest = z.infer<typeof manifest>;

const SOURCE = ['source.application', 'source.tests', 'source.static-assets', 'source.dependency-manifests', 'source.static-configuration'] as const;
const JUNIT = 'reports/unit.xml';

export function survey(repository: Repository): Survey {
  const { files } = repository;
  const has = (path: string) => files.includes(path);
  const npm = has('package.json') ? manifestOf(repository.read('package.json')) : undefined;
  const [hooks] = placeOf('local.pre-commit-hooks', undefined, files).files;
  return {
    name: nameOf(npm?.name.replace(/^@[^/]*\//, '') || repository.folder),
    code: npm ? buildOf(npm, has('package-lock.json')) : has('pom.xml') ? 'mvn -B -q package -DskipTests' : has('pyproject.toml') ? 'python3 -m pip install .' : has('requirements.txt') ? 'python3 -m pip install -r requirements.txt' : undefined,
    tests: npm ? testsOf(npm) : has('pyproject.toml') || has('requirements.txt') ? { command: `python3 -m pytest --junitxml=${JUNIT}`, junit: JUNIT } : undefined,
    lint: npm && means(npm.scripts['lint']) ? 'npm run lint' : undefined,
    hasLockedNpm: npm !== undefined && has('package-lock.json'),
    packaged: packagedOf(files, npm),
    run: runOf(npm),
    migrations: /^(.*)\/[^/]+\.sql$/.exec(files.find((file) => /(^|\/)migrations\/[^/]+\.sql$/.test(file)) ?? '')?.[1],
    features: files.some((file) => file.endsWith('.feature')) ? scriptOf(npm, ['features', 'test:features', 'cucumber']) ?? 'npx cucumber-js --format junit:reports/features.xml' : undefined,
    acceptance: files.some((file) => /(^|\/)playwright\.config\.[cm]?[jt]s$|^(acceptance|e2e)\//.test(file)) ? scriptOf(npm, ['acceptance', 'test:acceptance', 'e2e', 'test:e2e']) ?? 'npx playwright test' : undefined,
    probes: files.filter((file) => /^probes\/[^/]+\.[cm]?[jt]s$/.test(file) && !/\.(test|spec|d)\./.test(file)).filter((file, index, all) => all.findIndex((other) => stem(other) === stem(file)) === index).slice(0, 20),
    hooks,
    // Infrastructure is written with the pipeline itself; access is the remote's.
    withoutSource: SOURCE.filter((row) => placeOf(row, undefined, files).files.length === 0).map((row) => fieldOf(row).replace('source.', '')),
  };
}

function manifestOf(text: string | undefined): Manifest {
  try {
    return manifest.parse(JSON.parse(text ?? '{}'));
  } catch {
    return { name: '', main: undefined, scripts: {} }; // a broken package.json is npm's to complain of
  }
}

function nameOf(text: string): string {
  const name = text.toLowerCase().replace(/[^a-z0-9]+/g, '-').replace(/^[^a-z]+|-+$/g, '').slice(0, 63);
  return name === '' ? 'application' : name;
}

function means(script: string | undefined): boolean {
  return script !== undefined && hollow(script) === undefined && !script.includes('no test specified');
}

function buildOf({ scripts }: Manifest, locked: boolean): string {
  return `${locked ? 'npm ci' : 'npm install'}${means(scripts['build']) ? ' && npm run build' : ''}`;
}

/** JUnit XML by the reporter that the runner brings itself, where it is one that we know. */
function testsOf({ scripts }: Manifest): Survey['tests'] {
  const script = scripts['test'];
  if (script === undefined || !means(script)) return undefined;
  const written = /--test-reporter-destination[= ](\S+\.xml)\b/.exec(script)?.[1];
  if (written !== undefined) return { command: 'npm test', junit: written };
  // Node makes no folder for its report.
  if (/\bnode\b.*--test\b/.test(script)) return { command: `mkdir -p reports && npm test -- --test-reporter=junit --test-reporter-destination=${JUNIT}`, junit: JUNIT };
  if (/\bvitest\b/.test(script)) return { command: `npx vitest run --reporter=junit --outputFile=${JUNIT}`, junit: JUNIT };
  return { command: 'npm test', junit: JUNIT };
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

function scriptOf(npm: Manifest | undefined, names: readonly string[]): string | undefined {
  const name = names.find((candidate) => means(npm?.scripts[candidate]));
  return name === undefined ? undefined : `npm run ${name}`;
}

/** A file's name without its folder and its ending. */
export function stem(file: string): string {
  return (file.split('/').at(-1) ?? file).replace(/\.[^.]+$/, '');
}
