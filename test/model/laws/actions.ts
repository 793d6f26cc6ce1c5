/** Actions, what they make, and what is signed of them. */
import type { AttemptEnd } from '../../../src/core/facts.ts';
import type { StageName } from '../../../src/pipeline/plan.ts';
import { actionOf, stagesOf, standing, type RunBook, type StageBook } from '../book.ts';
import { targetFault } from './target.ts';
import { factIn, unless, type Case, type Laws } from './law.ts';

export const CORE_KINDS: ReadonlySet<string> = new Set(['approval', 'rollout']);

export const actionLaws: Laws = {
  'action-started': (event, { book }) => {
    const run = book.run(event.run);
    const stage = run.stages.get(event.stage);
    const plan = actionOf(run, event.stage, event.action);
    const known = stage?.actions.get(event.action);
    return unless(
      [stage?.state === 'in' && standing(run)?.name === event.stage, 'actions run in the stage that the run is inside'],
      [plan !== undefined, 'only actions of the plan run'],
      [plan?.needs.every((need) => stage?.actions.get(need)?.state === 'passed') === true, 'an action begins once all that it needs has passed'],
      [event.fence === stage?.fence, 'R3: actions carry the token of the lock'],
      [known === undefined || known.state === 'retrying' || known.state === 'lost', `an action that is ${known?.state} is not begun again`],
      [stage !== undefined && !isStopped(run, stage), 'nothing begins in a stage that can no longer pass'],
    );
  },
  'action-passed': (event, at) => {
    const kind = actionOf(at.book.run(event.run), event.stage, event.action)?.kind ?? '';
    if (CORE_KINDS.has(kind)) return attemptFault(event, at) ?? corePassFault(at.book.run(event.run), event.stage, kind);
    return attemptFault(event, at) ?? unless([endIn(event, at)?.state === 'passed', 'an action passes when its own attempt says so, and no other']);
  },
  'action-failed': (event, at) => {
    const run = at.book.run(event.run);
    const kind = actionOf(run, event.stage, event.action)?.kind ?? '';
    if (kind === 'approval') return attemptFault(event, at) ?? unless([approvalFails(run, at.now), 'an approval fails when it is rejected or has run out']);
    if (CORE_KINDS.has(kind) || event.error.code === 'HOST_LOST') return undefined;
    const end = endIn(event, at);
    return attemptFault(event, at) ?? unless(
      [end !== undefined && end.state !== 'cancelled', 'an action fails when its own attempt says so, and no other'],
      [event.retryAt === undefined || (end?.state === 'failed' && end.error.class === 'infra'), 'R6: by itself only a failure of the machinery is tried again'],
    );
  },
  'action-lost': (event, at) => attemptFault(event, at) ?? unless([factIn(at)?.type === 'host-started', 'an attempt is lost with its host alone']),
  'action-cancelled': (event, at) => {
    const stage = at.book.run(event.run).stages.get(event.stage);
    return attemptFault(event, at) ?? unless([stage !== undefined && isStopped(at.book.run(event.run), stage), 'an attempt is cancelled only where the stage can no longer pass']);
  },
  'plan-adopted': (event, at) => {
    const run = at.book.run(event.run);
    return unless([run.kind === 'ROLLBACK' ? run.stages.size === 0 : run.stages.get('source')?.state === 'in', 'the plan is adopted in Source and fixed from then on'])
      ?? (run.kind === 'ROLLBACK' ? targetFault(at, run, event.plan) : undefined);
  },
  'artifact-packaged': (event, { book }) => {
    const run = book.run(event.run);
    return unless(
      [run.stages.get('build')?.state === 'in', 'the artifact is made in Build alone'],
      [run.artifact === undefined, 'R6: build once: the artifact is never made again'],
    );
  },
  'evidence-recorded': (event, at) => {
    const run = at.book.run(event.run);
    const stage = run.stages.get(event.stage);
    const isApproval = event.attestations.some(({ name }) => name.startsWith('approval'));
    return unless(
      [stage?.state === 'in' && isOfThisEntry(stage, at), 'evidence is of the stage that the run is inside, of this entry'],
      [event.artifact === run.artifact, 'evidence is about the artifact of the run'],
      [isApproval || allPassed(run, event.stage), 'a stage is signed once all its actions have passed'],
      [!isApproval || isApproved(run), 'an approval is signed once it was given'],
    );
  },
  'stage-passed': (event, { book }) => {
    const run = book.run(event.run);
    const stage = run.stages.get(event.stage);
    const isSigned = run.kind === 'ROLLBACK' || event.stage === 'source' || stage?.attested === true;
    return unless(
      [stage?.state === 'in', 'a run passes the stage that it is inside'],
      [allPassed(run, event.stage), 'a stage passes when all its actions have'],
      [isSigned, 'a stage passes only on what was signed of this very attempt and entry'],
      [!stage?.rollout || [...stage.rollout.regions.values()].every(({ phase }) => phase === 'settled'), 'a stage that deploys passes when every region is settled'],
      [stage !== undefined && !stage.broken && !stage.rollout?.breached, 'a stage that was breached or could not be signed does not pass'],
    );
  },
  'stage-failed': (event, { book }) => {
    const run = book.run(event.run);
    const stage = run.stages.get(event.stage);
    return unless([stage?.state === 'in' && isStopped(run, stage), 'a stage fails for a reason: an action, a breach, a stop']);
  },
};

function attemptFault(event: { readonly run: string; readonly stage: StageName; readonly action: string; readonly attempt: number }, { book }: Case): string | undefined {
  const known = book.run(event.run).stages.get(event.stage)?.actions.get(event.action);
  return unless([known?.state === 'running' && known.attempt === event.attempt, 'each attempt ends exactly once']);
}

function endIn(event: { readonly run: string; readonly stage: StageName; readonly action: string; readonly attempt: number }, at: Case): AttemptEnd | undefined {
  const fact = factIn(at);
  const isIts = fact?.type === 'attempt-ended' && fact.run === event.run && fact.stage === event.stage && fact.action === event.action && fact.attempt === event.attempt;
  const stage = at.book.run(event.run).stages.get(event.stage);
  return isIts && stage !== undefined && isOfThisEntry(stage, at) ? fact.end : undefined;
}

/** R3: a stale token is refused. */
export function isOfThisEntry(stage: StageBook, { input }: Case): boolean {
  return input.what === 'fact' && (input.fence === undefined || input.fence === stage.fence);
}

function corePassFault(run: RunBook, stageName: StageName, kind: string): string | undefined {
  if (kind === 'approval') return unless([isApproved(run), 'a release is approved by as many as were asked for'], [run.approval?.attested === true, 'an approval counts once it is signed']);
  const regions = [...run.stages.get(stageName)?.rollout?.regions.values() ?? []];
  return unless([regions.length > 0 && regions.every(({ phase }) => phase === 'done'), 'a rollout is through when every region is']);
}

function approvalFails({ approval }: RunBook, now: number): boolean {
  return approval !== undefined && (approval.rejected || now >= approval.expiresAt);
}

export function isApproved({ approval }: RunBook): boolean {
  return approval !== undefined && approval.given.length >= approval.atLeast;
}

export function allPassed(run: RunBook, name: StageName): boolean {
  const stage = run.stages.get(name);
  return stagesOf(run).find((plan) => plan.name === name)?.actions.every((action) => stage?.actions.get(action.name)?.state === 'passed') === true;
}

/** Whether a stage can no longer pass. What was accepted everywhere has no way back in its run. */
export function isStopped(run: RunBook, stage: StageBook): boolean {
  if (stage.rollout?.accepted) return false;
  return run.cancelled !== undefined || stage.broken || stage.rollout?.breached !== undefined || [...stage.actions.values()].some(({ state }) => state === 'failed');
}

export function stageInside(run: RunBook): StageBook | undefined {
  const plan = standing(run);
  const stage = plan && run.stages.get(plan.name);
  return stage?.state === 'in' ? stage : undefined;
}
