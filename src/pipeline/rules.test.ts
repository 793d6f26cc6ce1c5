import assert from 'node:assert/strict';
import { test } from 'node:test';
import { alarm, probe, processes } from './environments.ts';
import { running, spec } from './fixture.testing.ts';
import { allAtOnce, application, canary, linear, wave, type Plan, type Wave } from './index.ts';
import type { ActionPlan } from './plan.ts';
import { faultsOf, stageOf } from './rules.ts';

const plan = application('orders', spec);
/** The plan with its copy changed: what a configuration could export that never called `application`. */
const forged = (change: (copy: Plan) => void): Plan => {
  const copy = structuredClone(plan);
  change(copy);
  return copy;
};
const says = (faulty: Plan, field: string, text: string) => {
  const faults = faultsOf(faulty).map((fault) => `${fault.field}: ${fault.message}`);
  assert.ok(faults.some((fault) => fault.startsWith(`${field}: `) && fault.includes(text)), `no fault of ${field} says "${text}": ${faults.join(' | ') || 'none'}`);
};
const prodBy = (...deploy: readonly Wave[]) => () => application('orders', { ...spec, prod: { ...spec.prod, deploy } });
const careful = canary({ steps: [{ weight: 0.1, bake: '1m' }] });

test('the pipeline of the authoring functions has no fault', () => {
  assert.deepEqual(faultsOf(plan), []);
});

test('the stages are Build, Beta, Gamma and Prod, in this order', () => {
  says(forged((copy) => copy.stages.pop()), 'stages', 'build, beta, gamma, prod');
  says(forged((copy) => copy.stages.reverse()), 'stages', 'in this order');
  says({ ...plan, stages: [] }, 'stages', 'none');
});

test('a hand-made plan cannot get past the approval', () => {
  const prodActions = (copy: Plan) => stageOf(copy, 'prod').actions;
  says(forged((copy) => prodActions(copy).splice(0, 1)), 'prod.approval', 'exactly one');
  says(forged((copy) => copy.waivers.push({ row: 'prod.approval', reason: 'hurry' })), 'prod.approval', "can't be waived");
  says(forged((copy) => { (prodActions(copy)[0] as { kind: string }).kind = 'shell'; }), 'prod.approval', 'exactly one');
  says(forged((copy) => prodActions(copy).push({ ...(prodActions(copy)[0] as ActionPlan), name: 'second' })), 'prod.approval', 'exactly one');
  says(forged((copy) => { prodActions(copy).find(({ name }) => name === 'verify')?.needs.splice(0); }), 'prod.approval', '"verify" must need the approval');
  says(forged((copy) => prodActions(copy).push({ name: 'early', row: 'prod.synthetic-tests', kind: 'shell', input: {}, needs: [], timeoutMs: 1, retry: { attempts: 1, backoffMs: 0 } })), 'prod.approval', '"early" must need');
});

test('a hand-made plan cannot get past the verification of signatures', () => {
  for (const name of ['beta', 'gamma', 'prod'] as const) {
    const { actions } = stageOf(plan, name);
    const at = actions.findIndex(({ kind }) => kind === 'verify');
    says(forged((copy) => stageOf(copy, name).actions.splice(at, 1)), `${name}.environment`, 'one action of kind verify');
    says(forged((copy) => { (stageOf(copy, name).actions[at] as { kind: string }).kind = 'shell'; }), `${name}.environment`, 'one action of kind verify');
    says(forged((copy) => { stageOf(copy, name).actions.find(({ kind }) => kind === 'launch')?.needs.splice(0); }), `${name}.launch`, 'must need "verify"');
    says(forged((copy) => { copy.waivers.push({ row: 'gamma.deploy', reason: 'hurry' }); }), 'gamma.environment', "can't be waived");
  }
});

test('deploying happens once per environment, after its launch, and nowhere else', () => {
  says(forged((copy) => { const { actions } = stageOf(copy, 'beta'); actions.push({ ...(actions.find(({ kind }) => kind === 'rollout') as ActionPlan), name: 'again' }); }), 'beta.environment', 'one action of kind rollout');
  says(forged((copy) => { (stageOf(copy, 'build').actions[0] as { kind: string }).kind = 'rollout'; }), 'build.code', 'no place in build');
  says(forged((copy) => { (stageOf(copy, 'beta').actions.find(({ kind }) => kind === 'rollout') as { needs: string[] }).needs = ['verify']; }), 'beta.environment', 'must need "launch"');
  says(forged((copy) => { (stageOf(copy, 'build').actions[0] as { row: string }).row = 'prod.deploy'; }), 'build.code', "can't be prod.deploy");
});

test('each required row is done or waived, and not both', () => {
  says(forged((copy) => stageOf(copy, 'build').actions.splice(1, 1)), 'build.unitTests', 'required');
  says(forged((copy) => copy.waivers.shift()), 'local.preCommitHooks', 'required');
  says(forged((copy) => copy.waivers.push({ row: 'build.code', reason: 'x' })), 'build.code', 'both');
  says(forged((copy) => copy.waivers.push({ row: 'gamma.dast', reason: 'x' })), 'gamma.dast', 'twice');
  says(forged((copy) => copy.waivers.push({ row: 'metric.mttr', reason: 'x' })), 'metric.mttr', "can't be waived");
});

test('an environment stands in the stage that bears its name', () => {
  says(forged((copy) => { (stageOf(copy, 'gamma').environment as { name: string }).name = 'prod'; }), 'gamma.environment', 'it is "prod"');
  says(forged((copy) => { delete stageOf(copy, 'beta').environment; }), 'beta.environment', 'missing');
});

test('Gamma has every region that Prod has', () => {
  assert.throws(() => application('orders', { ...spec, gamma: { ...spec.gamma, environment: processes('gamma', { ...running, regions: ['us-east', 'eu-north'] }) } }), /gamma\.environment.*eu-west, ap-south are missing/);
});

test('waves reach each region of Prod exactly once', () => {
  assert.throws(prodBy(wave('one', ['eu-west'], careful)), /no wave reaches us-east, ap-south/);
  assert.throws(prodBy(wave('one', ['eu-west'], careful), wave('two', ['eu-west', 'us-east', 'ap-south'], careful)), /"eu-west" is in two waves/);
  assert.throws(prodBy(wave('one', ['eu-north'], careful), wave('two', ['eu-west', 'us-east', 'ap-south'], careful)), /"eu-north", which prod does not have/);
});

test('the first wave is one region, and waves only grow', () => {
  assert.throws(prodBy(wave('all', ['eu-west', 'us-east', 'ap-south'], careful)), /first wave "all" must be one region/);
  const regions = ['a', 'b', 'c', 'd'];
  const [gammaOf, prodOf] = [processes('gamma', { ...running, regions }), processes('prod', { ...running, regions })];
  const growing = (...sizes: readonly (readonly string[])[]) => () => application('orders', { ...spec, gamma: { ...spec.gamma, environment: gammaOf }, prod: { ...spec.prod, environment: prodOf, deploy: sizes.map((each, index) => wave(`wave ${index}`, each, careful)) } });
  assert.throws(growing(['a'], ['b', 'c'], ['d']), /"wave 2" is smaller than "wave 1"/);
  assert.doesNotThrow(growing(['a'], ['b'], ['c', 'd']));
});

test('a single region may be the only wave', () => {
  const regions = ['a'];
  assert.doesNotThrow(() => application('orders', { ...spec, gamma: { ...spec.gamma, environment: processes('gamma', { ...running, regions }) }, prod: { ...spec.prod, environment: processes('prod', { ...running, regions }), deploy: [wave('all', ['a'], careful)] } }));
});

test('all at once, and a first step of more than a tenth, need a word about the risk', () => {
  const rest = ['us-east', 'ap-south'];
  assert.throws(prodBy(wave('one', ['eu-west'], careful), wave('rest', rest, allAtOnce())), /prod\.deploy: the wave "rest" moves all traffic at once/);
  assert.throws(prodBy(wave('one', ['eu-west'], linear({ step: 0.25, every: '1m' })), wave('rest', rest, careful)), /first step of the wave "one" may be at most a tenth/);
  const bold = application('orders', { ...spec, prod: { ...spec.prod, deploy: [wave('one', ['eu-west'], linear({ step: 0.25, every: '1m', riskAccepted: 'few users' })), wave('rest', rest, allAtOnce({ riskAccepted: 'at night' }))] } });
  assert.deepEqual(stageOf(bold, 'prod').waves.map(({ riskAccepted }) => riskAccepted), ['few users', 'at night']);
});

test('steps that do not rise to the whole are refused in a hand-made plan', () => {
  says(forged((copy) => { stageOf(copy, 'prod').waves[0]?.steps.pop(); }), 'prod.deploy', 'end with the whole');
  says(forged((copy) => { stageOf(copy, 'prod').waves[0]?.steps.reverse(); }), 'prod.deploy', 'must rise');
  says(forged((copy) => { Object.assign(stageOf(copy, 'prod').waves[0]?.steps[0]?.bake ?? {}, { maxTimeMs: 1 }); }), 'prod.deploy', 'maxTime');
  says(forged((copy) => { stageOf(copy, 'beta').waves.pop(); }), 'beta.environment', 'no wave reaches');
});

test('an alarm watches a probe that is there', () => {
  const alarms = [alarm('walk', probe('order a bok'), { above: 0.5, for: [1, 2] })];
  assert.throws(() => application('orders', { ...spec, beta: { ...spec.beta, environment: processes('beta', { ...running, regions: ['a'], alarms }) } }), /beta\.environment: alarm "walk" watches the probe "order a bok".*it has "order a book"/);
  says(forged((copy) => { const { environment } = stageOf(copy, 'beta'); environment?.alarms.push(structuredClone(environment.alarms[0]) as never); }), 'beta.environment', 'two alarms are named "errors"');
});
