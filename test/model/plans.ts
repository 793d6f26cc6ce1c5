import { rows, type RowId } from '../../src/catalogue/rows.ts';
import type { Json } from '../../src/foundation/units.ts';
import { parsePlan, type ActionPlan, type EnvironmentPlan, type Plan, type StagePlan, type WavePlan } from '../../src/pipeline/plan.ts';
import type { Setting } from './steps.ts';

const bake = { minTimeMs: 0, minRequests: 0, maxTimeMs: 0, onInsufficientData: 'hold' as const };
const wave = (regions: string[], ...weights: number[]): WavePlan => ({ name: regions.join(' and '), regions, steps: weights.map((weight) => ({ weight, bake })) });

/** Regions come and go from one commit to the next. */
const WAVES: readonly (readonly WavePlan[])[] = [
  [wave(['a'], 1_000, 10_000), wave(['b'], 5_000, 10_000)],
  [wave(['a'], 1_000, 10_000)],
  [wave(['a'], 1_000, 5_000, 10_000), wave(['b', 'c'], 2_000, 10_000)],
  [wave(['a'], 1_000, 10_000), wave(['b'], 5_000, 10_000)],
];

export const APPROVAL_MS = 24 * 3_600_000;
const ROLLOUT_MS = 6 * 3_600_000;

/** The pipeline as the commit at this place of all that were ever pushed describes it. */
export function planOf(setting: Setting, place: number): Plan {
  const variant = `${setting.beta} ${setting.approvers} ${place % WAVES.length}`;
  const known = made.get(variant) ?? make(setting, place);
  made.set(variant, known);
  return known;
}

const made = new Map<string, Plan>();

function make({ beta, approvers }: Setting, place: number): Plan {
  const waves = WAVES[place % WAVES.length]!;
  const all = waves.flatMap(({ regions }) => regions);
  const stages = [
    { name: 'build' as const, budgetMs: 600_000, mode: 'parallel' as const, waves: [], actions: [action('code', 'build.code', 'shell', []), action('unit-tests', 'build.unit-tests', 'shell', ['code']), action('package', 'build.package', 'archive', ['code'])] },
    deploying('beta', ['a'], [wave(['a'], 10_000)], [], [action('tests', 'beta.integration-tests', 'cucumber', ['deploy'])], beta),
    deploying('gamma', all, [wave(all, 10_000)], [], [action('watch', 'gamma.monitoring', 'alarms', ['deploy'])]),
    deploying('prod', all, waves, [action('approval', 'prod.approval', 'approval', [], { by: ['operators'], atLeast: approvers, expiresMs: APPROVAL_MS })], []),
  ];
  const done = new Set<RowId>(stages.flatMap(({ actions }) => actions.map(({ row }) => row)));
  const missing = rows.filter(({ id, level }) => level === 'required' && !done.has(id) && /^(build|beta|gamma|prod|local)\./.test(id));
  const waivers = missing.filter(({ id }) => !id.endsWith('.launch')).map(({ id }) => ({ row: id, reason: 'a model has none' }));
  return parsePlan({ version: 1, application: 'model', trunk: 'main', source: {}, waivers, stages });
}

function deploying(name: 'beta' | 'gamma' | 'prod', regions: readonly string[], waves: readonly WavePlan[], before: readonly ActionPlan[], after: readonly ActionPlan[], mode: StagePlan['mode'] = 'superseded'): StagePlan {
  const environment: EnvironmentPlan = { name, driver: 'processes', regions: [...regions], instances: 1, run: 'node server.js', health: '/healthz', metrics: '/metrics', database: 'none', settings: {}, secrets: [], startTimeoutMs: 1_000, drainMs: 0, probes: [], alarms: [] };
  const first = before.map((each) => each.name);
  return { name, budgetMs: 1_800_000, mode, environment, waves: [...waves], actions: [
    ...before, action('verify', `${name}.deploy`, 'verify', first), action('launch', name === 'prod' ? 'prod.deploy' : `${name}.launch`, 'launch', ['verify']),
    action('deploy', `${name}.deploy`, 'rollout', ['launch']), ...after,
  ] };
}

function action(name: string, row: RowId, kind: string, needs: string[], input: Json = {}): ActionPlan {
  return { name, row, kind, input, needs, timeoutMs: kind === 'rollout' ? ROLLOUT_MS : 60_000, retry: { attempts: 2, backoffMs: 1_000 } };
}
