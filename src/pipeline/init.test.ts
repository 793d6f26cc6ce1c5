import assert from 'node:assert/strict';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { after, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import ts from 'typescript';
import { TrunklineError } from '../foundation/errors.ts';
import { checkPlan, complete } from './check.ts';
import { evaluateConfig } from './evaluate.ts';
import { firstPipeline, type NewFile } from './init.ts';
import { memoryLog, plainCell } from './plain-cell.testing.ts';
import type { Plan } from './plan.ts';
import { sourcesOf } from '../inspection/fixture.testing.ts';
import { stageOf } from './rules.ts';

const root = await mkdtemp(join(tmpdir(), 'trunkline-init-'));
after(() => rm(root, { recursive: true, force: true }));

type Files = { readonly [path: string]: string };
const initialised = (files: Files, folder = 'shop') => firstPipeline({ files: Object.keys(files), read: (path) => files[path], folder, trunk: 'main' });

async function evaluated(written: readonly NewFile[]): Promise<Plan> {
  const folder = await mkdtemp(join(root, 'repository-'));
  for (const { path, text } of written) {
    await mkdir(dirname(join(folder, path)), { recursive: true });
    await writeFile(join(folder, path), text);
  }
  return evaluateConfig(plainCell(folder), { config: join(folder, 'trunkline.config.ts'), log: memoryLog(), signal: new AbortController().signal, timeout: 30_000 });
}

const WHOLE: Files = {
  'package.json': JSON.stringify({ name: '@team/Order Book', scripts: { build: 'tsc', test: 'node --test', lint: 'oxlint', start: 'node dist/server.js --port "$PORT"', features: 'cucumber-js', acceptance: 'playwright test' } }),
  'package-lock.json': '{}',
  'src/server.ts': '',
  'public/index.html': '',
  'db/migrations/001_books.sql': '',
  'features/order.feature': '',
  'acceptance/order.spec.ts': '',
  'probes/order.ts': '',
  'probes/order.js': '',
  'probes/order.test.ts': '',
  '.husky/pre-commit': '',
};

test('an empty repository gets a pipeline that evaluates, in which everything is waived that can be', async () => {
  const plan = await evaluated(initialised({}));
  assert.equal(plan.application, 'shop');
  assert.equal(plan.trunk, 'main');
  assert.deepEqual(stageOf(plan, 'build').actions.map(({ name }) => name).toSorted(), ['package', 'secrets']);
  assert.ok(plan.waivers.filter(({ row }) => !row.endsWith('.database')).every(({ reason }) => reason === '…say why…'));
});

test('what a repository holds is used', async () => {
  const plan = await evaluated(initialised(WHOLE));
  assert.equal(plan.application, 'order-book');
  const inputs = Object.fromEntries(plan.stages.flatMap(({ actions }) => actions.map(({ row, kind, input }) => [`${row} ${kind}`, input])));
  assert.deepEqual(inputs['build.code shell'], { command: 'npm ci && npm run build' });
  assert.deepEqual(inputs['build.unit-tests shell'], { command: 'mkdir -p reports && npm test -- --test-reporter=junit --test-reporter-destination=reports/unit.xml', junit: 'reports/unit.xml' });
  assert.deepEqual(inputs['build.code-quality shell'], { command: 'npm run --silent lint -- -f json > reports/oxlint.json', findings: { oxlint: 'reports/oxlint.json' }, limits: { critical: 0, high: 0, medium: 0 } });
  assert.deepEqual(inputs['build.package archive'], { files: ['dist/**', 'public/**', 'db/**', 'probes/**', 'package.json'], productionDependencies: 'npm' });
  assert.deepEqual(inputs['build.sbom npm-sbom'], {});
  assert.deepEqual(inputs['prod.database dbmate'], { directory: 'db/migrations' });
  assert.deepEqual(inputs['beta.integration-tests cucumber'], { command: 'npm run features', junit: 'reports/features.xml', prepare: 'npm ci' });
  assert.deepEqual(inputs['beta.acceptance-tests playwright'], { command: 'npm run acceptance', junit: 'reports/acceptance.xml', prepare: 'npm ci' });
  const { environment } = stageOf(plan, 'prod');
  assert.deepEqual([environment?.run, environment?.database, environment?.probes.map(({ file }) => file)], ['node dist/server.js --port "$PORT"', 'postgres', ['probes/order.ts']]);
  assert.deepEqual(plan.source, { 'local.pre-commit-hooks': ['.husky/pre-commit'] });
});

test('what it wrote lacks nothing required where there are probes, and says what nobody has explained', async () => {
  const plan = await evaluated(initialised(WHOLE));
  const files = [...Object.keys(WHOLE), 'trunkline.config.ts', 'infrastructure/environments.ts'];
  const check = await checkPlan({ plan, sources: sourcesOf(Object.fromEntries(files.map((path) => [path, undefined]))), today: '2026-11-23', remote: 'git@example.com:orders.git', missing: async () => [] });
  assert.deepEqual(check.rows.filter(({ level, state }) => level === 'required' && state === 'missing'), []);
  assert.ok(complete(check));
  assert.deepEqual(check.warnings, ['build.sca is waived, and nobody has said why yet']);
});

test('what it wrote compiles under strict', async () => {
  const folder = await mkdtemp(join(root, 'compile-'));
  const product = fileURLToPath(new URL('../../', import.meta.url));
  const written = [...initialised(WHOLE), ...initialised({}).map(({ path, text }) => ({ path: `bare/${path}`, text }))];
  for (const { path, text } of written) {
    await mkdir(dirname(join(folder, path)), { recursive: true });
    await writeFile(join(folder, path), text);
  }
  const program = ts.createProgram(written.map(({ path }) => join(folder, path)), {
    target: ts.ScriptTarget.ES2024, module: ts.ModuleKind.NodeNext, strict: true, noEmit: true, skipLibCheck: true, allowImportingTsExtensions: true, noUnusedLocals: true, types: [],
    exactOptionalPropertyTypes: true, typeRoots: [join(product, 'node_modules', '@types')],
    paths: { 'trunkline': [join(product, 'src/pipeline/index.ts')], 'trunkline/environments': [join(product, 'src/pipeline/environments.ts')] },
  });
  const faults = written.flatMap(({ path }) => ts.getPreEmitDiagnostics(program, program.getSourceFile(join(folder, path)))
    .map(({ messageText }) => `${path}: ${ts.flattenDiagnosticMessageText(messageText, ' ')}`));
  assert.deepEqual(faults, []);
});

test('nothing that is there is overwritten', async () => {
  assert.throws(() => initialised({ 'trunkline.config.ts': '' }), (error) => error instanceof TrunklineError && error.record.code === 'CONFIG_EXISTS');
  assert.deepEqual(initialised({ 'infrastructure/environments.ts': 'mine' }).map(({ path }) => path), ['trunkline.config.ts', 'infrastructure/trunkline.ts']);
  const plan = await evaluated(initialised({ 'infrastructure/environments.ts': 'mine' }));
  assert.equal(stageOf(plan, 'beta').environment?.name, 'beta');
});

test('texts of the repository stay texts', async () => {
  const nasty = '"); process.exit(7); //`${1}\n';
  const plan = await evaluated(initialised({ 'package.json': JSON.stringify({ name: nasty, scripts: { start: `node ${nasty}`, test: 'jest', lint: 'echo nothing' } }), 'probes/a"b`${c}.ts': '' }));
  assert.equal(plan.application, 'process-exit-7-1');
  assert.equal(stageOf(plan, 'prod').environment?.run, `node ${nasty}`);
  assert.ok(plan.waivers.some(({ row }) => row === 'build.code-quality'), 'a lint script that does nothing is no linter');
});

test('a broken package.json is no obstacle', async () => {
  assert.equal((await evaluated(initialised({ 'package.json': '{ broken' }, '2nd Shop!'))).application, 'nd-shop');
});

test('repositories of Python and Java get their own commands', async () => {
  const python = await evaluated(initialised({ 'pyproject.toml': '', 'src/app.py': '' }));
  assert.deepEqual(stageOf(python, 'build').actions.flatMap(({ input }) => (input as { command?: string }).command ?? []), ['python3 -m pip install .', 'python3 -m pytest --junitxml=reports/unit.xml']);
  const java = await evaluated(initialised({ 'pom.xml': '', 'src/main/java/App.java': '' }));
  assert.deepEqual(stageOf(java, 'build').actions[0]?.input, { command: 'mvn -B -q package -DskipTests' });
});

const commandsIn = (plan: Plan, stage: 'build' | 'beta'): readonly string[] => stageOf(plan, stage).actions.flatMap(({ input }) => {
  const { command, prepare } = input as { readonly command?: string; readonly prepare?: string };
  return command === undefined ? [] : [prepare === undefined ? command : `${prepare} | ${command}`];
});

test('the lock file says which package manager is spoken to, in every command', async () => {
  const { 'package-lock.json': _lock, ...others } = WHOLE;
  const pnpm = await evaluated(initialised({ ...others, 'pnpm-lock.yaml': "lockfileVersion: '9.0'\n" }));
  assert.deepEqual(commandsIn(pnpm, 'build'), [
    'pnpm install --frozen-lockfile && pnpm run build', 'mkdir -p reports && pnpm test --test-reporter=junit --test-reporter-destination=reports/unit.xml', 'pnpm --silent run lint -f json > reports/oxlint.json',
  ]);
  assert.deepEqual(commandsIn(pnpm, 'beta'), ['pnpm install --frozen-lockfile | pnpm run features', 'pnpm install --frozen-lockfile | pnpm run acceptance']);
  const berry = await evaluated(initialised({ ...others, 'yarn.lock': '__metadata:\n  version: 8\n' }));
  assert.deepEqual([commandsIn(berry, 'build')[0], commandsIn(berry, 'beta')[0]], ['yarn install --immutable && yarn run build', 'yarn install --immutable | yarn run features']);
  const classic = await evaluated(initialised({ ...others, 'yarn.lock': '# yarn lockfile v1\n' }));
  assert.equal(commandsIn(classic, 'build')[0], 'yarn install --frozen-lockfile && yarn run build');
  const { input } = stageOf(pnpm, 'build').actions.find(({ kind }) => kind === 'archive') ?? {};
  assert.equal((input as { productionDependencies?: string }).productionDependencies, 'none', 'only npm installs for production');
});

test('the provider of a Prisma schema decides whether there is a PostgreSQL', async () => {
  const of = async (provider: string) => {
    const { 'db/migrations/001_books.sql': _sql, ...others } = WHOLE;
    const plan = await evaluated(initialised({ ...others, 'prisma/schema.prisma': `generator client {\n  provider = "prisma-client-js"\n}\n\ndatasource db {\n  // provider = "postgresql"\n  provider = "${provider}"\n  url      = env("DATABASE_URL")\n}\n`, 'prisma/migrations/2024_init/migration.sql': '' }));
    return { database: stageOf(plan, 'prod').environment?.database, waived: plan.waivers.find(({ row }) => row === 'prod.database')?.reason, dbmate: plan.stages.some(({ actions }) => actions.some(({ kind }) => kind === 'dbmate')) };
  };
  const postgres = await of('postgresql');
  assert.deepEqual(postgres, { database: 'postgres', waived: '…say why…', dbmate: false }, "Prisma's own migrations are none of dbmate's");
  for (const provider of ['mysql', 'sqlite', 'mongodb', 'sqlserver']) assert.deepEqual({ ...await of(provider), waived: undefined }, { database: 'none', waived: undefined, dbmate: false }, provider);
});

test('Maven is asked for its reports and its jar, in one module and in several', async () => {
  const pom = (more: string) => `<project>\n  <groupId>shop</groupId>\n  <artifactId>orders</artifactId>\n  <version>1.4.0</version>\n${more}</project>\n`;
  const one = await evaluated(initialised({ 'pom.xml': pom('<dependencies><dependency><artifactId>x</artifactId><version>9</version></dependency></dependencies>'), 'mvnw': '', 'src/main/java/App.java': '' }));
  assert.deepEqual(commandsIn(one, 'build'), ['./mvnw -B -q package -DskipTests', './mvnw -B test']);
  assert.equal(stageOf(one, 'prod').environment?.run, 'java -jar target/orders-1.4.0.jar');
  const several = await evaluated(initialised({
    'pom.xml': pom('  <packaging>pom</packaging>\n  <modules>\n    <module>core</module>\n    <module>web</module>\n  </modules>\n'), 'core/pom.xml': '<project/>',
    'web/pom.xml': '<project>\n  <parent>\n    <artifactId>orders</artifactId>\n    <version>1.4.0</version>\n  </parent>\n  <artifactId>orders-web</artifactId>\n  <build><plugins><plugin><artifactId>spring-boot-maven-plugin</artifactId></plugin></plugins></build>\n</project>',
  }));
  const tests = stageOf(several, 'build').actions.find(({ row }) => row === 'build.unit-tests')?.input as { junit?: string };
  assert.equal(tests.junit, '**/target/surefire-reports/TEST-*.xml');
  assert.equal(stageOf(several, 'prod').environment?.run, 'java -jar web/target/orders-web-1.4.0.jar');
  const archived = stageOf(several, 'build').actions.find(({ kind }) => kind === 'archive')?.input as { files?: readonly string[] };
  assert.deepEqual(archived.files, ['web/target/orders-web-1.4.0.jar']);
});
