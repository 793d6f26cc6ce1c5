import type { Fact } from '../../core/facts.ts';
import type { Effect } from '../../core/owed.ts';
import type { PipelineState, Run, StageRollout } from '../../core/state.ts';
import type { EnvironmentDriver, EnvironmentProvider, Release } from '../../environment/driver.ts';
import type { Clock } from '../../foundation/clock.ts';
import { errorRecord, type ErrorRecord } from '../../foundation/errors.ts';
import type { Instant } from '../../foundation/units.ts';
import type { AlarmPlan, BakePlan } from '../../pipeline/plan.ts';
import { alarmsOf } from '../../rollout/alarm.ts';
import type { RolloutFact } from '../../rollout/rollout.ts';
import type { MaskedLog } from '../../runner/log.ts';
import { logPath } from './run-files.ts';
import type { Releases } from './releases.ts';
import { watchRegion } from './watch.ts';

type RolloutEffect = Extract<Effect, { type: 'rollout' }>;

export interface RolloutParts {
  readonly clock: Clock;
  readonly environments: EnvironmentProvider;
  readonly releases: Releases;
  /** Opens a log that strikes out secrets; `path` is below the folder of logs. */
  readonly log: (path: string) => Promise<MaskedLog>;
}

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
      case 'prepare': {
        const { stable } = await retrying(parts.clock, signal, async () => {
          await region.prepare(release, await parts.releases.files(run, effect.stage), signal);
          return region.observe();
        });
        return fact({ type: 'prepared', region: step.region, ...(stable ? {} : { first: true }) });
      }
      case 'shift':
        await retrying(parts.clock, signal, () => region.shift(release.id, step.weight, signal));
        return fact({ type: 'shifted', region: step.region, step: step.step, weight: step.weight });
      case 'settle':
        await retrying(parts.clock, signal, () => region.settle(release.id, signal));
        return fact({ type: 'settled', region: step.region });
      case 'restore':
        await retrying(parts.clock, signal, () => region.restore(signal));
        return fact({ type: 'restored', region: step.region });
      case 'watch':
      case 'bake': {
        const it = await watchRegion({ clock: parts.clock, region, name: step.region, release: release.id, alarms: alarmsOver(state, effect), exposedSince: firstShift(rollout, step.region), signal },
          step.type === 'bake' ? { step: step.step, plan: bakeOf(run, effect), since: effect.since ?? parts.clock.now(), report: (held) => report(fact(held)) } : undefined);
        return it && fact(it);
      }
    }
  } catch (error) {
    if (signal.aborted) return undefined;
    const record = errorRecord(error);
    if (step.type === 'restore') return fact({ type: 'restore-failed', region: step.region, error: record });
    // The release is the stable one already where this fails: only the other one's end is late, and is owed again.
    if (step.type === 'settle') return await again(parts.clock, signal);
    const lastLines = await keep(parts, effect, run, region, record);
    return fact({ type: 'breached', cause: { type: 'health', region: step.region, detail: record.message, lastLines } });
  }
}

/** Keeps an error, and what the instances printed, in the log of the stage's deployment; answers the last lines of it. */
async function keep(parts: RolloutParts, { stage, step }: RolloutEffect, run: Run, region: EnvironmentDriver, { message, lastLines = [] }: ErrorRecord): Promise<readonly string[]> {
  const action = run.plan?.plan.stages.find(({ name }) => name === stage)?.actions.find(({ kind }) => kind === 'rollout');
  if (!action) throw new Error(`run ${run.id} rolls out in ${stage} without an action for it`);
  const log = await parts.log(logPath({ run: run.id, stage, action, attempt: run.stages[stage]?.actions[action.name]?.attempt ?? 1 }));
  try {
    const database = await region.database().catch(() => undefined); // a region that can't be asked has printed nothing of it either
    for (const secret of database ? [database.reveal(), new URL(database.reveal()).password] : []) log.addSecret(secret);
    log.write([...lastLines, `${step.region}: ${message}`, ''].join('\n'));
    return log.lastLines(20);
  } finally {
    await log.close();
  }
}

/** When the release got its first traffic in a region. */
function firstShift({ shiftedAt }: StageRollout, region: string): Instant | undefined {
  const shifts = Object.entries(shiftedAt).filter(([key]) => key.startsWith(`${region}/`)).map(([, at]) => at);
  return shifts.length === 0 ? undefined : Math.min(...shifts);
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

/** The new release's alarms and those of the release that is live: a release can't take away the alarm that would catch it. */
function alarmsOver(state: PipelineState, { environment, step }: RolloutEffect): readonly AlarmPlan[] {
  const live = state.live.get(`${environment.name}/${step.region}`);
  const before = live && state.runs.get(live.run)?.plan?.plan.stages.find((stage) => stage.environment?.name === environment.name)?.environment;
  return alarmsOf(before?.alarms ?? [], environment.alarms);
}

function bakeOf(run: Run, { stage, step }: RolloutEffect): BakePlan {
  const wave = run.plan?.plan.stages.find(({ name }) => name === stage)?.waves.find(({ regions }) => regions.includes(step.region));
  const plan = 'step' in step ? wave?.steps[step.step]?.bake : undefined;
  if (!plan) throw new Error(`${step.region} bakes a step that its plan does not have`);
  return plan;
}
