import type { ErrorRecord } from '../foundation/errors.ts';
import type { Digest, Instant, Json, Name } from '../foundation/units.ts';
import type { Commit, Event } from '../journal/events.ts';
import { planDigest, type Plan, type StageName } from '../pipeline/plan.ts';
import { apply } from '../rollout/machine.ts';
import type { ReportedFact, RolloutStep } from '../rollout/rollout.ts';
import { ARTIFACT_FIXED, mayAdopt, mayPackage, PLAN_FIXED } from './fixed.ts';
import { failedAgain } from './retries.ts';
import { currentStage, stagesOf, type EvidenceItem, type PipelineState, type Run } from './state.ts';

/** What the world answered: the ends of effects, and what the trunk shows. @property fence of the entry of its stage that the effect was owed by. */
export type Fact =
  | { readonly type: 'trunk-seen'; readonly commits: readonly Commit[]; readonly rewritten?: { readonly from: string; readonly to: string; readonly orphaned: readonly string[] } }
  | { readonly type: 'attempt-ended'; readonly run: string; readonly stage: StageName; readonly fence?: number; readonly action: Name; readonly attempt: number; readonly end: AttemptEnd }
  | { readonly type: 'attested'; readonly run: string; readonly stage: StageName; readonly fence?: number; readonly attestations: readonly Omit<EvidenceItem, 'stage' | 'fence'>[] }
  /** The artifact or its evidence is no longer sound. */
  | { readonly type: 'attest-refused'; readonly run: string; readonly stage: StageName; readonly fence?: number; readonly error: ErrorRecord }
  | { readonly type: 'rollout'; readonly run: string; readonly stage: StageName; readonly fence?: number; readonly fact: ReportedFact }
  /** The world did not do what is owed. @property attempt which one it was of this step or signature: 1, 2, 3, … */
  | { readonly type: 'effect-failed'; readonly run: string; readonly stage: StageName; readonly fence?: number; readonly what: RolloutStep | { readonly type: 'attest' }; readonly attempt: number; readonly error: ErrorRecord }
  /** What a stage left behind stays for now. */
  | { readonly type: 'cleanup-failed'; readonly run: string; readonly stage: StageName; readonly error: ErrorRecord }
  /** What concerns the host and no run. */
  | { readonly type: 'host-troubled'; readonly what: string; readonly error: ErrorRecord }
  /** A host has taken over; every process of the one before is proven dead. */
  | { readonly type: 'host-started' }
  /** Time has passed. */
  | { readonly type: 'woken' };

export type AttemptEnd =
  | { readonly state: 'passed'; readonly output: Json; /** Of a `plan` action. */ readonly plan?: Plan; /** Of an `archive` action. */ readonly artifact?: Digest }
  | { readonly state: 'failed'; readonly error: ErrorRecord; readonly output?: Json }
  | { readonly state: 'cancelled' };

/** The events that a fact is; none when it comes too late to matter. Nothing that follows from them yet. */
export function eventsOf(state: PipelineState, fact: Fact, now: Instant): Event[] {
  if (isStale(state, fact)) return [];
  switch (fact.type) {
    case 'woken':
      return [];
    case 'trunk-seen':
      return trunkSeen(state, fact, now);
    case 'host-started':
      return [...state.unfinished].flatMap((id) => lost(state, id, now));
    case 'attested': {
      const run = state.runs.get(fact.run);
      const stage = run?.stages[fact.stage];
      if (!run?.artifact || stage?.state !== 'running') return [];
      return [{ type: 'evidence-recorded', at: now, run: run.id, stage: fact.stage, attempt: run.attempt, fence: stage.fence, artifact: run.artifact, attestations: fact.attestations }];
    }
    case 'attest-refused': {
      const stage = state.runs.get(fact.run)?.stages[fact.stage];
      return stage?.state === 'running' && !stage.error ? [{ type: 'attestation-refused', at: now, run: fact.run, stage: fact.stage, error: fact.error }] : [];
    }
    case 'rollout': {
      const stage = state.runs.get(fact.run)?.stages[fact.stage];
      if (stage?.state !== 'running' || !stage.rollout || apply(stage.rollout.state, fact.fact) === stage.rollout.state) return [];
      return [{ type: 'rollout', at: now, run: fact.run, stage: fact.stage, fact: fact.fact }];
    }
    case 'cleanup-failed':
      return state.runs.has(fact.run) ? [{ type: 'cleanup-failed', at: now, run: fact.run, stage: fact.stage, error: fact.error }] : [];
    case 'host-troubled':
      return [{ type: 'host-troubled', at: now, what: fact.what, error: fact.error }];
    case 'effect-failed':
      return failedAgain(state, fact, now);
    case 'attempt-ended':
      return attemptEnded(state, fact, now);
  }
}

/** R3: what an earlier entry of the stage was owed says nothing of this one. */
function isStale(state: PipelineState, fact: Fact): boolean {
  return 'fence' in fact && fact.fence !== undefined && state.runs.get(fact.run)?.stages[fact.stage]?.fence !== fact.fence;
}

function attemptEnded(state: PipelineState, fact: Extract<Fact, { type: 'attempt-ended' }>, now: Instant): Event[] {
  const run = state.runs.get(fact.run);
  const known = run?.stages[fact.stage]?.actions[fact.action];
  if (!run || known?.state !== 'running' || known.attempt !== fact.attempt) return [];
  const place = { at: now, run: run.id, stage: fact.stage, action: fact.action, attempt: fact.attempt } as const;
  switch (fact.end.state) {
    case 'cancelled':
      return [{ type: 'action-cancelled', ...place }];
    case 'passed': {
      const error = outOfPlace(run, fact, fact.end);
      if (error) return [{ type: 'action-failed', ...place, error }];
      return [
        { type: 'action-passed', ...place, output: fact.end.output },
        ...(fact.end.plan ? [{ type: 'plan-adopted', at: now, run: run.id, digest: planDigest(fact.end.plan), plan: fact.end.plan } as const] : []),
        ...(fact.end.artifact ? [{ type: 'artifact-packaged', at: now, run: run.id, artifact: fact.end.artifact, sequence: run.sequence } as const] : []),
      ];
    }
    case 'failed': {
      const retry = currentStage(run)?.actions.find(({ name }) => name === fact.action)?.retry;
      const again = fact.end.error.class === 'infra' && retry !== undefined && fact.attempt < retry.attempts;
      return [{ type: 'action-failed', ...place, error: fact.end.error, ...(fact.end.output === undefined ? {} : { output: fact.end.output }),
        ...(again ? { retryAt: now + retry.backoffMs * 2 ** (fact.attempt - 1) } : {}) }];
    }
  }
}

/** A plan and an artifact come from where they are made, once, or the action that brought them fails. */
function outOfPlace(run: Run, { stage, action }: { readonly stage: StageName; readonly action: Name }, end: Extract<AttemptEnd, { state: 'passed' }>): ErrorRecord | undefined {
  const kind = stagesOf(run).find(({ name }) => name === stage)?.actions.find(({ name }) => name === action)?.kind;
  if (end.plan && !(kind === 'plan' && stage === 'source' && mayAdopt(run))) return PLAN_FIXED;
  if (end.artifact && !(kind === 'archive' && stage === 'build' && mayPackage(run))) return ARTIFACT_FIXED;
  return undefined;
}

function lost(state: PipelineState, id: string, now: Instant): Event[] {
  const run = state.runs.get(id);
  const plan = run && currentStage(run);
  const stage = plan && run.stages[plan.name];
  if (!stage || stage.state !== 'running') return [];
  return plan.actions.flatMap((action): Event[] => {
    const known = stage.actions[action.name];
    if (known?.state !== 'running' || action.kind === 'approval' || action.kind === 'rollout') return [];
    return [{ type: 'action-lost', at: now, run: id, stage: plan.name, action: action.name, attempt: known.attempt }];
  });
}

/** New commits in the order of the trunk. A run whose commit left the trunk is stopped, except where it is live in part. */
function trunkSeen(state: PipelineState, fact: Extract<Fact, { type: 'trunk-seen' }>, now: Instant): Event[] {
  const fresh = fact.commits.filter(({ id }) => state.trunk.commits.get(id)?.orphaned !== false);
  const events: Event[] = fresh.map((commit) => ({ type: 'commit-pushed', at: now, commit }));
  if (!fact.rewritten) return events;
  const gone = new Set(fact.rewritten.orphaned);
  const stopped = [...state.unfinished].flatMap((id): Event[] => {
    const run = state.runs.get(id);
    if (!run || !gone.has(run.commit) || run.cancel || run.kind === 'ROLLBACK' || run.stages.prod?.rollout) return [];
    return [{ type: 'cancel-requested', at: now, run: id, by: 'trunkline', reason: `the trunk was rewritten and no longer contains ${run.commit.slice(0, 12)}` }];
  });
  return [...events, { type: 'trunk-rewritten', at: now, ...fact.rewritten }, ...stopped];
}
