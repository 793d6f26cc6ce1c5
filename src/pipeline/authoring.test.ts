import assert from 'node:assert/strict';
import { test } from 'node:test';
import { TrunklineError } from '../foundation/errors.ts';
import { alarm, counter, histogram, httpProbe, postgres, probe, processes } from './environments.ts';
import { running, spec } from './fixture.testing.ts';
import { alarms, allAtOnce, application, approval, archive, canary, cucumber, dbmate, linear, playwright, sh, waive, wave, type ApplicationSpec, type Plan } from './index.ts';
import { parsePlan } from './plan.ts';
import { stageOf } from './rules.ts';

/** As a user without a type checker may write it. */
const loosely = (change: object): ApplicationSpec => ({ ...spec, ...change }) as ApplicationSpec;
const actionOf = (plan: Plan, stage: 'build' | 'beta' | 'gamma' | 'prod', name: string) => stageOf(plan, stage).actions.find((action) => action.name === name);
const refuses = (write: () => unknown, ...texts: readonly string[]) => {
  assert.throws(write, (error) => {
    assert.ok(error instanceof TrunklineError, String(error));
    assert.equal(error.record.code, 'CONFIG_INVALID');
    for (const text of texts) assert.ok(error.message.includes(text), `"${error.message}" does not say "${text}"`);
    return true;
  });
};

test('a whole pipeline becomes a plan that the schema accepts', () => {
  const plan = application('orders', spec);
  assert.deepEqual(parsePlan(plan), plan);
  assert.deepEqual(plan.stages.map(({ name, mode, budgetMs }) => [name, mode, budgetMs / 60_000]), [['build', 'parallel', 10], ['beta', 'superseded', 30], ['gamma', 'superseded', 30], ['prod', 'superseded', 50]]);
});

test('each stage has its actions, with their kinds, rows and needs', () => {
  const plan = application('orders', spec);
  const shown = plan.stages.flatMap((stage) => stage.actions.map(({ name, kind, row, needs }) => `${stage.name}.${name} ${kind} ${row} <- ${needs.join()}`));
  assert.deepEqual(shown, [
    'build.code shell build.code <- ',
    'build.unit-tests shell build.unit-tests <- code',
    'build.sbom npm-sbom build.sbom <- ',
    'build.package archive build.package <- code',
    'beta.verify verify beta.deploy <- ',
    'beta.launch launch beta.launch <- verify',
    'beta.database dbmate beta.database <- launch',
    'beta.deploy rollout beta.deploy <- database',
    'beta.integration-tests cucumber beta.integration-tests <- deploy',
    'beta.acceptance-tests playwright beta.acceptance-tests <- deploy',
    'gamma.verify verify gamma.deploy <- ',
    'gamma.launch launch gamma.launch <- verify',
    'gamma.database dbmate gamma.database <- launch',
    'gamma.deploy rollout gamma.deploy <- database',
    'gamma.monitoring alarms gamma.monitoring <- deploy',
    'gamma.synthetic-tests probes gamma.synthetic-tests <- deploy',
    'prod.approval approval prod.approval <- ',
    'prod.verify verify prod.deploy <- approval',
    'prod.launch launch prod.deploy <- verify',
    'prod.database dbmate prod.database <- launch',
    'prod.deploy rollout prod.deploy <- database',
    'prod.synthetic-tests probes prod.synthetic-tests <- deploy',
  ]);
});

test('inputs are what the kinds read', () => {
  const plan = application('orders', spec);
  assert.deepEqual(actionOf(plan, 'build', 'unit-tests')?.input, { command: 'npm test', junit: 'reports/unit.xml', coverage: 'coverage/lcov.info' });
  assert.deepEqual(actionOf(plan, 'build', 'package')?.input, { files: ['dist/**', 'public/**', 'db/**'], productionDependencies: 'npm' });
  assert.deepEqual(actionOf(plan, 'beta', 'database')?.input, { directory: 'db/migrations' });
  assert.deepEqual(actionOf(plan, 'beta', 'integration-tests')?.input, { command: 'npm run features', junit: 'reports/features.xml', prepare: 'npm ci' });
  assert.deepEqual(actionOf(plan, 'gamma', 'monitoring')?.input, { minTimeMs: 600_000, minRequests: 300, maxTimeMs: 1_800_000 });
  assert.deepEqual(actionOf(plan, 'prod', 'approval')?.input, { by: ['orders-operators'], atLeast: 1, expiresMs: 86_400_000 });
  assert.deepEqual(playwright('x', { junit: 'r.xml', prepare: false }).input, { command: 'x', junit: 'r.xml' });
});

test('timeouts and retries are in milliseconds, and have defaults', () => {
  assert.deepEqual([sh('x').timeoutMs, sh('x').retry], [600_000, { attempts: 1, backoffMs: 1_000 }]);
  assert.deepEqual([sh('x', { timeout: '90s' }).timeoutMs, sh('x', { retry: { attempts: 3, backoff: '2s' } }).retry], [90_000, { attempts: 3, backoffMs: 2_000 }]);
});

test('Beta and Gamma move all traffic at once, in one wave over their regions', () => {
  const { waves } = stageOf(application('orders', spec), 'gamma');
  assert.deepEqual(waves, [{ name: 'all at once', regions: ['eu-west', 'us-east', 'ap-south'], steps: [{ weight: 10_000, bake: { minTimeMs: 0, minRequests: 0, maxTimeMs: 0, onInsufficientData: 'hold' } }] }]);
});

test('a canary ends with the whole, with the bake of its last step where none is written', () => {
  const bake = { minTimeMs: 60_000, minRequests: 300, maxTimeMs: 180_000, onInsufficientData: 'hold' };
  assert.deepEqual(canary({ steps: [{ weight: 0.05, bake: '1m' }] }).steps, [{ weight: 500, bake }, { weight: 10_000, bake }]);
  const written = canary({ steps: [{ weight: 0.1, bake: '1m' }, { weight: 1, bake: { minTime: '2m', minRequests: 5, maxTime: '3m', onInsufficientData: 'rollback' } }] });
  assert.deepEqual(written.steps[1], { weight: 10_000, bake: { minTimeMs: 120_000, minRequests: 5, maxTimeMs: 180_000, onInsufficientData: 'rollback' } });
});

test('linear climbs in equal steps to the whole', () => {
  const weights = (step: number) => linear({ step, every: '1m' }).steps.map(({ weight }) => weight);
  assert.deepEqual(weights(0.25), [2_500, 5_000, 7_500, 10_000]);
  assert.deepEqual(weights(1 / 3), [3_333, 6_666, 10_000]);
  assert.deepEqual(weights(0.4), [4_000, 8_000, 10_000]);
});

test('a waiver leaves its action out and keeps its reason', () => {
  const plan = application('orders', { ...spec, gamma: { ...spec.gamma, monitoring: waive('  no metrics before May ') } });
  assert.equal(actionOf(plan, 'gamma', 'monitoring'), undefined);
  assert.deepEqual(plan.waivers.find(({ row }) => row === 'gamma.monitoring'), { row: 'gamma.monitoring', reason: 'no metrics before May' });
  assert.deepEqual(plan.waivers.map(({ row }) => row), ['local.pre-commit-hooks', 'build.code-quality', 'build.secrets', 'build.sast', 'build.sca', 'gamma.monitoring', 'gamma.dast']);
});

test('every action of Build can be waived, and the others then do not wait for it', () => {
  const why = waive('built elsewhere');
  const plan = application('orders', { ...spec, build: { code: why, unitTests: why, codeQuality: why, secrets: why, sast: why, sca: why, sbom: why, package: spec.build.package } });
  assert.deepEqual(stageOf(plan, 'build').actions.map(({ name, needs }) => [name, needs]), [['package', []]]);
});

test('waiving prod.deploy waives the waves and the canary, and neither the verification nor the deployment', () => {
  const prodStage = stageOf(application('orders', { ...spec, prod: { ...spec.prod, deploy: waive('ten users, all colleagues') } }), 'prod');
  assert.deepEqual(prodStage.waves.map(({ name, regions }) => [name, regions.length]), [['all at once', 3]]);
  assert.deepEqual(prodStage.actions.map(({ kind }) => kind), ['approval', 'verify', 'launch', 'dbmate', 'rollout', 'probes']);
});

test('the approval of Prod cannot be waived, nor can an environment', () => {
  refuses(() => application('orders', loosely({ prod: { ...spec.prod, approval: waive('we are in a hurry') } })), 'prod.approval', "can't be waived");
  refuses(() => application('orders', loosely({ gamma: { ...spec.gamma, environment: waive('no machine') } })), 'gamma.environment', "can't be waived");
});

test('where there is no database, its rows are waived by themselves', () => {
  const { database: _none, ...stateless } = running;
  const bare = { beta: processes('beta', { ...stateless, regions: ['one'] }), gamma: processes('gamma', { ...stateless, regions: ['one'] }), prod: processes('prod', { ...stateless, regions: ['one'] }) };
  const { database: _b, ...betaSpec } = spec.beta;
  const { database: _g, ...gammaSpec } = spec.gamma;
  const { database: _p, environment: _e, ...prodSpec } = spec.prod;
  const plan = application('orders', {
    ...spec,
    beta: { ...betaSpec, environment: bare.beta },
    gamma: { ...gammaSpec, environment: bare.gamma },
    prod: { ...prodSpec, environment: bare.prod, deploy: [wave('all', ['one'], canary({ steps: [{ weight: 0.1, bake: '1m' }] }))] },
  });
  assert.deepEqual(plan.waivers.filter(({ row }) => row.endsWith('.database')), ['beta', 'gamma', 'prod'].map((name) => ({ row: `${name}.database`, reason: `the environment ${name} has no database` })));
  assert.deepEqual(actionOf(plan, 'prod', 'deploy')?.needs, ['launch']);
});

test('migrations of an environment without a database are refused', () => {
  const { database: _none, ...stateless } = running;
  const environment = processes('beta', { ...stateless, regions: ['one'] });
  refuses(() => application('orders', { ...spec, beta: { ...spec.beta, environment } }), 'beta.database', 'no database');
});

test('what is left out or misspelt is named, for those whose editor checks no types', () => {
  const { unitTests: _tests, ...build } = spec.build;
  refuses(() => application('orders', loosely({ build })), 'build.unitTests', 'required', 'waive("reason")');
  const { approval: _approval, ...unapproved } = spec.prod;
  refuses(() => application('orders', loosely({ prod: unapproved })), 'prod.approval', "can't be waived");
  const { gamma: _gamma, ...noGamma } = spec;
  refuses(() => application('orders', noGamma as unknown as ApplicationSpec), 'gamma', 'required');
  refuses(() => application('orders', loosely({ build: { ...spec.build, unittests: sh('x') } })), 'build.unittests', 'unitTests');
  refuses(() => application('orders', loosely({ build: { ...spec.build, sbom: dbmate('x') } })), 'build.sbom', 'npmSbom(…)');
  refuses(() => application('orders', loosely({ build: { ...spec.build, unitTests: sh('npm test') } })), 'build.unitTests', 'junit');
  refuses(() => application('orders', loosely({ prod: { ...spec.prod, deploy: [] } })), 'prod.deploy');
  refuses(() => application('orders', loosely({ prod: { ...spec.prod, deploy: 'now' } })), 'prod.deploy');
  refuses(() => application('orders', loosely({ concurrency: 'parallel' })), 'concurrency', '"superseded" or "queued"');
  refuses(() => application('Orders!', spec), 'application.name');
});

test('an error names the line on which the value was written', () => {
  refuses(() => sh(' '), 'src/pipeline/authoring.test.ts:', 'sh.command');
  const early = [wave('both', ['eu-west', 'us-east'], canary({ steps: [{ weight: 0.1, bake: '1m' }] }))];
  const environment = processes('gamma', { ...running, regions: ['eu-west'] });
  const here = Number(/:(\d+):\d+\)?$/m.exec(new Error('here').stack?.split('\n')[1] ?? '')?.[1]);
  refuses(() => application('orders', { ...spec, gamma: { ...spec.gamma, environment } }), `authoring.test.ts:${here - 1}: gamma.environment`, 'us-east, ap-south');
  refuses(() => application('orders', { ...spec, prod: { ...spec.prod, deploy: early } }), 'prod.deploy', 'ap-south');
});

test('single values are checked where they are written', () => {
  refuses(() => waive(''), 'waive.reason');
  refuses(() => waive('  '), 'waive.reason');
  refuses(() => sh('x', { junit: '../outside.xml' }), 'sh.junit', 'inside the repository');
  refuses(() => sh('x', { junit: '/etc/passwd' }), 'sh.junit');
  refuses(() => sh('x', { timeout: 'soon' as '1s' }), 'sh.timeout', '"soon" is not a time');
  refuses(() => sh('x', { timeout: '0s' }), 'sh.timeout', 'too short');
  refuses(() => sh('x', { retry: { attempts: 11 } }), 'sh.retry.attempts', '1 to 10');
  refuses(() => sh('x', { jnit: 'a.xml' } as object), 'sh.jnit', 'junit');
  refuses(() => archive({ files: [], productionDependencies: 'npm' }), 'archive.files');
  refuses(() => cucumber('x', {} as { junit: string }), 'cucumber.junit');
  refuses(() => approval({ by: [] }), 'approval.by');
  refuses(() => alarms({ for: '10m', maxTime: '5m' }), 'alarms.maxTime');
  refuses(() => canary({ steps: [] }), 'canary.steps');
  refuses(() => canary({ steps: [{ weight: 0, bake: '1m' }] }), 'canary.steps[0].weight', 'fraction');
  refuses(() => canary({ steps: [{ weight: 5, bake: '1m' }] }), 'canary.steps[0].weight');
  refuses(() => canary({ steps: [{ weight: 0.1, bake: '1m' }, { weight: 0.1, bake: '1m' }] }), 'canary.steps[1].weight', 'larger');
  refuses(() => canary({ steps: [{ weight: 0.2, bake: '1m' }] }), 'canary.steps[0].weight', 'riskAccepted');
  refuses(() => canary({ steps: [{ weight: 0.1, bake: { minTime: '2m', maxTime: '1m' } }] }), 'canary.steps[0].bake.maxTime');
  refuses(() => linear({ step: 0.001, every: '1m' }), 'linear.step');
  refuses(() => wave('w', ['Not A Name'], allAtOnce()), 'wave.regions[0]');
  refuses(() => wave('w', ['a', 'a'], allAtOnce()), 'twice');
  assert.equal(canary({ steps: [{ weight: 0.2, bake: '1m' }], riskAccepted: 'three users' }).riskAccepted, 'three users');
});

test('an environment is checked where it is written', () => {
  const regions = ['eu-west'];
  refuses(() => processes('staging' as 'beta', { ...running, regions }), 'name', '"beta" or "gamma" or "prod"');
  refuses(() => processes('beta', { ...running, regions: [] }), 'regions');
  refuses(() => processes('beta', { ...running, regions, instances: 0 }), 'instances');
  refuses(() => processes('beta', { ...running, regions, health: 'healthz' }), 'health');
  refuses(() => processes('beta', { ...running, regions, helth: '/' } as never), 'helth');
  refuses(() => processes('beta', { ...running, regions, settings: { PORT: '80' } }), 'settings.PORT', 'itself');
  refuses(() => processes('beta', { ...running, regions, settings: { 'A-B': '1' } }), 'settings');
  refuses(() => processes('beta', { ...running, regions, settings: JSON.parse('{"__proto__": "x"}') as Record<string, string> }), 'settings');
  refuses(() => processes('beta', { ...running, regions, settings: { KEY: 'x' }, secrets: ['KEY'] }), 'twice');
  refuses(() => processes('beta', { ...running, regions, probes: [...running.probes, ...running.probes] }), 'probes', 'twice');
  refuses(() => httpProbe('p', '../p.ts', { every: '1s' }), 'httpProbe.file');
  refuses(() => httpProbe('p', 'p.ts', { every: '1ms' }), 'httpProbe.every');
  assert.deepEqual([processes('beta', { ...running, regions }).startTimeoutMs, processes('beta', { ...running, regions, drain: '0s' }).drainMs], [30_000, 0]);
  assert.deepEqual(postgres(), { type: 'postgres' });
});

test('signals and labels become data', () => {
  assert.deepEqual(alarm('a', counter('c', { path: '/orders/', status: /^5\d\d$/ }).rate(), { above: 1, for: [1, 1] }).signal, { type: 'rate', counter: { metric: 'c', labels: { path: '/^\\/orders\\/$/', status: '/^5\\d\\d$/' } } });
  assert.deepEqual(counter('c').shareOf(counter('d', { a: 'b' })), { type: 'share', of: { metric: 'c', labels: {} }, within: { metric: 'd', labels: { a: 'b' } } });
  assert.deepEqual(histogram('h').quantile(0.99), { type: 'quantile', histogram: { metric: 'h', labels: {} }, q: 0.99 });
  assert.equal(alarm('a', probe('p'), { above: 0, for: [1, 1] }).minRequests, 1);
  refuses(() => histogram('h').quantile(1), 'quantile.q');
  refuses(() => counter('c', { a: /x/i }), 'flag');
  refuses(() => counter('c', { a: /(a+)+$/ }), 'for ever');
  refuses(() => counter('c', { a: /(a)\1/ }), 'back reference');
  refuses(() => counter('no such name'), 'counter.metric');
  refuses(() => alarm('a', counter('c') as never, { above: 1, for: [1, 1] }), 'signal');
  refuses(() => alarm('a', probe('p'), { above: Number.NaN, for: [1, 1] }), 'above');
  refuses(() => alarm('a', probe('p'), { above: 1, for: [4, 3] }), 'for[0]', '1 to 3');
});

test('declared globs are kept by row, and only simple ones', () => {
  const plan = application('orders', { ...spec, local: { preCommitHooks: '.githooks/*' }, source: { application: ['src/**', 'lib/**'], staticAssets: waive('an API has none') } });
  assert.deepEqual(plan.source, { 'local.pre-commit-hooks': ['.githooks/*'], 'source.application': ['src/**', 'lib/**'] });
  assert.ok(plan.waivers.some(({ row }) => row === 'source.static-assets'));
  refuses(() => application('orders', { ...spec, source: { tests: '{a,b}{c,d}{e,f}{g,h}' } }), 'source.tests', 'simpler');
  refuses(() => application('orders', { ...spec, source: { tests: '/etc/*' } }), 'source.tests');
  refuses(() => application('orders', { ...spec, source: { tests: [] } }), 'source.tests');
});

test('budgets are taken as written, and left out of the plan where nothing is said of them', () => {
  const plan = application('orders', { ...spec, budgets: { build: '5m', total: '90m', enforce: true } });
  assert.deepEqual(plan.stages.map(({ budgetMs }) => budgetMs / 60_000), [5, 30, 30, 50]);
  assert.deepEqual(plan.budgets, { enforce: true, totalMs: 90 * 60_000 });
  assert.equal('budgets' in application('orders', spec), false);
  refuses(() => application('orders', loosely({ budgets: { biuld: '5m' } })), 'budgets.biuld', 'no such field');
  refuses(() => application('orders', loosely({ budgets: { build: '5 minutes' } })), 'budgets.build', 'is not a time');
  refuses(() => application('orders', loosely({ budgets: { enforce: 'yes' } })), 'budgets.enforce', 'true or false');
});

test('what decides about a command, and what it leaves, are globs of the repository', () => {
  assert.deepEqual(sh('make', { inputs: ['src/**'], outputs: ['dist/**'], cache: false }).input, { command: 'make', inputs: ['src/**'], outputs: ['dist/**'], cache: false });
  refuses(() => sh('make', { inputs: [] }), 'inputs', 'list of 1');
  refuses(() => sh('make', { outputs: ['../dist'] }), 'outputs[0]', 'inside the repository');
});
