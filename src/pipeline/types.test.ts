/**
 * What must not compile: each `@ts-expect-error` that expects in vain is an error. Node removes types unseen, so the
 * functions here are never called; the test hands this very file to the compiler.
 */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import ts from 'typescript';
import { processes } from './environments.ts';
import { beta, gamma, prod, regions, running, spec } from './fixture.testing.ts';
import { application, archive, canary, dbmate, npmSbom, probes, sh, waive, wave, type ApplicationSpec } from './index.ts';

type Without<Section extends keyof ApplicationSpec, Field extends PropertyKey> = Omit<(typeof spec)[Section & keyof typeof spec], Field>;
declare const build: { readonly [field in keyof typeof spec.build]: Without<'build', field> };
declare const betaWithout: { readonly [field in 'environment' | 'integrationTests' | 'acceptanceTests']: Without<'beta', field> };
declare const gammaWithout: { readonly [field in 'environment' | 'monitoring' | 'syntheticTests']: Without<'gamma', field> };
declare const prodWithout: { readonly [field in 'environment' | 'approval' | 'database' | 'deploy']: Without<'prod', field> };
declare const without: { readonly [field in keyof typeof spec]: Omit<typeof spec, field> };
const { database: _database, ...stateless } = running;

export const rejected = [
  // @ts-expect-error every commit goes somewhere: the trunk is required
  () => application('orders', without.trunk),
  // @ts-expect-error local.pre-commit-hooks is required
  () => application('orders', without.local),
  // @ts-expect-error local.pre-commit-hooks is required
  () => application('orders', { ...spec, local: {} }),
  // @ts-expect-error Build is required
  () => application('orders', without.build),
  // @ts-expect-error Beta is required
  () => application('orders', without.beta),
  // @ts-expect-error Gamma is required
  () => application('orders', without.gamma),
  // @ts-expect-error Prod is required
  () => application('orders', without.prod),
  // @ts-expect-error build.code is required
  () => application('orders', { ...spec, build: build.code }),
  // @ts-expect-error build.unit-tests is required
  () => application('orders', { ...spec, build: build.unitTests }),
  // @ts-expect-error build.code-quality is required
  () => application('orders', { ...spec, build: build.codeQuality }),
  // @ts-expect-error build.secrets is required
  () => application('orders', { ...spec, build: build.secrets }),
  // @ts-expect-error build.sast is required
  () => application('orders', { ...spec, build: build.sast }),
  // @ts-expect-error build.package is required
  () => application('orders', { ...spec, build: build.package }),
  // @ts-expect-error build.sbom is required
  () => application('orders', { ...spec, build: build.sbom }),
  // @ts-expect-error build.sca is required
  () => application('orders', { ...spec, build: build.sca }),
  // @ts-expect-error Beta needs a place
  () => application('orders', { ...spec, beta: betaWithout.environment }),
  // @ts-expect-error beta.integration-tests is required
  () => application('orders', { ...spec, beta: betaWithout.integrationTests }),
  // @ts-expect-error beta.acceptance-tests is required
  () => application('orders', { ...spec, beta: betaWithout.acceptanceTests }),
  // @ts-expect-error gamma.launch and gamma.deploy are required
  () => application('orders', { ...spec, gamma: gammaWithout.environment }),
  // @ts-expect-error gamma.monitoring is required
  () => application('orders', { ...spec, gamma: gammaWithout.monitoring }),
  // @ts-expect-error gamma.synthetic-tests is required
  () => application('orders', { ...spec, gamma: gammaWithout.syntheticTests }),
  // @ts-expect-error Prod needs a place
  () => application('orders', { ...spec, prod: prodWithout.environment }),
  // @ts-expect-error prod.approval is required
  () => application('orders', { ...spec, prod: prodWithout.approval }),
  // @ts-expect-error prod.database is required where there is one
  () => application('orders', { ...spec, prod: prodWithout.database }),
  // @ts-expect-error prod.deploy is required
  () => application('orders', { ...spec, prod: prodWithout.deploy }),
  // @ts-expect-error prod.approval can't be waived
  () => application('orders', { ...spec, prod: { ...spec.prod, approval: waive('no') } }),
  // @ts-expect-error an environment is not an action
  () => application('orders', { ...spec, gamma: { ...spec.gamma, environment: waive('no') } }),
  // @ts-expect-error Beta's environment is not Gamma's
  () => application('orders', { ...spec, gamma: { ...spec.gamma, environment: beta } }),
  // @ts-expect-error nor Prod's Beta's
  () => application('orders', { ...spec, beta: { ...spec.beta, environment: prod } }),
  // @ts-expect-error there is nothing to migrate
  () => application('orders', { ...spec, prod: { ...spec.prod, environment: processes('prod', { ...stateless, regions }), database: dbmate('db') } }),
  // @ts-expect-error results of unit tests are read
  () => application('orders', { ...spec, build: { ...spec.build, unitTests: sh('npm test') } }),
  // @ts-expect-error a package is not a list of dependencies
  () => application('orders', { ...spec, build: { ...spec.build, package: npmSbom() } }),
  // @ts-expect-error probes are not monitoring
  () => application('orders', { ...spec, gamma: { ...spec.gamma, monitoring: probes({ atLeast: 1 }) } }),
  // @ts-expect-error a misspelt field
  () => application('orders', { ...spec, gamma: { ...spec.gamma, moni: probes({ atLeast: 1 }) } }),
  // @ts-expect-error Prod goes by waves, and has no mode that runs at once
  () => application('orders', { ...spec, concurrency: 'parallel' }),
  // @ts-expect-error a wave has a strategy
  () => wave('first', ['eu-west']),
  // @ts-expect-error a time has a unit
  () => canary({ steps: [{ weight: 0.1, bake: '10' }] }),
  // @ts-expect-error a reason
  () => waive(),
  // @ts-expect-error what the artifact depends on
  () => archive({ files: ['dist/**'] }),
  // @ts-expect-error an environment is beta, gamma or prod
  () => processes('staging', { ...running, regions }),
  // @ts-expect-error regions
  () => processes('beta', { ...running }),
];

export const accepted = [
  () => application('orders', spec),
  () => application('orders', { ...spec, prod: { ...spec.prod, database: waive('the schema is another team\'s') } }),
  () => application('orders', { ...spec, prod: { ...spec.prod, deploy: waive('ten users') } }),
  () => application('orders', { ...spec, prod: { ...prodWithout.database, environment: processes('prod', { ...stateless, regions }) } }),
  () => application('orders', { ...spec, gamma: { ...spec.gamma, environment: gamma, performanceTests: waive('next quarter') } }),
  ...(['code', 'unitTests', 'codeQuality', 'secrets', 'sast', 'package', 'sbom', 'sca'] as const).map((field) => () => application('orders', { ...spec, build: { ...spec.build, [field]: waive('no') } })),
];

test('the compiler rejects what leaves a required row out, and accepts every waiver', () => {
  const root = fileURLToPath(new URL('../../', import.meta.url));
  const { config } = ts.readConfigFile(`${root}tsconfig.json`, (path) => ts.sys.readFile(path)) as { config: { compilerOptions: object } };
  const { options } = ts.convertCompilerOptionsFromJson(config.compilerOptions, root);
  const file = fileURLToPath(import.meta.url);
  const program = ts.createProgram([file], { ...options, noEmit: true });
  const found = ts.getPreEmitDiagnostics(program, program.getSourceFile(file));
  assert.deepEqual(found.map(({ messageText, start }) => `${start}: ${ts.flattenDiagnosticMessageText(messageText, ' ')}`), []);
});
