import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test, type TestContext } from 'node:test';
import { fileURLToPath } from 'node:url';
import type { FindingsReport } from '../../reports/report.ts';
import type { ActionContext } from '../action.ts';
import { actionContext } from '../fixture.testing.ts';
import { rules } from './rules.ts';
import { staticAnalysis } from './static-analysis.ts';

const repository = fileURLToPath(new URL('../../..', import.meta.url));
const input = { limits: { critical: 0, high: 0 } };

/** The files of a commit, as git would hold them. */
function withFiles(files: { readonly [path: string]: string }) {
  const recorded = actionContext({ workdir: tmpdir() });
  const history: ActionContext['history'] = {
    ...recorded.context.history,
    async *files(_signal, isWanted = () => true) {
      for (const [path, text] of Object.entries(files)) if (isWanted(path)) yield { path, size: text.length, bytes: Buffer.from(text) };
    },
  };
  return { ...recorded, context: { ...recorded.context, row: 'build.sast', history } as ActionContext };
}

/** A copy of the example with a patch of its bad commits. */
function example(t: TestContext, patch?: string): { readonly [path: string]: string } {
  const folder = mkdtempSync(join(tmpdir(), 'sast-example-'));
  t.after(() => rmSync(folder, { recursive: true, force: true }));
  const tracked = execFileSync('git', ['ls-files', '-z', '--cached', 'examples/orders'], { cwd: repository, encoding: 'utf8' }).split('\0').filter((path) => path !== '');
  execFileSync('cp', ['--parents', ...tracked, folder], { cwd: repository });
  if (patch !== undefined) execFileSync('git', ['apply', '--directory=examples/orders', join(repository, 'examples/orders-commits', patch)], { cwd: folder });
  return Object.fromEntries(tracked.map((path) => [path.slice('examples/orders/'.length), readFileSync(join(folder, path), 'utf8')]));
}

test('the example passes, and nothing in it is over the limit', async (t) => {
  const { context, reports } = withFiles(example(t));
  const result = await staticAnalysis.run(input, context);
  assert.equal(result.passed, true, JSON.stringify(result));
  assert.deepEqual((reports[0] as FindingsReport).findings.filter(({ severity }) => severity === 'critical' || severity === 'high'), []);
});

test('the SQL injection among its bad commits is found at its line, with the way from the request', async (t) => {
  const files = example(t, 'sql-injection.patch');
  const { context, reports } = withFiles(files);
  const result = await staticAnalysis.run(input, context);
  assert.equal(result.passed, false);
  const [finding, ...others] = (reports[0] as FindingsReport).findings;
  assert.deepEqual(others, []);
  const at = (files['src/db/orders.ts'] ?? '').split('\n').findIndex((line) => line.includes('ILIKE')) + 1;
  assert.deepEqual([finding?.rule, finding?.severity, finding?.file, finding?.line], ['sql-injection', 'critical', 'src/db/orders.ts', at]);
  assert.deepEqual([finding?.steps?.[0]?.file, finding?.steps?.at(-1)?.file], ['src/http/server.ts', 'src/db/database.ts']);
});

test('tests, built files and what the configuration excludes are counted and left out', async () => {
  const flaw = "require('child_process').exec('ls ' + process.env.X); function f(req, res) { eval(req.query.x); }";
  const { context, reports } = withFiles({ 'a.test.js': flaw, 'dist/a.js': flaw, 'old/a.js': flaw, 'README.md': flaw, 'a.d.ts': flaw, 'src/a.ts': 'export const a = 1;' });
  const result = await staticAnalysis.run({ ...input, exclude: ['old/**'] }, context);
  assert.equal(result.passed, true);
  assert.deepEqual((reports[0] as FindingsReport).scope, ['1 files of JavaScript and TypeScript, 25 rules', 'left out as tests: 1 files', 'left out as made by tools or by others: 1 files', 'left out as excluded by the configuration: 1 files']);
});

test('infrastructure is looked at like the application', async () => {
  const { context, reports } = withFiles({ 'infrastructure/deploy.ts': "import https from 'node:https';\nexport const agent = new https.Agent({ rejectUnauthorized: false });" });
  assert.equal((await staticAnalysis.run(input, context)).passed, false);
  assert.equal((reports[0] as FindingsReport).findings[0]?.line, 2);
});

test('a file that could not be looked at to its end is named in the scope of the report', async () => {
  const { context, reports } = withFiles({ 'large.js': `var x = "${'x'.repeat(1_100_000)}";` });
  await staticAnalysis.run(input, context);
  assert.match((reports[0] as FindingsReport).scope.join('\n'), /not looked at to its end: large\.js \(it is larger than 1 MiB\)/);
});

test('the reference page names every rule', () => {
  const page = readFileSync(join(repository, 'docs/reference/static-analysis.md'), 'utf8');
  for (const [rule, { cwe, severity }] of Object.entries(rules)) assert.ok(page.includes(`| \`${rule}\` | [${cwe}](https://cwe.mitre.org/data/definitions/${cwe}.html) | ${severity} |`), rule);
});
