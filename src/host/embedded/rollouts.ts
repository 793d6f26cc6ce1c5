import type { Fact } from '../../core/facts.ts';
import type { Effect } from '../../core/owed.ts';
import type { PipelineState, Run } from '../../core/state.ts';
import type { EnvironmentDriver, EnvironmentProvider, Release } from '../../environment/driver.ts';
import type { Clock } from '../../foundation/clock.ts';
import { errorRecord } from '../../foundation/errors.ts';
import type { Millis } from '../../foundation/units.ts';
import type { AlarmPlan, BakePlan } from '../../pipeline/plan.ts';
import { evaluateBake, evaluateWatch } from '../../rollout/bake.ts';
import type { RolloutFact, RollbackCause } from '../../rollout/rollout.ts';
import type { Releases } from './releases.ts';

type RolloutEffect = Extract<Effect, { type: 'rollout' }>;

export interface RolloutParts {
  readonly clock: Clock;
  readonly environments: EnvironmentProvider;
  readonly releases: Releases;
}

/** How often a bake looks: an alarm starts its rollback within one evaluation. */
const LOOK_EVERY: Millis = 500;
/** Machinery that fails is asked again, this often, before the release is held to be at fault. */
const TRIES = 4;

/** Carries out one step in one region. Every step may have been done before by a host that died. */
export async function performStep(parts: RolloutParts, effect: RolloutEffect, state: PipelineState, report: (fact: Fact) => void, signal: AbortSignal): Promise<Fact | undefined> {
  const run = state.runs.get(effect.run);
  const rollout = run?.stages[effect.stage]?.rollout;
  if (!run?.artifact || !rollout) throw new Error(`a rollout step of ${effect.run}, which deploys nothing`);
  const { step } = effect;
  const region = parts.environments.region({ environment: effect.environment.name, region: step.region });
  const release: Release = { id: rollout.release, artifact: run.artifact, commit: run.commit, sequence: run.sequence };
  const fact = (it: RolloutFact): Fact => ({ type: 'rollout', run: run.id, stage: effect.stage, fact: it });
  try {
    switch (step.type) {
      case 'prepare':
        await retrying(parts.clock, signal, async () => region.prepare(release, await parts.releases.files(run), signal));
        return fact({ type: 'prepared', region: step.region });
      case 'shift':
        await retrying(parts.clock, signal, () => region.shift(release.id, step.weight, signal));
        return fact({ type: 'shifted', region: step.region, step: step.step, weight: step.weight });
      case 'settle':
        await retrying(parts.clock, signal, () => region.settle(release.id, signal));
        return fact({ type: 'settled', region: step.region });
      case 'restore':
        await retrying(parts.clock, signal, () => region.restore(signal));
        return fact({ type: 'restored', region: step.region });
      case 'bake': {
        const it = await bake(parts, effect, run, region, release, (held) => report(fact(held)), signal);
        return it && fact(it);
      }
      case 'watch': {
        const exposedSince = rollout.shiftedAt[`${step.region}/0`] ?? parts.clock.now();
        const it = await watch(parts, region, step.region, effect.environment.alarms, release.id, exposedSince, signal);
        return it && fact(it);
      }
    }
  } catch (error) {
    if (signal.aborted) return undefined;
    const record = errorRecord(error);
    if (step.type === 'restore') return fact({ type: 'restore-failed', region: step.region, error: record });
    // The release is the stable one already where this fails: only the other one's end is late, and is owed again.
    if (step.type === 'settle') return await again(parts.clock, signal);
    return fact({ type: 'breached', cause: { type: 'health', region: step.region, detail: record.message } });
  }
}

async function again(clock: Clock, signal: AbortSignal): Promise<undefined> {
  await clock.sleep(2_000, signal).catch(() => undefined);
}

async function retrying<Value>(clock: Clock, signal: AbortSignal, attempt: () => Promise<Value>): Promise<Value> {
  for (let tried = 1; ; tried += 1) {
    try {
      return await attempt();
    } catch (error) {
      if (signal.aborted || tried >= TRIES || errorRecord(error).class !== 'infra') throw error;
      await clock.sleep(250 * 2 ** tried, signal);
    }
  }
}

/** Watches a step until it may be left, or must be. Resolves with nothing when it is no longer owed. */
async function bake(parts: RolloutParts, effect: RolloutEffect, run: Run, region: EnvironmentDriver, release: Release, report: (fact: RolloutFact) => void, signal: AbortSignal): Promise<RolloutFact | undefined> {
  const { step, environment } = effect;
  const since = effect.since;
  const wave = run.plan?.plan.stages.find(({ name }) => name === effect.stage)?.waves.find(({ regions }) => regions.includes(step.region));
  const plan: BakePlan | undefined = 'step' in step ? wave?.steps[step.step]?.bake : undefined;
  if (since === undefined || !plan || !('step' in step)) throw new Error(`${step.region} bakes a step that never began`);
  if (plan.minTimeMs === 0 && plan.minRequests === 0) return { type: 'baked', region: step.region, step: step.step, requests: 0 };
  let held = false;
  let asked = 0;
  for (;;) {
    const look = await lookAt(parts, region, plan, environment.alarms, release, since, signal);
    if (signal.aborted) return undefined;
    const breach = (type: RollbackCause['type'], detail: string): RolloutFact => ({ type: 'breached', cause: { type, region: step.region, detail } });
    if (look === 'unreadable') {
      if (parts.clock.now() - since > plan.maxTimeMs + 30_000) return breach('health', 'the region can no longer be read');
    } else if (look.verdict === 'breach') {
      return breach('alarm', look.detail);
    } else if (look.verdict === 'pass') {
      return { type: 'baked', region: step.region, step: step.step, requests: look.requests };
    } else if (look.verdict === 'insufficient' && plan.onInsufficientData === 'rollback') {
      return breach('insufficient-data', look.detail);
    } else if (look.verdict === 'insufficient' && !held) {
      held = true;
      report({ type: 'held', region: step.region, reason: look.detail });
    }
    if (look !== 'unreadable' && look.missing > asked) {
      const missing = look.missing - asked;
      asked += missing;
      await region.exercise(missing, signal).catch(() => undefined); // asked again at the next look, as more are missing then
    }
    await parts.clock.sleep(LOOK_EVERY, signal).catch(() => undefined);
    if (signal.aborted) return undefined;
  }
}

/** Keeps the alarms of a region armed outside its bakes. Resolves with the breach, or with nothing when it is no longer owed. */
async function watch(parts: RolloutParts, region: EnvironmentDriver, name: string, alarms: readonly AlarmPlan[], release: string, since: number, signal: AbortSignal): Promise<RolloutFact | undefined> {
  const remembered = Math.max(0, ...alarms.map(({ points, everyMs }) => (points[1] + 1) * everyMs));
  while (!signal.aborted) {
    try {
      const now = parts.clock.now();
      const telemetry = await region.telemetry(Math.max(since, now - remembered) - 60_000);
      const { candidate } = await region.observe();
      const unhealthy = candidate?.release.id === release && candidate.instances.healthy === 0;
      const look = evaluateWatch({ alarms, telemetry, release, since, now, unhealthy });
      if (look.verdict === 'breach' && !signal.aborted) return { type: 'breached', cause: { type: 'alarm', region: name, detail: look.detail } };
    } catch (error) {
      if (!signal.aborted && errorRecord(error).class === 'bug') throw error; // a region that can't be read now may be read at the next look
    }
    await parts.clock.sleep(LOOK_EVERY, signal).catch(() => undefined);
  }
  return undefined;
}

async function lookAt(parts: RolloutParts, region: EnvironmentDriver, bakePlan: BakePlan, alarms: readonly AlarmPlan[], release: Release, since: number, signal: AbortSignal) {
  try {
    const [telemetry, now] = [await region.telemetry(since - 60_000), parts.clock.now()];
    const { candidate } = await region.observe();
    const unhealthy = candidate?.release.id === release.id && candidate.instances.healthy === 0;
    return evaluateBake({ bake: bakePlan, alarms, telemetry, release: release.id, since, now, unhealthy });
  } catch (error) {
    if (signal.aborted || errorRecord(error).class === 'bug') throw error;
    return 'unreadable' as const;
  }
}
