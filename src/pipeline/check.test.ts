import assert from 'node:assert/strict';
import { test } from 'node:test';
import { rowIds, rows, type RowId } from '../catalogue/rows.ts';
import { checkPlan, complete, type Checking } from './check.ts';
import { alarm, httpProbe, probe, processes } from './environments.ts';
import { running, spec } from './fixture.testing.ts';
import { alarms, application, canary, sh, waive, wave, type ApplicationSpec } from './index.ts';
import { sourcesOf } from '../inspection/fixture.testing.ts';
import { planDigest } from './plan.ts';
import { predictedDuration, warningsOf } from './predicted.ts';

const FILES = ['src/server.ts', 'src/server.test.ts', 'features/order.feature', 'infrastructure/environments.ts', 'public/index.html', 'package.json', 'package-lock.json', 'config/app.json', 'db/migrations/1.sql', 'trunkline.config.ts'];
const files = (...paths: readonly string[]) => sourcesOf(Object.fromEntries(paths.map((path) => [path, undefined])));
const whole: Checking = { plan: application('orders', spec), sources: files(...FILES), today: '2026-11-23', remote: 'https://git.example.com/orders.git', missing: async () => [] };
const of = async (id: RowId, change: Partial<Checking> = {}) => {
  const check = await checkPlan({ ...whole, ...change });
  return check.rows.find((row) => row.id === id);
};
const ofSpec = (id: RowId, change: Partial<ApplicationSpec>) => of(id, { plan: application('orders', { ...spec, ...change } as ApplicationSpec) });

test('every row of the catalogue is there once, in its order, with its level', async () => {
  const check = await checkPlan(whole);
  const asked = (id: RowId, level: string) => [id, id === 'source.database' ? 'required' : level]; // there is one
  assert.deepEqual(check.rows.map(({ id, level }) => asked(id, level)), rows.map(({ id, level }) => asked(id, level)));
  assert.equal(check.plan, planDigest(whole.plan));
});

test('a whole repository lacks only what is recommended', async () => {
  const check = await checkPlan(whole);
  assert.deepEqual(check.rows.filter(({ state }) => state === 'missing').map(({ id }) => id), ['local.ide-plugins', 'gamma.performance-tests', 'gamma.resilience-tests']);
  assert.ok(complete(check));
  assert.deepEqual(check.warnings, []);
});

test('a row names its place in the configuration and the tool that was found', async () => {
  assert.deepEqual(await of('build.unit-tests'), { id: 'build.unit-tests', level: 'required', state: 'present', tool: 'npm test', where: 'build.unitTests' });
  assert.deepEqual(await of('prod.database'), { id: 'prod.database', level: 'required', state: 'present', tool: 'dbmate db/migrations', where: 'prod.database' });
  assert.deepEqual(await of('beta.launch'), { id: 'beta.launch', level: 'recommended', state: 'present', tool: 'launch', where: 'beta.environment' });
  assert.deepEqual(await of('prod.deploy'), { id: 'prod.deploy', level: 'required', state: 'present', tool: 'rollout', where: 'prod.deploy' });
});

test('a waiver is shown with its reason', async () => {
  assert.deepEqual(await of('gamma.dast'), { id: 'gamma.dast', level: 'recommended', state: 'waived', reason: 'the platform team scans it', where: 'gamma.dast' });
});

test('an action whose kind misses something is missing, with what it misses', async () => {
  const missing: Checking['missing'] = async ({ kind }, { name }) => (kind === 'dbmate' && name === 'prod' ? ['there is no folder db/migrations'] : []);
  const row = await of('prod.database', { missing });
  assert.deepEqual([row?.state, row?.reason], ['missing', 'there is no folder db/migrations']);
  assert.equal(complete(await checkPlan({ ...whole, missing })), false);
});

test('one of several actions of a row is enough to make it missing', async () => {
  const row = await of('prod.deploy', { missing: async ({ kind }) => (kind === 'launch' ? ['no router'] : []) });
  assert.deepEqual([row?.state, row?.reason], ['missing', 'no router']);
});

test('what is missing and only recommended does not make a repository incomplete', async () => {
  const check = await checkPlan({ ...whole, missing: async ({ row }) => (row === 'beta.launch' ? ['no machine'] : []) });
  assert.equal(check.rows.find(({ id }) => id === 'beta.launch')?.state, 'missing');
  assert.ok(complete(check));
});

test('each required row that is missing makes a repository incomplete', async () => {
  const check = await checkPlan(whole);
  for (const { id, level } of rows) {
    const without = { ...check, rows: check.rows.map((row) => (row.id === id ? { ...row, state: 'missing' as const } : row)) };
    assert.equal(complete(without), level !== 'required' && id !== 'source.database', id);
  }
});

test('a command that does nothing is missing', async () => {
  for (const command of ['true', ':', 'exit 0', 'echo ok', 'echo "all good" && true', 'npm test || true']) {
    const row = await ofSpec('build.code-quality', { build: { ...spec.build, codeQuality: sh(command) } });
    assert.equal(row?.state, 'missing', command);
    assert.match(row?.reason ?? '', /does nothing|can't fail/, command);
  }
});

test('unit tests whose results nobody reads are missing', async () => {
  const plan = structuredClone(whole.plan);
  const action = plan.stages[0]?.actions.find(({ name }) => name === 'unit-tests') as { input: unknown };
  action.input = { command: 'npm test' };
  assert.match((await of('build.unit-tests', { plan }))?.reason ?? '', /JUnit/);
});

test('an environment without alarms monitors nothing, and Prod without alarms cannot go back by itself', async () => {
  const bare = { ...running, regions: ['eu-west', 'us-east', 'ap-south'], alarms: [] };
  assert.deepEqual([(await ofSpec('gamma.monitoring', { gamma: { ...spec.gamma, environment: processes('gamma', bare) } }))?.reason], ['the environment gamma has no alarm']);
  assert.deepEqual([(await ofSpec('prod.deploy', { prod: { ...spec.prod, environment: processes('prod', bare) } }))?.reason], ['the environment prod has no alarm']);
  assert.equal((await ofSpec('gamma.deploy', { gamma: { ...spec.gamma, environment: processes('gamma', bare) } }))?.state, 'present');
});

test('an environment without probes has no synthetic tests', async () => {
  const bare = { ...running, regions: ['eu-west', 'us-east', 'ap-south'], probes: [] };
  assert.equal((await ofSpec('gamma.synthetic-tests', { gamma: { ...spec.gamma, environment: processes('gamma', bare) } }))?.reason, 'the environment gamma has no probe');
  assert.equal((await ofSpec('prod.synthetic-tests', { prod: { ...spec.prod, environment: processes('prod', bare) } }))?.state, 'missing');
});

test('an environment that runs nothing is not launched', async () => {
  assert.match((await ofSpec('beta.launch', { beta: { ...spec.beta, environment: processes('beta', { ...running, regions: ['eu-west'], run: 'true' }) } }))?.reason ?? '', /does nothing/);
});

test('more than two hours from push to production is missing, and a warning', async () => {
  const slow = { ...spec, prod: { ...spec.prod, deploy: [wave('one', ['eu-west'], canary({ steps: [{ weight: 0.05, bake: '1h' }] })), wave('rest', ['us-east', 'ap-south'], canary({ steps: [{ weight: 0.1, bake: '1m' }] }))] } };
  const check = await checkPlan({ ...whole, plan: application('orders', slow) });
  assert.match(check.rows.find(({ id }) => id === 'pipeline.two-hours')?.reason ?? '', /3h 12m/);
  assert.equal(check.warnings.length, 2);
  assert.equal(complete(check), false);
});

test('a plan whose stages may take too long is missing stage times', async () => {
  const plan = structuredClone(whole.plan);
  (plan.stages[0] as { budgetMs: number }).budgetMs = 660_000;
  assert.equal((await of('pipeline.stage-times', { plan }))?.reason, 'build may take 11m');
});

test('the predicted time is the budgets before Prod and the bakes in it', () => {
  assert.equal(predictedDuration(whole.plan) / 60_000, 10 + 30 + 30 + (5 + 10 + 10) + 4 * 2);
});

test('a remote gives access, and its credentials are not shown', async () => {
  assert.equal((await of('source.access', { remote: 'https://bot:ghp_secret@git.example.com/orders.git' }))?.tool, 'https://git.example.com/orders.git');
  assert.equal((await of('source.access', { remote: 'git@git.example.com:orders.git' }))?.tool, 'git@git.example.com:orders.git');
  const { remote: _remote, ...local } = whole;
  const check = await checkPlan(local);
  const row = check.rows.find(({ id }) => id === 'source.access');
  assert.equal(row?.state, 'present');
  assert.match(row?.reason ?? '', /no remote/);
  assert.ok(check.warnings.some((warning) => warning.includes('no remote')));
  assert.equal((await checkPlan({ ...local, sources: files() })).rows.find(({ id }) => id === 'source.access')?.state, 'missing');
});

test('declared places win over the usual ones', async () => {
  const plan = application('orders', { ...spec, source: { application: 'code/**', access: 'CODEOWNERS', staticAssets: waive('an API has none') } });
  assert.equal((await of('source.application', { plan }))?.reason, 'no tracked file matches code/**');
  assert.equal((await of('source.application', { plan, sources: files('code/a.ts', 'code/b.ts') }))?.tool, 'code/a.ts and 1 more');
  assert.equal((await of('source.access', { plan }))?.state, 'missing');
  assert.equal((await of('source.access', { plan, sources: files('CODEOWNERS') }))?.state, 'present');
  assert.equal((await of('source.static-assets', { plan }))?.state, 'waived');
});

test('a reason that nobody has written yet, and a package that is not made, are warnings', async () => {
  const { warnings } = await checkPlan({ ...whole, plan: application('orders', { ...spec, build: { ...spec.build, sast: waive('…say why…'), package: waive('no') } }) });
  assert.deepEqual(warnings, ['build.sast is waived, and nobody has said why yet', 'build.package is waived: there is nothing to deploy, so every run ends at Beta']);
});

test('an alarm that can never fire is a warning', () => {
  const walk = httpProbe('walk', 'probes/walk.ts', { every: '10s' });
  const of = (minRequests: number, watched: '1m' | '10m') => warningsOf(application('orders', {
    ...spec,
    gamma: { ...spec.gamma, environment: processes('gamma', { ...running, regions: ['eu-west', 'us-east', 'ap-south'], probes: [walk], alarms: [alarm('walk fails', probe('walk'), { above: 0.5, for: [2, 3], minRequests })] }), monitoring: alarms({ for: watched }) },
  }));
  assert.deepEqual(of(6, '10m'), []);
  assert.match(of(7, '10m').join(), /"walk fails" of gamma can never fire: its probe runs 6 times/);
  assert.match(of(6, '1m').join(), /"walk fails" needs 2m to fire, and gamma.monitoring watches 1m/);
});

test('every row says something of itself', async () => {
  const check = await checkPlan(whole);
  assert.equal(new Set(check.rows.map(({ id }) => id)).size, rowIds.length);
  for (const row of check.rows) assert.ok(row.state === 'present' ? row.tool : row.reason, row.id);
});

test('a private database asks for its code; where there is none, its code is only recommended', async () => {
  const bare = files(...FILES.filter((path) => !path.startsWith('db/')));
  assert.deepEqual([(await of('source.database', { sources: bare }))?.level, (await of('source.database', { sources: bare }))?.state], ['required', 'missing']);
  const plan = structuredClone(whole.plan);
  for (const { environment } of plan.stages) if (environment) (environment as { database: string }).database = 'none';
  assert.deepEqual([(await of('source.database', { sources: bare, plan }))?.level, (await of('source.database', { sources: bare, plan }))?.state], ['recommended', 'missing']);
});

test('what is wrong in the files of a row makes it missing, with each place; a reason and a day forgive it, and are shown', async () => {
  const of = async (today: string, line: string) => {
    const sources = sourcesOf({ ...Object.fromEntries(FILES.map((path) => [path, undefined])), 'config/app.yaml': `name: orders\n${line}\nport: 1\n` });
    return (await checkPlan({ ...whole, sources, today })).rows.find(({ id }) => id === 'source.static-configuration');
  };
  const bad = await of('2026-11-23', 'api: https://orders.shop.io');
  assert.deepEqual([bad?.state, bad?.findings?.map(({ file, line, rule, standing }) => [file, line, rule, standing])], ['missing', [['config/app.yaml', 2, 'environment-host', 'counts']]]);
  const forgiven = 'api: https://orders.shop.io # trunkline-ignore environment-host until 2026-12-01: the same everywhere';
  const good = await of('2026-12-01', forgiven);
  assert.deepEqual([good?.state, good?.findings?.[0]?.standing, good?.findings?.[0]?.suppression?.reason], ['present', 'suppressed', 'the same everywhere']);
  assert.equal((await of('2026-12-02', forgiven))?.state, 'missing');
});

test('tests and infrastructure that lie in another repository are not in this one', async () => {
  const without = Object.fromEntries(FILES.filter((path) => !/test|features|infrastructure/.test(path)).map((path) => [path, undefined]));
  const sources = sourcesOf({ ...without, '.gitmodules': '[submodule "t"]\n\tpath = e2e-tests\n\turl = git@example.com:t.git\n', '.github/workflows/deploy.yml': 'on:\n  push:\n    branches: [main]\njobs:\n  deploy:\n    uses: shop/infra/.github/workflows/deploy.yml@main\n' }, ['e2e-tests']);
  const tests = await of('source.tests', { sources });
  assert.deepEqual([tests?.state, tests?.findings?.map(({ file, line, rule }) => [file, line, rule])], ['missing', [['.gitmodules', 2, 'other-repository'], [undefined, undefined, 'row-missing']].reverse()]);
  const infrastructure = await of('source.infrastructure', { sources });
  assert.match(infrastructure?.reason ?? '', /shop\/infra\/.* is another repository/);
  assert.ok(infrastructure?.findings?.some(({ file, line }) => file === '.github/workflows/deploy.yml' && line === 6));
});

test('a remote must authenticate; a folder of this machine rests on its accounts', async () => {
  for (const remote of ['git://git.example.com/orders.git', 'http://git.example.com/orders.git', 'ftp://git.example.com/orders.git']) {
    const row = await of('source.access', { remote });
    assert.deepEqual([row?.state, row?.findings?.[0]?.rule], ['missing', 'weak-transport'], remote);
  }
  for (const remote of ['/srv/git/orders.git', '../orders.git', 'file:///srv/git/orders.git']) {
    const check = await checkPlan({ ...whole, remote });
    assert.match(check.rows.find(({ id }) => id === 'source.access')?.reason ?? '', /folder of this machine/, remote);
    assert.ok(check.warnings.some((warning) => /folder of this machine/.test(warning)), remote);
  }
  for (const remote of ['ssh://git@git.example.com/orders.git', 'git@git.example.com:orders.git', 'https://git.example.com/orders.git']) assert.equal((await of('source.access', { remote }))?.reason, undefined, remote);
});
