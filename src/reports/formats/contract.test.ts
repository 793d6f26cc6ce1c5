import assert from 'node:assert/strict';
import { cpSync, existsSync, globSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { test, type TestContext } from 'node:test';
import { fileURLToPath } from 'node:url';
import { formats, readFindings } from '../formats.ts';
import { findingsFormats, type FindingsFormatName } from '../names.ts';
import type { Found } from '../report.ts';

const recorded = fileURLToPath(new URL('../../../test/recorded/', import.meta.url));

/** A checkout that holds a report as the tool wrote it there. */
function checkout(t: TestContext, file: string): { readonly root: string; readonly path: string } {
  const root = mkdtempSync(join(tmpdir(), 'formats-'));
  t.after(() => rmSync(root, { recursive: true, force: true }));
  mkdirSync(join(root, 'reports'));
  writeFileSync(join(root, 'reports', basename(file)), readFileSync(join(recorded, file), 'utf8').replaceAll('/checkout', root));
  return { root, path: `reports/${basename(file)}` };
}

const short = ({ file, line, severity, rule, suppressed }: Found): string => `${file ?? '-'}:${line ?? '-'} ${severity} ${rule}${suppressed ? ' suppressed' : ''}`;

/** What each tool said of code that stands in scripts/record/recordings.ts, or what its published sample says. */
const expected: readonly (readonly [format: FindingsFormatName, file: string, found: readonly string[], tool: RegExp])[] = [
  ['eslint', 'eslint/eslint.json', ['src/broken.js:1 high parsing-error', 'src/add.js:3 medium eqeqeq', 'src/add.js:6 medium no-undef', 'src/add.js:1 low no-var', 'src/add.js:4 low no-debugger'], /^ESLint/],
  ['sarif', 'sarif/eslint.sarif', ['src/add.js:3 high eqeqeq', 'src/add.js:6 high no-undef', 'src/add.js:1 medium no-var', 'src/add.js:4 medium no-debugger'], /^ESLint \d/],
  ['biome', 'biome/biome.json', ['src/add.js:3 medium suspicious/noDoubleEquals', 'src/add.js:4 medium suspicious/noDebugger', 'src/add.js:1 low correctness/noUnusedVariables', 'src/add.js:2 low correctness/noUnusedVariables'], /^Biome/],
  ['oxlint', 'oxlint/oxlint.json', ['src/add.js:3 medium eqeqeq', 'src/add.js:1 low no-unused-vars', 'src/add.js:2 low no-unused-vars', 'src/add.js:4 low no-debugger'], /^oxlint/],
  ['checkstyle', 'oxlint/oxlint.xml', ['src/add.js:3 medium eslint(eqeqeq)', 'src/add.js:1 low eslint(no-unused-vars)', 'src/add.js:2 low eslint(no-unused-vars)', 'src/add.js:4 low eslint(no-debugger)'], /^Checkstyle format 4\.3/],
  ['tsc', 'tsc/tsc.txt', ['src/add.ts:2 high TS2304', 'src/add.ts:4 high TS2345', 'src/add.ts:5 high TS2322'], /^tsc/],
  ['black', 'black/black.txt', ['src/broken.py:1 high unreadable', 'src/untidy.py:- medium formatting'], /^black/],
  ['checkstyle', 'checkstyle/checkstyle.xml', ['src/Order.java:1 medium TypeName', 'src/Order.java:3 low EmptyStatement'], /^Checkstyle format 8/],
  ['checkstyle', 'shellcheck/shellcheck.xml', ['deploy.sh:2 low ShellCheck.SC2115', 'deploy.sh:3 low ShellCheck.SC2034', 'deploy.sh:2 info ShellCheck.SC2086', 'deploy.sh:3 info ShellCheck.SC2162'], /^Checkstyle format/],
  ['sarif', 'published/codeql.sarif', ['src/db layer.js:12 high js/sql-injection', 'src/server.js:9 high js/sql-injection suppressed', 'src/server.js:10 high js/sql-injection'], /^CodeQL 2\.19\.0$/],
  ['sonarqube', 'published/sonarqube.json', ['src/cart.js:9 critical javascript:S1481', 'src/db.js:12 medium javascript:S2077', 'src/cart.js:3 low javascript:S1481 suppressed'], /^SonarQube/],
  ['gitleaks', 'published/gitleaks.json', ['config/settings.py:20 critical generic-api-key'], /^gitleaks/],
  ['ggshield', 'published/ggshield.json', ['config/settings.py:20 critical Generic High Entropy Secret', 'deploy.sh:3 high AWS Keys'], /^ggshield secrets engine 2/],
  ['semgrep', 'published/semgrep.json', ['src/db.js:12 high javascript.express.security.injection.tainted-sql-string', 'src/run.js:2 medium rules.no-eval', 'src/broken.js:- low not-analysed'], /^semgrep 1\.90\.0$/],
  ['trivy', 'published/trivy.json', ['deploy.sh:3 critical aws-access-key-id', 'package-lock.json:- high CVE-2021-23337', 'Dockerfile:- high DS002', 'package-lock.json:- medium GHSA-0000'], /^Trivy/],
  ['snyk', 'published/snyk.json', ['package-lock.json:- high SNYK-JS-LODASH-1040724', 'package-lock.json:- medium snyk:lic:npm:left-pad:WTFPL'], /^Snyk/],
  ['osv-scanner', 'published/osv-scanner.json', ['package-lock.json:- critical MAL-2026-1', 'package-lock.json:- high GHSA-35jh-r3h4-6jhm'], /^osv-scanner/],
  ['dependabot', 'published/dependabot.json', ['package-lock.json:- critical GHSA-8j8c-7jfh-h6hx suppressed', 'package-lock.json:- high GHSA-35jh-r3h4-6jhm'], /^Dependabot/],
  ['npm-audit', 'published/npm-audit.json', ['package-lock.json:- high GHSA-35jh-r3h4-6jhm'], /^npm audit/],
];

for (const [format, file, found, tool] of expected) {
  test(`${format}: ${file} is read as ${file.startsWith('published/') ? 'its form is published' : 'the tool wrote it'}`, async (t) => {
    const { root, path } = checkout(t, file);
    const read = await readFindings(root, format, path);
    assert.deepEqual(read.found.map(short), found);
    assert.match(read.tools.map(({ name, version }) => `${name}${version === undefined ? '' : ` ${version}`}`).join(), tool);
    for (const each of read.found) assert.ok(each.message.length > 2 && !JSON.stringify(each).includes(root), JSON.stringify(each));
  });

  test(`${format}: ${file}, cut short anywhere, is never a report without findings`, async (t) => {
    // A text that ends early is a text; the exit code of the tool says more.
    if (format === 'tsc' || format === 'black') return;
    const { root, path } = checkout(t, file);
    const whole = readFileSync(join(root, path));
    const end = whole.toString('utf8').trimEnd().length;
    for (const length of [0, 1, 2, Math.floor(end / 3), Math.floor(end / 2), end - 1]) {
      writeFileSync(join(root, path), whole.toString('utf8').slice(0, length));
      await assert.rejects(readFindings(root, format, path), (thrown: Error & { record?: { code: string } }) => thrown.record?.code === 'REPORT_INVALID' && thrown.message.includes(`${path} cannot be read, at `), `${length} characters`);
    }
  });
}

test('every format has a sample of its own, and what says that it is recorded is', () => {
  assert.deepEqual([...new Set(expected.map(([format]) => format))].sort(), [...findingsFormats].sort());
  const versions = JSON.parse(readFileSync(join(recorded, 'versions.json'), 'utf8')) as { readonly [name: string]: string };
  for (const name of findingsFormats) {
    const { recorded: folder } = formats[name].reference;
    const isRecorded = expected.some(([format, file]) => format === name && !file.startsWith('published/'));
    assert.equal(folder !== undefined, isRecorded, name);
    if (folder !== undefined) assert.match(versions[folder] ?? '', /\d/, name);
  }
});

test('nothing that was recorded says where', () => {
  for (const file of globSync('**/*.*', { cwd: recorded })) {
    if (existsSync(join(recorded, file))) assert.doesNotMatch(readFileSync(join(recorded, file), 'utf8'), /\/(?:tmp|home|root|work)\/|record-[A-Za-z0-9]{6}|localhost/, file);
  }
});

test('the reader of secrets carries none on', async (t) => {
  for (const [format, file] of [['gitleaks', 'published/gitleaks.json'], ['ggshield', 'published/ggshield.json']] as const) {
    const { root, path } = checkout(t, file);
    assert.doesNotMatch(JSON.stringify(await readFindings(root, format, path)), /the-matched-text/);
  }
});

test('SARIF: the way that the value takes, its weakness, its rule\'s words and the tool\'s own name for it are kept', async (t) => {
  const { root, path } = checkout(t, 'published/codeql.sarif');
  const [first] = (await readFindings(root, 'sarif', path)).found;
  assert.deepEqual(first?.steps, [{ file: 'src/server.js', line: 4, message: 'req.query.name' }, { file: 'src/db layer.js', line: 12, message: '`SELECT ...`' }]);
  assert.equal(first?.message, 'This query string depends on a user-provided value.');
  assert.match(first?.why ?? '', /^Building a database query .* CWE-89, CWE-943$/);
  assert.equal(first?.identity, '39fa2ee980eb94b0:1');
});

test('several files of a format are one report', async (t) => {
  const { root } = checkout(t, 'eslint/eslint.json');
  cpSync(join(root, 'reports/eslint.json'), join(root, 'reports/more.json'));
  const read = await readFindings(root, 'eslint', 'reports/*.json');
  assert.deepEqual([read.found.length, read.tools.length], [10, 1]);
});
