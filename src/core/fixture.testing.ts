import { digestOf } from '../foundation/digest.ts';
import type { Json } from '../foundation/units.ts';
import { parsePlan, type ActionPlan, type EnvironmentPlan, type Plan, type StagePlan } from '../pipeline/plan.ts';
import type { RowId } from '../catalogue/rows.ts';
import type { Effect } from './owed.ts';
import type { World } from './simulation.testing.ts';

/** A small whole pipeline for tests of the core. */
export function fixturePlan(change: (stage: StagePlan) => StagePlan = (stage) => stage): Plan {
  const stages: StagePlan[] = [
    { name: 'build', budgetMs: 600_000, mode: 'parallel', waves: [], actions: [action('code', 'build.code', 'shell', []), action('unit-tests', 'build.unit-tests', 'shell', ['code']), action('package', 'build.package', 'archive', ['code'])] },
    deploying('beta', [action('tests', 'beta.integration-tests', 'shell', ['deploy'])]),
    deploying('gamma', [action('watch', 'gamma.monitoring', 'shell', ['deploy'])]),
    { ...deploying('prod', []), actions: [action('approval', 'prod.approval', 'approval', [], { by: ['operators'], atLeast: 1, expiresMs: 1_000_000 }), action('deploy', 'prod.deploy', 'rollout', ['approval'])] },
  ];
  return parsePlan({ version: 1, application: 'fixture', trunk: 'main', source: {}, waivers: [], stages: stages.map(change) });
}

function deploying(name: 'beta' | 'gamma' | 'prod', after: ActionPlan[]): StagePlan {
  const regions = name === 'beta' ? ['one'] : ['one', 'two'];
  const bake = { minTimeMs: 0, minRequests: 0, maxTimeMs: 0, onInsufficientData: 'hold' as const };
  const environment: EnvironmentPlan = { name, driver: 'processes', regions, instances: 1, run: 'node server.js', health: '/healthz', metrics: '/metrics', database: 'none', settings: {}, secrets: [], startTimeoutMs: 1_000, drainMs: 0, probes: [], alarms: [] };
  const waves = regions.map((region) => ({ name: region, regions: [region], steps: [{ weight: 10_000, bake }] }));
  return { name, budgetMs: 1_800_000, mode: 'superseded', environment, waves, actions: [action('deploy', `${name}.deploy`, 'rollout', []), ...after] };
}

function action(name: string, row: RowId, kind: string, needs: string[], input: Json = {}): ActionPlan {
  return { name, row, kind, input, needs, timeoutMs: kind === 'rollout' ? 86_400_000 : 60_000, retry: { attempts: 2, backoffMs: 10 } };
}

/** A world in which everything passes; `durations` by action name or step type, 0 where none is given. */
export function kindWorld(durations: { readonly [what: string]: number } = {}): World {
  return {
    duration: (effect) => durations[nameOf(effect)] ?? 0,
    end: (effect, plan) => {
      if (effect.type !== 'attempt') throw new Error('only attempts end');
      if (effect.action.kind === 'plan') return { state: 'passed', output: {}, plan };
      if (effect.action.kind === 'archive') return { state: 'passed', output: {}, artifact: digestOf(effect.run) };
      return { state: 'passed', output: {} };
    },
  };
}

export function nameOf(effect: Effect): string {
  return effect.type === 'attempt' ? effect.action.name : effect.type === 'rollout' ? effect.step.type : effect.what;
}
