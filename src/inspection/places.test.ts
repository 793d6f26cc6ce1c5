import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { RowId } from '../catalogue/rows.ts';
import { isTest, lackingAt, placeOf } from './places.ts';

const found = (row: RowId, ...files: readonly string[]) => placeOf(row, undefined, files).files[0];

test('the usual places of TypeScript, JavaScript, Python, Java and Go are known', () => {
  for (const file of ['src/server.ts', 'lib/deep/er/index.mjs', 'app/main.py', 'src/main/java/shop/App.java', 'server.js', 'shop/__init__.py', 'cmd/shop/main.go', 'internal/orders/order.go', 'main.go', 'packages/shop/src/index.ts']) assert.equal(found('source.application', file), file);
  for (const file of ['src/order.test.ts', 'test/order.js', 'tests/test_order.py', 'src/test/java/shop/AppTest.java', 'features/order.feature', 'acceptance/order.spec.ts', 'internal/order_test.go', 'shop/src/test/kotlin/A.kt']) assert.equal(found('source.tests', file), file);
  for (const file of ['infrastructure/environments.ts', 'main.tf', 'cdk.json', 'infra/stack.py', 'k8s/deployment.yaml', 'helm/Chart.yaml']) assert.equal(found('source.infrastructure', file), file);
  for (const file of ['public/app.css', 'src/static/logo.svg', 'index.html', 'deep/er/icon.png']) assert.equal(found('source.static-assets', file), file);
  for (const file of ['config/app.json', 'src/main/resources/application.yml', 'vite.config.ts', 'openapi.json', 'setup.cfg', '.env.example']) assert.equal(found('source.static-configuration', file), file);
  for (const file of ['db/migrations/1.sql', 'prisma/schema.prisma', 'app/migrations/0001_first.py', 'src/main/resources/db/migration/V1.sql']) assert.equal(found('source.database', file), file);
  for (const file of ['.husky/pre-commit', '.pre-commit-config.yaml', 'lefthook.yml', '.githooks/pre-commit']) assert.equal(found('local.pre-commit-hooks', file), file);
  for (const file of ['.vscode/settings.json', '.idea/codeStyles/Project.xml', '.editorconfig', '.run/Build.run.xml']) assert.equal(found('local.ide-plugins', file), file);
});

test('what is not there is lacking, with where it was looked for', () => {
  assert.match(lackingAt(placeOf('source.infrastructure', undefined, ['README.md'])), /git tracks nothing in the usual places.*infrastructure/);
  assert.equal(lackingAt(placeOf('source.application', ['code/**'], ['src/a.ts'])), 'no tracked file matches code/**');
});

test('tests are not the application, and what is built or brought from elsewhere is not the repository', () => {
  assert.equal(found('source.application', 'src/order.test.ts', 'src/test/java/AppTest.java', 'internal/order_test.go'), undefined);
  assert.equal(found('source.application', 'node_modules/x/src/index.js', 'vendor/lib/a.js'), undefined);
  assert.equal(found('source.static-assets', 'dist/index.html', 'node_modules/x/index.html'), undefined);
  assert.ok(!isTest('src/contest.ts') && !isTest('src/latest/index.ts'));
});

test('what is declared is meant as it stands', () => {
  assert.deepEqual(placeOf('source.application', ['dist/**'], ['dist/a.ts', 'src/b.ts']).files, ['dist/a.ts']);
  assert.deepEqual(placeOf('source.access', ['CODEOWNERS'], ['.github/x', 'CODEOWNERS']).files, ['CODEOWNERS']);
});

test('a large repository is looked through quickly', () => {
  const files = Array.from({ length: 20_000 }, (_, index) => `packages/p${index % 100}/${'deep/'.repeat(8)}file-${index}.bin`);
  const began = process.cpuUsage();
  for (const row of ['source.application', 'source.tests', 'source.static-assets', 'source.database'] as const) assert.equal(found(row, ...files), undefined);
  const { user } = process.cpuUsage(began);
  assert.ok(user < 10_000_000, `it took ${user / 1_000} ms of processor time`);
});
