import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { RowId } from '../catalogue/rows.ts';
import { look } from './sources.ts';

const found = (row: RowId, ...files: readonly string[]) => {
  const finding = look(row, undefined, files);
  return 'found' in finding ? finding.found : undefined;
};
const lacking = (row: RowId, ...files: readonly string[]) => {
  const finding = look(row, undefined, files);
  return 'lacking' in finding ? finding.lacking : undefined;
};

test('the usual places of TypeScript, JavaScript, Python and Java are known', () => {
  for (const file of ['src/server.ts', 'lib/deep/er/index.mjs', 'app/main.py', 'src/main/java/shop/App.java', 'server.js', 'shop/__init__.py']) assert.equal(found('source.application', file), file);
  for (const file of ['src/order.test.ts', 'test/order.js', 'tests/test_order.py', 'src/test/java/shop/AppTest.java', 'features/order.feature', 'acceptance/order.spec.ts']) assert.equal(found('source.tests', file), file);
  for (const file of ['infrastructure/environments.ts', 'main.tf', 'cdk.json', 'infra/stack.py']) assert.equal(found('source.infrastructure', file), file);
  for (const file of ['public/app.css', 'src/static/logo.svg', 'index.html', 'deep/er/icon.png']) assert.equal(found('source.static-assets', file), file);
  for (const file of ['config/app.json', 'src/main/resources/application.yml', 'vite.config.ts', 'openapi.json']) assert.equal(found('source.static-configuration', file), file);
  for (const file of ['db/migrations/1.sql', 'prisma/schema.prisma', 'app/migrations/0001_first.py', 'src/main/resources/db/migration/V1.sql']) assert.equal(found('source.database', file), file);
  for (const file of ['.husky/pre-commit', '.pre-commit-config.yaml', 'lefthook.yml', '.githooks/pre-commit']) assert.equal(found('local.pre-commit-hooks', file), file);
  for (const file of ['.vscode/settings.json', '.idea/codeStyles/Project.xml', '.editorconfig']) assert.equal(found('local.ide-plugins', file), file);
});

test('what is not there is lacking, with where it was looked for', () => {
  assert.match(lacking('source.infrastructure', 'README.md') ?? '', /nothing found in the usual places.*infrastructure/);
});

test('tests are not the application, and what is built or brought from elsewhere is not the repository', () => {
  assert.equal(found('source.application', 'src/order.test.ts', 'src/test/java/AppTest.java'), undefined);
  assert.equal(found('source.application', 'node_modules/x/src/index.js', 'vendor/lib/a.js'), undefined);
  assert.equal(found('source.static-assets', 'dist/index.html', 'node_modules/x/index.html'), undefined);
});

test('a manifest needs a lock file beside it or above it', () => {
  assert.match(lacking('source.dependency-manifests', 'package.json') ?? '', /package\.json has no lock file.*package-lock\.json/);
  assert.equal(found('source.dependency-manifests', 'package.json', 'package-lock.json'), 'package.json');
  assert.equal(found('source.dependency-manifests', 'package.json', 'pnpm-lock.yaml', 'console/package.json'), 'package.json and 1 more, locked');
  assert.match(lacking('source.dependency-manifests', 'package.json', 'api/package-lock.json') ?? '', /^package\.json has no lock/);
  assert.match(lacking('source.dependency-manifests', 'package.json', 'package-lock.json', 'jobs/pyproject.toml') ?? '', /jobs\/pyproject\.toml.*poetry\.lock/);
  assert.equal(found('source.dependency-manifests', 'go.mod', 'go.sum'), 'go.mod');
  assert.equal(lacking('source.dependency-manifests', 'build.gradle.kts')?.includes('gradle.lockfile'), true);
  assert.equal(found('source.dependency-manifests', 'a/b/c/Cargo.toml', 'a/Cargo.lock'), 'a/b/c/Cargo.toml');
});

test('configuration of one environment does not belong into the repository', () => {
  for (const file of ['.env', '.env.production', 'config/production.json', 'config/app.prod.yaml', 'application-prod.properties', 'appsettings.Staging.json']) {
    const said = lacking('source.static-configuration', 'config/app.json', file);
    if (file === 'config/app.prod.yaml') assert.equal(said, undefined, 'a name that only holds the word is not judged');
    else assert.match(said ?? '', /belongs to one environment/, file);
  }
  for (const file of ['.env.example', 'src/production.ts', 'config/products.json', 'src/beta.html']) assert.equal(lacking('source.static-configuration', 'config/app.json', file), undefined, file);
});

test('a large repository is looked through quickly', () => {
  const files = Array.from({ length: 20_000 }, (_, index) => `packages/p${index % 100}/${'deep/'.repeat(8)}file-${index}.bin`);
  const began = process.cpuUsage();
  for (const row of ['source.application', 'source.tests', 'source.static-assets', 'source.database'] as const) assert.equal(found(row, ...files), undefined);
  const { user } = process.cpuUsage(began);
  assert.ok(user < 10_000_000, `it took ${user / 1_000} ms of processor time`);
});
