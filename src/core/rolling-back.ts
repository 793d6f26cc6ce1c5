import { TrunklineError } from '../foundation/errors.ts';
import { newId } from '../foundation/ids.ts';
import type { Name } from '../foundation/units.ts';
import type { Event } from '../journal/events.ts';
import { planDigest } from '../pipeline/plan.ts';
import { ruleFor } from './approval-rule.ts';
import type { Command } from './command.ts';
import type { Asked, Decision } from './commands.ts';
import { authorise, authoriseRole } from './operators.ts';
import { rollbackPlan } from './rollback-plan.ts';
import { liveReleases, rollbackTargets, type GoingBack } from './rollback-targets.ts';
import type { PipelineState, Run } from './state.ts';

/**
 * Puts production back: each region to the last release that was verified good there, or to the one named. Regions that
 * go back to one release are one run, and those that can't go back are named, and fail it.
 * @throws {TrunklineError} `NOTHING_LIVE`, `ROLLOUT_UNDER_WAY`, `NO_ROLLBACK_TARGET`, `RELEASE_BAD`, `NOT_AUTHORISED`
 */
export function rollingBack(state: PipelineState, { to, reason }: Extract<Command, { type: 'rollback' }>, { operators, user, now }: Asked): Decision {
  const under = underWay(state, to);
  if (under) return { events: [], answer: { run: under.id, message: `rollback ${under.id} is under way already`, began: false } };
  mustBeLive(state, to);
  const regions = rollbackTargets(state, to);
  const targets = [...new Set(regions.flatMap((region) => region.to?.release ?? []))].map((id) => state.runs.get(id) as Run);
  const [first] = targets;
  if (!first?.plan) throw noTarget(state, to, regions);
  const by = operators.roles?.rollback === undefined ? authorise(operators, user, undefined, ruleFor(state, first.plan.plan, operators).groups, 'roll production back') : user;
  if (operators.roles?.rollback !== undefined) authoriseRole(operators, user, 'rollback', 'roll production back');
  const left = regions.flatMap((region) => (region.to ? [] : [region.region]));
  const runs = targets.map((target, index) => {
    const isLast = index === targets.length - 1;
    const id = newId('r', now);
    return { id, target, events: begun(id, target, regions.filter((region) => region.to?.release === target.id).map(({ region }) => region), { by, reason, now, left: isLast ? left : [] }) };
  });
  const message = regions.map((region) => told(region, runs.find(({ target }) => target.id === region.to?.release)?.id)).join('; ');
  return { events: runs.flatMap(({ events }) => events), answer: { run: runs.at(-1)?.id ?? '', message, began: true } };
}

function begun(id: string, target: Run, regions: readonly Name[], { by, reason, now, left }: { readonly by: string; readonly reason: string; readonly now: number; readonly left: readonly Name[] }): readonly Event[] {
  if (!target.plan) throw new Error(`run ${target.id} released without a plan`);
  const plan = rollbackPlan(target.plan.plan, regions);
  return [
    { type: 'run-started', at: now, run: id, sequence: target.sequence, kind: 'ROLLBACK', commit: target.commit, by, reason, restores: target.id, ...(left.length === 0 ? {} : { left }) },
    { type: 'plan-adopted', at: now, run: id, digest: planDigest(plan), plan },
  ];
}

function told({ region, from, to }: GoingBack, run: string | undefined): string {
  const now = from.commit.slice(0, 12);
  return to ? `run ${run} puts ${region} back from ${now} to ${to.commit.slice(0, 12)} of run ${to.release}` : `${region} keeps ${now}: nothing before it was ever verified good there`;
}

/** Whoever asks twice means one rollback. */
function underWay(state: PipelineState, to: string | undefined): Run | undefined {
  return [...state.unfinished].map((id) => state.runs.get(id)).find((run) => run?.kind === 'ROLLBACK' && !run.cancel && (to === undefined || run.restores === to));
}

function mustBeLive(state: PipelineState, to: string | undefined): void {
  const holder = state.stages.prod.holder === undefined ? undefined : state.runs.get(state.stages.prod.holder);
  const phase = holder?.stages.prod?.rollout?.state.phase;
  const isClimbing = phase !== undefined && phase !== 'settling' && phase !== 'settled';
  if (to === undefined && holder && isClimbing) {
    const isGoingBack = phase === 'rolling-back' || holder.cancel !== undefined;
    throw new TrunklineError('ROLLOUT_UNDER_WAY', 'refused', `run ${holder.id} is rolling out, and what was live before it ${isGoingBack ? 'is being put back' : 'still stands beside it'}`,
      isGoingBack ? `wait for it: "trunkline show ${holder.id}"` : `"trunkline cancel ${holder.id}" gives all traffic back; --to names a release before that`);
  }
  const known = [...state.live].filter(([place]) => place.startsWith('prod/'));
  if (known.length > 0 && liveReleases(state).size === 0) {
    throw new TrunklineError('NOTHING_LIVE', 'refused', 'production was taken down: there is nothing to roll back', '"trunkline run --again" releases the head of the trunk anew');
  }
}

function noTarget(state: PipelineState, to: string | undefined, regions: readonly GoingBack[]): TrunklineError {
  const hint = '"trunkline runs" lists the runs; one that SUCCEEDED can be put back';
  const bad = to === undefined ? undefined : state.bad.get(to);
  if (bad) return new TrunklineError('RELEASE_BAD', 'refused', `the release of run ${to} was itself found bad by ${bad.by}: ${bad.reason}`, '"trunkline run --again" verifies and releases its commit anew');
  if (to === undefined) return new TrunklineError('NO_ROLLBACK_TARGET', 'refused', regions.length === 0 ? 'no earlier release was ever verified good in production' : `no earlier release was ever verified good in ${regions.map(({ region }) => region).join(', ')}, or all of them were found bad`, hint);
  const isKnown = [...state.settled].some(([place, releases]) => place.startsWith('prod/') && releases.some(({ release }) => release === to));
  return new TrunklineError('NO_ROLLBACK_TARGET', 'refused', isKnown ? `nothing newer than the release of run ${to} is live` : `run ${to} never released to production`, hint);
}
