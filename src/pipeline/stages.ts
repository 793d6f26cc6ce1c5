import type { RowId } from '../catalogue/rows.ts';
import type { Millis } from '../foundation/units.ts';
import type { ActionPlan, EnvironmentPlan, StagePlan, WavePlan } from './plan.ts';
import { LONGEST } from './shape.ts';
import type { ApplicationSpec, Concurrency } from './specification.ts';
import { inputOf, type Use } from './uses.ts';
import { isWaiver, type Waiver } from './waiver.ts';
import { AT_ONCE } from './waves.ts';

const MINUTE: Millis = 60_000;
const DAY: Millis = 86_400_000;
/** How long each stage may take, without the wait for an approval. */
const BUDGETS = { build: 10 * MINUTE, beta: 30 * MINUTE, gamma: 30 * MINUTE, prod: 50 * MINUTE } as const;
/** What Trunkline does itself converges when it is done again. */
const TWICE_MORE = { attempts: 3, backoffMs: 1_000 };

/**
 * Build, as far as possible at once: the package waits for the code alone, and never for the tests. Commands wait for
 * the code too, since it is what installs the tools that they call; what reads sources alone waits for nothing.
 */
export function buildStage({ build }: ApplicationSpec): StagePlan {
  const stage = new Actions('build');
  stage.add('code', build.code);
  stage.add('unit-tests', build.unitTests, 'code');
  stage.add('code-quality', build.codeQuality, 'code');
  stage.add('secrets', build.secrets, ...afterCode(build.secrets));
  stage.add('sast', build.sast, ...afterCode(build.sast));
  stage.add('sbom', build.sbom, ...afterCode(build.sbom));
  stage.add('sca', build.sca, 'sbom', 'code');
  stage.add('package', build.package, 'code');
  return { name: 'build', budgetMs: BUDGETS.build, mode: 'parallel', waves: [], actions: stage.actions };
}

/** Kinds that read what is committed, and need nothing installed. */
const READING: ReadonlySet<string> = new Set(['secretlint', 'static-analysis', 'npm-sbom']);

function afterCode(use: Use | Waiver): readonly string[] {
  return 'kind' in use && READING.has(use.kind) ? [] : ['code'];
}

export function betaStage({ beta, concurrency }: ApplicationSpec): StagePlan {
  const waves = allRegions(beta.environment);
  const stage = new Actions('beta');
  stage.deploy(beta.environment, beta.database, waves);
  stage.add('integration-tests', beta.integrationTests, 'deploy');
  stage.add('acceptance-tests', beta.acceptanceTests, 'deploy');
  return environmentStage('beta', beta.environment, waves, stage.actions, concurrency);
}

export function gammaStage({ gamma, concurrency }: ApplicationSpec): StagePlan {
  const waves = allRegions(gamma.environment);
  const stage = new Actions('gamma');
  stage.deploy(gamma.environment, gamma.database, waves);
  stage.add('monitoring', gamma.monitoring, 'deploy');
  stage.add('synthetic-tests', gamma.syntheticTests, 'deploy');
  return environmentStage('gamma', gamma.environment, waves, stage.actions, concurrency);
}

export function prodStage({ prod, concurrency }: ApplicationSpec): StagePlan {
  const waves = isWaiver(prod.deploy) ? allRegions(prod.environment) : [...prod.deploy];
  const stage = new Actions('prod');
  stage.add('approval', prod.approval);
  stage.deploy(prod.environment, prod.database, waves);
  stage.add('synthetic-tests', prod.syntheticTests, 'deploy');
  return environmentStage('prod', prod.environment, waves, stage.actions, concurrency);
}

function environmentStage(name: 'beta' | 'gamma' | 'prod', environment: EnvironmentPlan, waves: WavePlan[], actions: ActionPlan[], mode: Concurrency = 'superseded'): StagePlan {
  return { name, budgetMs: BUDGETS[name], mode, environment, waves, actions };
}

function allRegions(environment: EnvironmentPlan): WavePlan[] {
  return [{ name: 'all at once', regions: [...environment.regions], steps: [...AT_ONCE] }];
}

/** The actions of one stage, in the order they are added. What is waived or left out is nobody's need. */
class Actions {
  readonly stage: 'build' | 'beta' | 'gamma' | 'prod';
  readonly actions: ActionPlan[] = [];

  constructor(stage: Actions['stage']) {
    this.stage = stage;
  }

  /** @param needs the first of these that is there. */
  add(name: string, use: Use | Waiver | undefined, ...needs: readonly string[]): void {
    if (use === undefined || isWaiver(use)) return;
    this.#push({ name, row: `${this.stage}.${name}` as RowId, kind: use.kind, input: inputOf(use), needs: this.#firstOf(needs), timeoutMs: use.timeoutMs, retry: { ...use.retry } });
  }

  /** Verify, launch, migrate, deploy: the same in each environment, and each only after the one before. */
  deploy(environment: EnvironmentPlan, database: Use | Waiver | undefined, waves: readonly WavePlan[]): void {
    const row = (name: string) => `${this.stage}.${name}` as RowId;
    const launch = this.stage === 'prod' ? row('deploy') : row('launch');
    this.#push({ name: 'verify', row: row('deploy'), kind: 'verify', input: {}, needs: this.#firstOf(['approval']), timeoutMs: 5 * MINUTE, retry: TWICE_MORE });
    this.#push({ name: 'launch', row: launch, kind: 'launch', input: {}, needs: ['verify'], timeoutMs: 5 * MINUTE, retry: TWICE_MORE });
    this.add('database', database, 'launch');
    this.#push({ name: 'deploy', row: row('deploy'), kind: 'rollout', input: {}, needs: this.#firstOf(['database', 'launch']), timeoutMs: longest(environment, waves), retry: { attempts: 1, backoffMs: 0 } });
  }

  #firstOf(names: readonly string[]): string[] {
    const found = names.find((name) => this.actions.some((action) => action.name === name));
    return found === undefined ? [] : [found];
  }

  #push(action: ActionPlan): void {
    this.actions.push({ ...action, retry: { ...action.retry } });
  }
}

/** The longest that a rollout may take: every bake in full, starts and drains, and a day for a person where a step may hold. */
function longest(environment: EnvironmentPlan, waves: readonly WavePlan[]): Millis {
  const bakes = waves.flatMap((wave) => wave.steps.map((step) => step.bake));
  const starting = waves.length * environment.instances * environment.startTimeoutMs;
  const holding = bakes.some((bake) => bake.onInsufficientData === 'hold' && bake.minRequests > 0) ? DAY : 0;
  return Math.min(bakes.reduce((total, bake) => total + bake.maxTimeMs, 0) + starting + environment.drainMs + 10 * MINUTE + holding, LONGEST);
}
