import type { ErrorRecord } from '../foundation/errors.ts';
import type { Digest, Instant, Json, Millis, Name } from '../foundation/units.ts';
import type { Commit, EventOf, RetriedEffect } from '../journal/events.ts';
import type { Plan, StageName, StagePlan } from '../pipeline/plan.ts';
import { sourceStage } from '../pipeline/source-stage.ts';
import type { ApprovalRule } from './operators.ts';
import type { RolloutState } from '../rollout/rollout.ts';

/**
 * What the journal says, folded. Runs are immutable values in maps that the fold updates in place: copying the maps
 * for each of a million events would make the fold quadratic. Decisions only read it.
 */
export interface PipelineState {
  /** The place of the last event. */
  head: number;
  /** The latest instant that any event speaks of: a clock that was set back does not undo it. */
  latest: Instant;
  /** By how much the wall clock shows more than the journal's instants, since it was last set. */
  clockAhead: Millis;
  /** When the wall clock was set, and by how much; the last hundred. */
  clockJumps: readonly { readonly at: Instant; readonly byMs: Millis }[];
  readonly trunk: TrunkState;
  readonly runs: Map<string, Run>;
  /** Those without an outcome, oldest first. */
  readonly unfinished: Set<string>;
  readonly stages: { readonly [stage in StageName]: StageState };
  /** By `environment/region`: the release that was settled there last. */
  readonly live: Map<string, LiveRecord>;
  /** By `environment/region`: every release of a commit that was ever settled there, in the order of that. */
  readonly settled: Map<string, readonly SettledRelease[]>;
  /** Releases that were found bad: breached in Prod, or replaced by a rollback. By the run that brought them. */
  readonly bad: Map<string, BadRelease>;
  /** Who approves Prod, as it was last said. */
  approvalRule?: ApprovalRule;
}

/** A release that a region settled: accepted, and so verified good there. */
export interface SettledRelease {
  /** The run that brought it; of what a rollback put back, the run that first did. */
  readonly release: string;
  readonly artifact: Digest;
  readonly commit: string;
  readonly sequence: number;
  readonly since: Instant;
}

/** Why a release is not to be put back. */
export interface BadRelease { readonly at: Instant; readonly by: string; readonly reason: string }

export interface TrunkState {
  head?: string;
  /** Of the commit that came last. */
  lastPlace: number;
  /** Every commit seen, by id, in the order of the trunk, which is that of their places. */
  readonly commits: Map<string, SeenCommit>;
}

export interface SeenCommit extends Commit {
  readonly place: number;
  readonly pushedAt: Instant;
  readonly orphaned: boolean;
  /** When it came back to the trunk, after it had left. */
  readonly returnedAt?: Instant;
  /** A run of it has begun since it came to the trunk. */
  readonly hasRun?: true;
}

/** A stage as all runs share it: its lock, its inbound slot, and who was let in last (rules R1 to R4). */
export interface StageState {
  holder?: string;
  /** In order of arrival. */
  waiting: readonly string[];
  lastAdmitted: number;
  /** Of the last run of a commit that entered. */
  lastFence: number;
  fence: number;
}

export interface LiveRecord {
  readonly run: string;
  readonly artifact: Digest;
  readonly commit: string;
  readonly sequence: number;
  readonly since: Instant;
  /** When `down` ended the environment. */
  readonly removedAt?: Instant;
}

export interface Run {
  readonly id: string;
  readonly sequence: number;
  readonly kind: 'STANDARD' | 'ROLLBACK';
  readonly commit: string;
  readonly by: string;
  /** Who asked for it again. */
  readonly retriedBy?: readonly string[];
  readonly reason?: string;
  readonly restores?: string;
  /** Of a rollback: regions of production that can't go back, and keep what they have. */
  readonly left?: readonly Name[];
  readonly startedAt: Instant;
  readonly attempt: number;
  readonly attemptStartedAt: Instant;
  /** From when on its time counts: the push of its commit; of a later run or attempt, its beginning. */
  readonly since: Instant;
  /** About its time, in this attempt. */
  readonly warnings?: readonly EventOf<'budget-warned'>[];
  readonly plan?: { readonly digest: Digest; readonly plan: Plan };
  readonly stages: { readonly [stage in StageName]?: StageRun };
  readonly artifact?: Digest;
  readonly evidence: readonly EvidenceItem[];
  readonly approval?: Approval;
  /** Every stage that it was ever let into, whatever was done again since. */
  readonly entered?: readonly StageName[];
  /** Why it can't go on, found outside of any action. */
  readonly fault?: ErrorRecord;
  /** `late`: its stage could not pass any more by then, so that this is not why it ends. */
  readonly cancel?: { readonly by: string; readonly reason: string; readonly late?: true };
  readonly finished?: EventOf<'run-finished'>;
}

export interface EvidenceItem { readonly stage: StageName; /** Of the entry of the stage that it speaks of. */ readonly fence: number; readonly digest: Digest; readonly predicateType: string; readonly name: string }

export interface Approval {
  readonly requested: EventOf<'approval-requested'>;
  readonly given: readonly EventOf<'approval-given'>[];
  readonly rejected?: EventOf<'approval-rejected'>;
}

export interface StageRun {
  readonly name: StageName;
  readonly state: 'queued' | 'running' | 'passed' | 'failed';
  readonly fence: number;
  readonly queuedAt?: Instant;
  readonly enteredAt?: Instant;
  readonly endedAt?: Instant;
  readonly actions: { readonly [action: Name]: ActionRun };
  readonly rollout?: StageRollout;
  readonly error?: ErrorRecord;
  /** What failed in the world and is still owed, by {@link retryKey}. */
  readonly retries?: { readonly [key: string]: Retry };
}

/** An effect that failed and will be done again. */
export interface Retry {
  readonly effect: RetriedEffect;
  readonly region?: Name;
  /** How often it failed. */
  readonly attempts: number;
  /** When it first failed. */
  readonly since: Instant;
  /** When it failed last: the wait for the next try is counted from here. */
  readonly failedAt: Instant;
  readonly retryAt: Instant;
  readonly error: ErrorRecord;
  /** How often a person asked that it be tried at once. */
  readonly hastened: number;
}

export function retryKey({ effect, region }: Pick<Retry, 'effect' | 'region'>): string {
  return region === undefined ? effect : `${effect}/${region}`;
}

export interface StageRollout {
  readonly state: RolloutState;
  readonly environment: Name;
  readonly release: string;
  /** When each region's step came into force: `region/step`. */
  readonly shiftedAt: { readonly [key: string]: Instant };
}

export interface ActionRun {
  readonly state: 'running' | 'passed' | 'failed' | 'retrying' | 'lost' | 'cancelled';
  readonly attempt: number;
  /** Of the entry of the stage, and of the run, in which this attempt began: with its own number they name it once. */
  readonly fence: number;
  readonly of: number;
  readonly startedAt: Instant;
  readonly endedAt?: Instant;
  readonly retryAt?: Instant;
  readonly output?: Json;
  readonly error?: ErrorRecord;
}

/** Names one attempt of an action, once for ever: `of` is the attempt of the run, `fence` that of the entry of the stage. */
export interface AttemptPlace {
  readonly run: string;
  readonly stage: string;
  readonly action: string;
  readonly of: number;
  readonly fence: number;
  readonly attempt: number;
}

/** The attempt of an action that a run has made last; undefined where it has begun none. */
export function lastAttempt(run: Run, stage: StageName, action: Name): AttemptPlace | undefined {
  const known = run.stages[stage]?.actions[action];
  return known && { run: run.id, stage, action, of: known.of, fence: known.fence, attempt: known.attempt };
}

export function emptyState(): PipelineState {
  const stage = (): StageState => ({ waiting: [], lastAdmitted: 0, lastFence: 0, fence: 0 });
  return {
    head: 0,
    latest: 0,
    clockAhead: 0,
    clockJumps: [],
    trunk: { lastPlace: 0, commits: new Map() },
    runs: new Map(),
    unfinished: new Set(),
    stages: { source: stage(), build: stage(), beta: stage(), gamma: stage(), prod: stage() },
    live: new Map(),
    settled: new Map(),
    bad: new Map(),
  };
}

/** The instant of the journal at which the wall clock shows `wall`. */
export function instantAt({ clockAhead }: PipelineState, wall: Instant): Instant {
  return wall - clockAhead;
}

/** What failed in the world and is still owed to a run. */
export function retriesOf(run: Run): readonly Retry[] {
  return Object.values(run.stages).flatMap((stage) => (stage?.state === 'running' ? Object.values(stage.retries ?? {}) : []));
}

/** The stages of a run, in order: Source alone until the plan of its commit is known. */
export function stagesOf(run: Run): readonly StagePlan[] {
  const planned = run.plan?.plan.stages ?? [];
  return run.kind === 'ROLLBACK' ? planned : [sourceStage, ...planned.filter(({ name }) => name !== 'source')];
}

/** The stage that a run is in or stands before; undefined once all have passed. */
export function currentStage(run: Run): StagePlan | undefined {
  return stagesOf(run).find(({ name }) => run.stages[name]?.state !== 'passed');
}
