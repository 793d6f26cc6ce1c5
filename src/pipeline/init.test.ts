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
import { memoryLog, plainCell } from './plain-cell.ts';
import type { Plan } from './plan.ts';
import { sourcesOf } from '../inspection/fixture.ts';
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
  assert.deepEqual(inputs['build.code-quality shell'], { command: 'npm run lint' });
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
