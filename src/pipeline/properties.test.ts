import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { canonicalJson } from '../foundation/digest.ts';
import { TrunklineError } from '../foundation/errors.ts';
import type { Json } from '../foundation/units.ts';
import { checkPlan } from './check.ts';
import { alarm, counter, histogram, httpProbe, postgres, probe, processes } from './environments.ts';
import { allAtOnce, alarms, application, approval, archive, canary, cucumber, dbmate, linear, npmSbom, playwright, probes, sh, waive, wave, type ApplicationSpec, type Plan } from './index.ts';
import { parsePlan, planDigest } from './plan.ts';
import { faultsOf } from './rules.ts';
import { parseCanonical } from './strict-json.ts';

/** Anything a user might write: mostly sound, sometimes not, so that both ways are walked. */
const text = fc.oneof({ weight: 60, arbitrary: fc.constantFrom('npm test', 'dist/**', 'a', 'reports/x.xml', 'db') }, { weight: 1, arbitrary: fc.string() });
const duration = fc.oneof({ weight: 60, arbitrary: fc.tuple(fc.integer({ min: 1, max: 90 }), fc.constantFrom('ms', 's', 'm', 'h')).map(([count, unit]) => `${count}${unit}`) }, { weight: 1, arbitrary: fc.string() });
const number = fc.oneof({ weight: 60, arbitrary: fc.integer({ min: 1, max: 20 }) }, { weight: 1, arbitrary: fc.double() });
const share = fc.oneof({ weight: 40, arbitrary: fc.constantFrom(0.01, 0.05, 0.1, 0.3, 0.5, 1) }, { weight: 1, arbitrary: fc.double({ min: -1, max: 2 }) });
const bake = fc.oneof(duration, fc.record({ minTime: duration, minRequests: number, onInsufficientData: fc.constantFrom('hold', 'rollback') }, { requiredKeys: ['minTime'] }));
const label = fc.dictionary(fc.oneof({ weight: 20, arbitrary: fc.constantFrom('status', 'path') }, { weight: 1, arbitrary: fc.string() }), fc.oneof({ weight: 20, arbitrary: fc.oneof(fc.string(), fc.constantFrom(/^5/, /a+/)) }, { weight: 1, arbitrary: fc.constant(/(x+)+/) }), { maxKeys: 2 });

/** A thunk for each value, since writing it may already be refused. */
type Made<Value> = () => Value;
const strategy: fc.Arbitrary<Made<unknown>> = fc.oneof(
  fc.uniqueArray(fc.record({ weight: share, bake }), { minLength: 1, maxLength: 3, selector: ({ weight }) => weight }).map((steps) => steps.toSorted((a, b) => a.weight - b.weight)).map((steps) => () => canary({ steps, riskAccepted: 'a test' } as never)),
  fc.record({ step: share, every: bake }).map((options) => () => linear({ ...options, riskAccepted: 'a test' } as never)),
  fc.constant(() => allAtOnce({ riskAccepted: 'a test' })),
);
const signal: fc.Arbitrary<Made<unknown>> = fc.oneof(
  label.map((labels) => () => counter('c', labels).shareOf('d')),
  label.map((labels) => () => counter('c', labels).rate()),
  fc.double({ min: 0, max: 1, noNaN: true }).map((q) => () => histogram('h').quantile(q)),
  fc.constantFrom('walk', 'walk', 'walk', 'walk', 'run').map((name) => () => probe(name)),
);
const waived = <Value>(made: fc.Arbitrary<Made<Value>>) => fc.oneof({ weight: 3, arbitrary: made as fc.Arbitrary<Made<unknown>> }, { weight: 1, arbitrary: fc.constant(() => waive('a test')) });
const command = waived(fc.tuple(text, text, duration).map(([run, junit, timeout]) => () => sh(run, { junit, timeout } as never)));

const written = fc.record({
  trunk: fc.oneof({ weight: 60, arbitrary: fc.constantFrom('main', 'release/1') }, { weight: 1, arbitrary: fc.string() }),
  regions: fc.uniqueArray(fc.constantFrom('eu', 'us', 'ap'), { minLength: 1 }),
  instances: number,
  settings: fc.dictionary(fc.oneof({ weight: 20, arbitrary: fc.constantFrom('MODE', 'LEVEL') }, { weight: 1, arbitrary: fc.constantFrom('PORT', '__proto__', 'a b') }), fc.string(), { maxKeys: 2 }),
  database: fc.boolean(),
  alarms: fc.array(fc.tuple(signal, number, duration), { maxLength: 2 }),
  build: fc.record({ code: command, unitTests: command, codeQuality: command, secrets: command, sast: command, sca: command, sbom: waived(fc.constant(() => npmSbom())), package: waived(text.map((glob) => () => archive({ files: [glob], productionDependencies: 'npm' }))) }),
  strategy,
  monitoring: waived(fc.tuple(duration, number).map(([time, minRequests]) => () => alarms({ for: time, minRequests } as never))),
  suites: fc.tuple(text, text),
  expires: duration,
  globs: fc.option(text),
});

function writtenPlan(given: typeof written extends fc.Arbitrary<infer Given> ? Given : never): Plan {
  const shared = {
    run: 'node server.js', instances: given.instances, regions: given.regions, health: '/healthz', metrics: '/metrics', settings: given.settings,
    probes: [httpProbe('walk', 'probes/walk.ts', { every: '1s' })],
    alarms: given.alarms.map(([made, count, every], index) => alarm(`alarm ${index}`, made() as never, { above: count, for: [1, count], every: every as '1s' })),
    ...(given.database ? { database: postgres() } : {}),
  };
  const database = given.database ? { database: dbmate('db') } : {};
  const [head, ...rest] = given.regions;
  const deploy = [wave('first', [head as string], given.strategy() as never), ...(rest.length > 0 ? [wave('rest', rest, given.strategy() as never)] : [])];
  const [run, junit] = given.suites;
  return application('orders', {
    trunk: given.trunk,
    local: { preCommitHooks: waive('a test') },
    ...(given.globs === null ? {} : { source: { tests: given.globs } }),
    build: Object.fromEntries(Object.entries(given.build).map(([field, made]) => [field, made()])),
    beta: { environment: processes('beta', shared as never), ...database, integrationTests: cucumber(run, { junit }), acceptanceTests: playwright(run, { junit, prepare: false }) },
    gamma: { environment: processes('gamma', shared as never), ...database, monitoring: given.monitoring(), syntheticTests: probes({ atLeast: given.instances }) },
    prod: { environment: processes('prod', shared as never), ...database, approval: approval({ by: ['operators'], expires: given.expires as '1h' }), deploy },
  } as unknown as ApplicationSpec);
}

test('whatever is written is refused where it is written, or is a plan that the boundary accepts unchanged', async () => {
  const seen = { plans: 0, refusals: 0 };
  await fc.assert(fc.asyncProperty(written, async (given) => {
    let plan: Plan;
    try {
      plan = writtenPlan(given);
    } catch (error) {
      assert.ok(error instanceof TrunklineError && error.record.code === 'CONFIG_INVALID', String((error as Error).stack));
      seen.refusals += 1;
      return;
    }
    seen.plans += 1;
    assert.deepEqual(parsePlan(plan), plan);
    assert.deepEqual(faultsOf(plan), []);
    const read = parseCanonical(new TextEncoder().encode(canonicalJson(plan as unknown as Json)));
    assert.ok('value' in read);
    assert.equal(planDigest(parsePlan(read.value)), planDigest(plan));
    await checkPlan({ plan, sources: { paths: [], submodules: [], unread: 0, text: () => undefined }, today: '2026-11-23', missing: async () => [] });
  }), { numRuns: 600 });
  assert.ok(seen.plans > 20 && seen.refusals > 20, JSON.stringify(seen));
});
