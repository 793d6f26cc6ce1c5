import type { Fact } from '../../core/facts.ts';
import type { Effect } from '../../core/owed.ts';
import type { PipelineState, Run, StageRollout } from '../../core/state.ts';
import type { EnvironmentDriver, EnvironmentProvider, Release } from '../../environment/driver.ts';
import type { Clock } from '../../foundation/clock.ts';
import { errorRecord, TrunklineError, type ErrorRecord } from '../../foundation/errors.ts';
import type { Digest, Instant, Millis, Name } from '../../foundation/units.ts';
import type { AlarmPlan, BakePlan } from '../../pipeline/plan.ts';
import { alarmsOf } from '../../rollout/alarm.ts';
import type { ReportedFact } from '../../rollout/rollout.ts';
import type { MaskedLog } from '../../runner/log.ts';
import { watchRegion } from '../../telemetry/watch.ts';
import { logPath } from './run-files.ts';
import type { Releases } from './releases.ts';

type RolloutEffect = Extract<Effect, { type: 'rollout' }>;

export interface RolloutParts {
  readonly clock: Clock;
  readonly environments: EnvironmentProvider;
  readonly releases: Releases;
  /** Opens a log that strikes out secrets; `path` is below the folder of logs. */
  readonly log: (path: string) => Promise<MaskedLog>;
}

/** What a change of weights takes at the most: a restore that takes longer holds the other regions back no more. */
const HEAD_START: Millis = 2_000;

/** Carries out one step in one region, once. Every step may have been done before by a host that died. */
export async function performStep(parts: RolloutParts, effect: RolloutEffect, state: PipelineState, report: (fact: Fact) => void, signal: AbortSignal): Promise<Fact | undefined> {
  const run = state.runs.get(effect.run);
  const rollout = run?.stages[effect.stage]?.rollout;
  if (!run?.artifact || !rollout) throw new Error(`a rollout step of ${effect.run}, which deploys nothing`);
  const { step } = effect;
  const region = parts.environments.region({ environment: effect.environment.name, region: step.region }, { run: run.id, fence: effect.fence, plan: effect.environment });
  const fact = (it: ReportedFact): Fact => ({ type: 'rollout', run: run.id, stage: effect.stage, fence: effect.fence, fact: it });
  try {
    const done = await carryOut(parts, { effect, run, rollout, region, state, report: (it) => report(fact(it)) }, signal);
    return done && fact(done);
  } catch (error) {
    if (signal.aborted) return undefined;
    const record = errorRecord(error);
    const isForward = step.type !== 'restore' && step.type !== 'settle';
    const told = isForward ? { ...record, lastLines: await keep(parts, effect, run, region, record) } : record;
    return { type: 'effect-failed', run: run.id, stage: effect.stage, fence: effect.fence, what: step, attempt: effect.attempt, error: told };
  }
}

interface Step {
  readonly effect: RolloutEffect;
  readonly run: Run;
  readonly rollout: StageRollout;
  readonly region: EnvironmentDriver;
  readonly state: PipelineState;
  readonly report: (fact: ReportedFact) => void;
}

async function carryOut(parts: RolloutParts, { effect, run, rollout, region, state, report }: Step, signal: AbortSignal): Promise<ReportedFact | undefined> {
  const { step } = effect;
  const release: Release = { id: rollout.release, artifact: run.artifact as Digest, commit: run.commit, sequence: run.sequence };
  switch (step.type) {
    case 'prepare': {
      await region.prepare(release, await parts.releases.files(run, effect.stage), signal);
      const { stable } = await region.observe();
      return { type: 'prepared', region: step.region, ...(stable ? {} : { first: true }) };
    }
    case 'shift':
      await region.shift(release.id, step.weight, signal);
      return { type: 'shifted', region: step.region, step: step.step, weight: step.weight };
    case 'settle':
      await region.settle(release.id, signal);
      return { type: 'settled', region: step.region };
    case 'restore':
      return restore(parts.clock, region, step.region, report, signal);
    case 'watch':
    case 'bake':
      return watch(parts.clock, { effect, run, rollout, region, state, report }, signal);
  }
}

async function watch(clock: Clock, { effect, run, rollout, region, state, report }: Step, signal: AbortSignal): Promise<ReportedFact | undefined> {
  const { step } = effect;
  const exposedSince = firstShift(rollout, step.region);
  const end = await watchRegion({
    clock, region, name: step.region, release: rollout.release, alarms: alarmsOver(state, effect), signal,
    since: effect.since ?? exposedSince ?? clock.now(), ...(exposedSince === undefined ? {} : { exposedSince }),
    ...(step.type === 'bake' ? { bake: bakeOf(run, effect) } : {}),
    held: (reason) => report({ type: 'held', region: step.region, reason }),
  });
  if (end?.type === 'breached') return { type: 'breached', cause: { type: end.cause, region: step.region, detail: end.detail } };
  return end && step.type === 'bake' ? { type: 'baked', region: step.region, step: step.step, requests: end.requests } : undefined;
}

/** Back to the earlier release, and proven: what the region shows counts, not what it answered. @throws {TrunklineError} `RESTORE_UNPROVEN`. */
async function restore(clock: Clock, region: EnvironmentDriver, name: Name, report: (fact: ReportedFact) => void, signal: AbortSignal): Promise<ReportedFact> {
  const over = new AbortController();
  void clock.sleep(HEAD_START, AbortSignal.any([over.signal, signal])).then(() => report({ type: 'restore-late', region: name }), () => undefined); // it is over
  try {
    await region.restore(signal);
    const { candidate } = await region.observe();
    if (!candidate || candidate.weight === 0) return { type: 'restored', region: name };
    throw new TrunklineError('RESTORE_UNPROVEN', 'infra', `${name} says that it was restored, and still gives ${candidate.release.id} ${candidate.weight / 100} % of its traffic`, 'look at the log of its agent');
  } finally {
    over.abort();
  }
}

/** Keeps an error, and what the instances printed, in the log of the stage's deployment; answers the last lines of it. */
async function keep(parts: RolloutParts, { stage, step, fence }: RolloutEffect, run: Run, region: EnvironmentDriver, { message, lastLines = [] }: ErrorRecord): Promise<readonly string[]> {
  const action = run.plan?.plan.stages.find(({ name }) => name === stage)?.actions.find(({ kind }) => kind === 'rollout');
  if (!action) throw new Error(`run ${run.id} rolls out in ${stage} without an action for it`);
  const log = await parts.log(logPath({ run: run.id, stage, action: action.name, attempt: run.stages[stage]?.actions[action.name]?.attempt ?? 1, fence, of: run.attempt }));
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
