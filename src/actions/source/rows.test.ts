import assert from 'node:assert/strict';
import { test } from 'node:test';
import { application, waive } from '../../pipeline/index.ts';
import { spec } from '../../pipeline/fixture.testing.ts';
import type { Tracked } from '../../source/tracked.ts';
import { actionContext } from '../fixture.testing.ts';
import { sourceRowsKind } from './rows.ts';

const files = { 'src/server.ts': "export const isStrict = process.env['MODE'];\n", 'src/server.test.ts': '', 'infrastructure/environments.ts': '', 'public/index.html': '', 'package.json': '{}', 'config/app.json': '{}', 'db/migrations/1.sql': '' };

function tracked(all: { readonly [path: string]: string }): Tracked {
  return {
    list: async () => ({ paths: Object.keys(all), submodules: [] }),
    read: async (paths) => new Map(paths.flatMap((path) => (Object.hasOwn(all, path) ? [[path, Buffer.from(all[path] as string)] as const] : []))),
  };
}

async function judged(all: { readonly [path: string]: string }, source: object = {}) {
  const { context, lines, reports } = actionContext({ workdir: '/nowhere' });
  const result = await sourceRowsKind({ tracked: () => tracked(all), plan: application('orders', { ...spec, source }) }).run({}, context);
  return { result, lines, reports };
}

test('a commit whose rows are all there passes, with a report for each row', async () => {
  const { result, reports } = await judged(files);
  assert.ok(result.passed, JSON.stringify(result));
  assert.deepEqual(reports.map((report) => 'name' in report && report.name), ['source.application', 'source.tests', 'source.infrastructure', 'source.static-assets', 'source.dependency-manifests', 'source.static-configuration', 'source.database', 'source.access']);
});

test('a commit that takes its tests away fails, unless they are waived', async () => {
  const { 'src/server.test.ts': _tests, ...others } = files;
  const { result, reports } = await judged(others);
  assert.ok(!result.passed);
  assert.deepEqual([result.error.code, result.error.class], ['SOURCE_INCOMPLETE', 'code']);
  assert.match(result.error.message, /^source\.tests: 1 high: git tracks nothing in the usual places/);
  assert.equal(reports.length, 8, 'every row is judged');
  assert.ok((await judged(others, { tests: waive('proven elsewhere') })).result.passed);
});

test('what is wrong is told with file and line, and forgiven by what the commit itself says there', async () => {
  const bad = { ...files, 'src/server.ts': "const a = 1;\nconst url = 'https://orders.prod.shop.io';\n" };
  const { result, lines } = await judged(bad);
  assert.ok(!result.passed);
  assert.match(result.error.lastLines?.join() ?? '', /src\/server\.ts:2 medium environment-host/);
  assert.match(lines.join('\n'), /src\/server\.ts:2 medium/);
  const forgiven = { ...files, 'src/server.ts': "// trunkline-ignore environment-host until 2999-01-01: it is only said in the log\nconst url = 'https://orders.prod.shop.io';\n" };
  const { result: passed } = await judged(forgiven);
  assert.ok(passed.passed);
  const rows = Object.values(passed.output as { readonly [row: string]: { readonly suppressed: number } });
  assert.deepEqual(rows.filter(({ suppressed }) => suppressed > 0).map(({ suppressed }) => suppressed), [1], 'whoever approves is told');
});

test('a switch by the name of an environment is told with its place, and stops no run', async () => {
  const { result, lines } = await judged({ ...files, 'src/server.ts': "if (process.env.NODE_ENV === 'production') start();\n", 'config/app.yaml': 'production:\n  port: 1\n' });
  assert.ok(result.passed, JSON.stringify(result));
  assert.match(lines.join('\n'), /src\/server\.ts:1 low environment-switch/);
  assert.match(lines.join('\n'), /config\/app\.yaml:1 low environment-switch/);
});
