import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { Pipeline, type Ended } from '../rig/pipeline.ts';

/** One that no service ever gave out; in two parts, so that it stands in no file of this repository. */
const SECRET = ['AKIA', 'QYLPMN5HXXLQ2D7K'].join('');

const LINT = `
import { mkdirSync, writeFileSync, readdirSync, readFileSync } from 'node:fs';
const results = readdirSync('src').flatMap((file) => readFileSync('src/' + file, 'utf8').split('\\n').flatMap((text, index) => (text.includes('eval(') ? [{ ruleId: 'no-eval', level: 'error', message: { text: 'text is run <b>as code</b>' }, locations: [{ physicalLocation: { artifactLocation: { uri: 'src/' + file }, region: { startLine: index + 1 } } }] }] : [])));
mkdirSync('reports', { recursive: true });
writeFileSync('reports/lint.sarif', JSON.stringify({ version: '2.1.0', runs: [{ tool: { driver: { name: 'tiny-lint', version: '1.0.0', rules: [{ id: 'no-eval', help: { text: 'call a function' } }] } }, results }] }));
`;

const TEST = `
import { mkdirSync, writeFileSync } from 'node:fs';
mkdirSync('reports', { recursive: true });
writeFileSync('reports/unit.xml', '<testsuites><testsuite name="sums"><testcase name="adds" time="0.01"/><testcase name="takes &lt;i&gt;away" time="0.02" file="src/sum.js" line="3">FAILURE</testcase></testsuite></testsuites>'.replace('FAILURE', process.argv[2] === 'good' ? '' : '<failure message="expected 1, got 2"/>'));
`;

const CONFIG = `
import { allAtOnce, application, approval, archive, probes, secretlint, sh, waive, wave } from 'trunkline';
import { processes } from 'trunkline/environments';
const left = () => waive('this pipeline is there to report');
const tiny = { run: 'node src/old.js', instances: 1, health: '/healthz', metrics: '/metrics', regions: ['one'], probes: [], alarms: [] } as const;
export default application('tiny', {
  trunk: 'main', local: { preCommitHooks: left() },
  source: { application: left(), tests: left(), infrastructure: left(), staticAssets: left(), dependencyManifests: left(), staticConfiguration: left(), access: left() },
  build: {
    code: sh('node --check src/old.js'), unitTests: sh('node tools/test.mjs TESTS', { junit: 'reports/unit.xml' }),
    codeQuality: sh('node tools/lint.mjs', { findings: { sarif: 'reports/lint.sarif' } }),
    secrets: secretlint(), sast: left(), sca: left(), sbom: left(), package: archive({ files: ['src/**'], productionDependencies: 'none' }),
  },
  beta: { environment: processes('beta', tiny), integrationTests: left(), acceptanceTests: left() },
  gamma: { environment: processes('gamma', tiny), monitoring: left(), syntheticTests: left() },
  prod: { environment: processes('prod', tiny), approval: approval({ by: ['tiny-operators'], expires: '1h' }), deploy: [wave('all', ['one'], allAtOnce({ riskAccepted: 'nobody uses it' }))] },
});
`;

const files = (tests: 'good' | 'bad') => ({ 'trunkline.config.ts': CONFIG.replace('TESTS', tests), 'tools/lint.mjs': LINT, 'tools/test.mjs': TEST, 'src/old.js': 'export const old = (text) => eval(text);\n' });

let pipeline: Pipeline;
before(() => {
  pipeline = new Pipeline();
  pipeline.commit('An old repository', files('good'));
});
after(async () => void await pipeline.end());

const ask = async (...args: readonly string[]): Promise<Ended> => pipeline.trunkline(args);
const baselineFile = (): string => join(pipeline.repository, 'trunkline-baseline.json');

test('an old repository fails its gate, adopts a baseline, and then fails only for what is new', async () => {
  const first = await ask('build');
  assert.equal(first.code, 1);
  assert.match(first.out, /src\/old\.js:1 high no-eval: text is run <b>as code<\/b>\n {4}fix: call a function\n/);

  assert.equal((await ask('baseline')).code, 0);
  assert.equal((await ask('build')).code, 0, 'what was there is known');
  const unchanged = readFileSync(baselineFile(), 'utf8');

  pipeline.commit('More of the same', { 'src/new.js': 'export const fresh = (text) => eval(text);\n' });
  const second = await ask('build');
  assert.equal(second.code, 1);
  assert.match(second.out, /src\/new\.js:1 high no-eval/);
  assert.doesNotMatch(second.out, /src\/old\.js:1 high/);

  assert.equal((await ask('baseline')).code, 1, 'it does not say what is found now');
  assert.equal((await ask('baseline', '--prune')).code, 0);
  assert.equal(readFileSync(baselineFile(), 'utf8'), unchanged, 'neither looking nor pruning makes it grow');
  assert.equal((await ask('baseline', '--update')).code, 0);
  assert.equal((JSON.parse(readFileSync(baselineFile(), 'utf8')) as { findings: { [row: string]: unknown[] } }).findings['build.code-quality']?.length, 2);

  pipeline.commit('One is corrected', { 'src/new.js': 'export const fresh = () => 1;\n' });
  assert.equal((await ask('baseline', '--prune')).code, 0);
  assert.equal(readFileSync(baselineFile(), 'utf8'), unchanged);
});

test('a secret is in no report, print or export, and in no baseline unless it is asked for by name', async () => {
  pipeline.commit('A key slips in', { 'src/keys.js': `export const key = '${SECRET}';\n` });
  const built = await ask('build');
  assert.equal(built.code, 1);
  assert.match(built.out, /src\/keys\.js:1 critical /);
  const said = [built, await ask('report', 'local'), await ask('report', 'local', 'secrets', '--json')];
  for (const format of ['sarif', 'html', 'json']) said.push(await ask('report', 'local', 'secrets', '--format', format));
  assert.ok(said.slice(1).every(({ code }) => code === 0));
  assert.ok(said.every(({ out }) => out.includes('src/keys.js')), 'each says where it is');

  const refused = await ask('baseline', '--update');
  assert.match(refused.err, /1 secret\(s\) were found and not taken/);
  assert.doesNotMatch(readFileSync(baselineFile(), 'utf8'), /build\.secrets/);
  const taken = await ask('baseline', '--update', '--secrets');
  assert.match(taken.err, /1 secret\(s\) stand in the baseline.*revoke each one now/);
  assert.match(readFileSync(baselineFile(), 'utf8'), /build\.secrets/);

  const kept = [baselineFile(), join(pipeline.state, 'reports', 'local.json')].map((path) => readFileSync(path, 'utf8'));
  for (const text of [...[...said, refused, taken].flatMap(({ out, err }) => [out, err]), ...kept]) assert.ok(!text.includes(SECRET));
});

test('a failed run says where, why and what else it measured, and later how that went', async () => {
  const commit = pipeline.commit('A test breaks', { ...files('bad'), 'src/keys.js': '' });
  assert.equal((await ask('run')).code, 1);
  const shown = await ask('show', commit);
  assert.match(shown.out, /tests 1 passed, 1 failed\n +src\/sum\.js:3 failed sums > takes <i>away: expected 1, got 2\n/);
  const { stages } = JSON.parse((await ask('show', '--json')).out) as { stages: { actions: { action: string; problems?: { file: string; line: number; rule: string }[] }[] }[] };
  const { problems } = stages.flatMap(({ actions }) => actions).find(({ action }) => action === 'unit-tests') ?? {};
  assert.deepEqual(problems?.map(({ file, line, rule }) => [file, line, rule]), [['src/sum.js', 3, 'sums > takes <i>away']]);

  const junit = await ask('report', commit, 'build.unit-tests', '--format', 'junit');
  assert.match(junit.out, /<testcase name="takes &lt;i&gt;away" classname="sums" time="0\.020000" file="src\/sum\.js" line="3"><failure>expected 1, got 2<\/failure>/);
  const page = await ask('report', commit, '--format', 'html');
  assert.match(page.out, /takes &lt;i&gt;away/);
  assert.doesNotMatch(page.out, /<i>/);

  const trends = JSON.parse((await ask('trends', '--json')).out) as { tests: { passed: number; failed: number } | null }[];
  assert.deepEqual(trends.map(({ tests }) => tests), [{ passed: 1, failed: 1, skipped: 0 }]);
  assert.equal((await ask('report', commit, 'no-such-action')).code, 2);
});
