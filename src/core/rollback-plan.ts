import { WHOLE, type Name } from '../foundation/units.ts';
import type { ActionPlan, Plan, StagePlan, WavePlan } from '../pipeline/plan.ts';

/** Regions that are put back at once. */
const AT_ONCE = 2;

/**
 * How an earlier release is put back by a person: an authorisation is signed, the artifact verified with it, and every
 * region that is meant switched in the reverse order of the waves, with no bake, no approval and no touch of the database.
 */
export function rollbackPlan(plan: Plan, regions: readonly Name[]): Plan {
  const prod = plan.stages.find(({ name }) => name === 'prod');
  if (!prod?.environment) throw new Error('a plan without Prod can have released nothing');
  const forward = prod.actions.find(({ kind }) => kind === 'rollout')?.timeoutMs ?? 0;
  const action = (name: string, kind: string, needs: readonly string[]): ActionPlan => ({
    name, row: 'prod.deploy', kind, input: {}, needs: [...needs], timeoutMs: kind === 'rollout' ? Math.max(600_000, forward) : 600_000, retry: { attempts: 3, backoffMs: 500 },
  });
  const stage: StagePlan = {
    ...prod,
    environment: { ...prod.environment, regions: [...regions] },
    waves: reversed(prod.waves, regions),
    actions: [action('authorise', 'authorise', []), action('verify', 'verify', ['authorise']), action('launch', 'launch', ['verify']), action('deploy', 'rollout', ['launch'])],
  };
  return { ...plan, stages: [stage] };
}

function reversed(waves: readonly WavePlan[], meant: readonly Name[]): WavePlan[] {
  const regions = [...waves].reverse().flatMap((wave) => wave.regions).filter((region) => meant.includes(region));
  const at = { weight: WHOLE, bake: { minTimeMs: 0, minRequests: 0, maxTimeMs: 0, onInsufficientData: 'hold' as const } };
  return Array.from({ length: Math.ceil(regions.length / AT_ONCE) }, (_, index) => ({
    name: `back ${index + 1}`, regions: regions.slice(index * AT_ONCE, (index + 1) * AT_ONCE), steps: [at],
  }));
}
