import type { ErrorRecord } from '../foundation/errors.ts';
import type { Digest, Instant, Json, Millis, Name } from '../foundation/units.ts';
import type { Plan, StageName } from '../pipeline/plan.ts';
import type { RolloutFact, RolloutStep } from '../rollout/rollout.ts';

/** How an attempt of a run ends. `REJECTED` for a defect, and `FAILED`, count as failures; the others are neutral. */
export type Outcome = 'SUCCEEDED' | 'FAILED' | 'SUPERSEDED' | 'STOPPED' | 'REJECTED' | 'EXPIRED';

/** The place that a command came from, as whoever asked tells it: only the owner of the state folder can ask. */
export interface Origin {
  /** The host's own process, its socket, or a process that wrote where no host lived. */
  readonly via: 'host' | 'socket' | 'scribe';
  readonly machine: string;
  readonly process: number;
  readonly directory: string;
  /** The terminal's device, and the address that a remote session came from. */
  readonly terminal?: string;
  readonly remote?: string;
}

/** A step of a rollout, or a signature, that is tried again when the world fails it. */
export type RetriedEffect = RolloutStep['type'] | 'attest';

/** One commit of the trunk, as it was first seen. */
export interface Commit {
  readonly id: string;
  /** Hash of its tree: two commits with one tree are the same content. */
  readonly tree: string;
  readonly subject: string;
  readonly author: string;
  /** Who else wrote, committed or is named as an author of it, or of what it merges: `Name <address>`, each once. */
  readonly contributors?: readonly string[];
  /** Commits that its message says it reverts. */
  readonly reverts: readonly string[];
}

/**
 * Every fact that is kept, as one closed union. One stream per pipeline, append-only; CLI, console, metrics and audit
 * are folds of it and read nothing else. A type is never renamed or given another meaning once released.
 */
export type Event = { readonly at: Instant } & (
  // The trunk
  | { readonly type: 'commit-pushed'; readonly commit: Commit }
  | { readonly type: 'trunk-rewritten'; readonly from: string; readonly to: string; readonly orphaned: readonly string[] }
  // Runs
  | { readonly type: 'run-started'; readonly run: string; readonly sequence: number; readonly kind: 'STANDARD' | 'ROLLBACK'; readonly commit: string; readonly by: string; readonly reason?: string;
      /** For a ROLLBACK: the run whose release is put back. */ readonly restores?: string;
      /** For a ROLLBACK: regions in which nothing earlier was ever verified good. They keep what they have, and it fails. */ readonly left?: readonly Name[] }
  | { readonly type: 'plan-adopted'; readonly run: string; readonly digest: Digest; readonly plan: Plan }
  | { readonly type: 'run-retried'; readonly run: string; readonly attempt: number; readonly by: string; readonly actions: 'failed' | 'all' }
  | { readonly type: 'cancel-requested'; readonly run: string; readonly by: string; readonly reason: string }
  /** It can't go on: what it is to obey or to release would change under it, or nothing can be made of its plan. */
  | { readonly type: 'run-faulted'; readonly run: string; readonly error: ErrorRecord }
  | { readonly type: 'run-finished'; readonly run: string; readonly attempt: number; readonly outcome: Outcome; readonly rolledBack: boolean; readonly reason: string; readonly error?: ErrorRecord;
      readonly rejectReason?: 'defect' | 'not-now'; readonly cause?: 'infra' | 'code' | 'rollback'; readonly supersededBy?: string }
  // Stages
  | { readonly type: 'stage-queued'; readonly run: string; readonly stage: StageName }
  | { readonly type: 'stage-entered'; readonly run: string; readonly stage: StageName; /** Rises with every entry of the stage. */ readonly fence: number }
  | { readonly type: 'stage-passed'; readonly run: string; readonly stage: StageName }
  | { readonly type: 'stage-failed'; readonly run: string; readonly stage: StageName; readonly action?: Name; readonly error: ErrorRecord }
  /** A stage, or the whole from the push, has used most of its time, or all of it (`isPast`). With `error`, the stage ends of it. */
  | { readonly type: 'budget-warned'; readonly run: string; /** In which it was. */ readonly stage: StageName; readonly of: 'stage' | 'run'; readonly isPast: boolean; readonly budgetMs: Millis; /** Without the wait for an approval. */ readonly spentMs: Millis;
      /** The chain of actions that the time went to. */ readonly path: readonly { readonly stage: StageName; readonly action: Name; readonly ms: Millis; readonly cached: boolean }[]; readonly advice: string; readonly error?: ErrorRecord }
  // Actions
  | { readonly type: 'action-started'; readonly run: string; readonly stage: StageName; readonly action: Name; readonly attempt: number; readonly fence: number }
  | { readonly type: 'action-passed'; readonly run: string; readonly stage: StageName; readonly action: Name; readonly attempt: number; readonly output: Json }
  | { readonly type: 'action-failed'; readonly run: string; readonly stage: StageName; readonly action: Name; readonly attempt: number; readonly error: ErrorRecord; readonly output?: Json; readonly retryAt?: Instant }
  /** The attempt ended with its host and is proven dead; the next one takes its place. */
  | { readonly type: 'action-lost'; readonly run: string; readonly stage: StageName; readonly action: Name; readonly attempt: number }
  | { readonly type: 'action-cancelled'; readonly run: string; readonly stage: StageName; readonly action: Name; readonly attempt: number }
  // Artifacts and evidence
  | { readonly type: 'artifact-packaged'; readonly run: string; readonly artifact: Digest; readonly sequence: number }
  | { readonly type: 'evidence-recorded'; readonly run: string; readonly stage: StageName; /** Of the run, and of the entry of the stage, that it speaks of. */ readonly attempt?: number; readonly fence?: number; readonly artifact: Digest; readonly attestations: readonly { readonly digest: Digest; readonly predicateType: string; readonly name: string }[] }
  /** What a stage has shown could not be signed, because what it is about is not what it was. */
  | { readonly type: 'attestation-refused'; readonly run: string; readonly stage: StageName; readonly error: ErrorRecord }
  // Approval
  | { readonly type: 'approval-requested'; readonly run: string; readonly artifact: Digest; readonly plan: Digest; /** Of all evidence so far: what is approved is exactly this. */ readonly evidence: Digest; readonly by: readonly string[]; readonly atLeast: number; readonly expiresAt: Instant }
  | { readonly type: 'approval-given'; readonly run: string; readonly by: string; readonly user: string; readonly evidence: Digest; readonly text?: string;
      /** Of all that was shown. */ readonly shown?: Digest; /** How many must approve in all, by the rule at this moment. */ readonly atLeast?: number;
      /** Who approved before and no longer counts: the right is gone, or something else was shown. */ readonly lapsed?: readonly string[] }
  /** Who approves an environment from now on. `by` a person; `trunkline`, which pins what the first plan says; or `operators.json`, where it was found changed. */
  | { readonly type: 'approval-rule-set'; readonly environment: 'prod'; readonly groups: readonly string[]; readonly atLeast: number; readonly ownChanges: 'refused' | 'allowed'; readonly by: string }
  | { readonly type: 'approval-rejected'; readonly run: string; readonly by: string; readonly user: string; readonly reason: string; readonly defect: boolean }
  // Deployment
  | { readonly type: 'rollout-started'; readonly run: string; readonly stage: StageName; readonly environment: Name; readonly release: string; readonly artifact: Digest }
  | { readonly type: 'rollout'; readonly run: string; readonly stage: StageName; readonly fact: RolloutFact }
  /**
   * What is owed failed in the world, for the `attempt`-th time, and is done again at `retryAt`. A restore, and the end of
   * the other release once one is settled, stay owed until they are done.
   */
  | { readonly type: 'effect-retried'; readonly run: string; readonly stage: StageName; readonly effect: RetriedEffect; readonly region?: Name; readonly attempt: number; readonly error: ErrorRecord; readonly retryAt: Instant }
  /** A person asks that what waits for its next try is tried now. */
  | { readonly type: 'retry-hastened'; readonly run: string; readonly by: string }
  /** What a stage left behind could not be removed; it is tried again when a host begins. */
  | { readonly type: 'cleanup-failed'; readonly run: string; readonly stage: StageName; readonly error: ErrorRecord }
  | { readonly type: 'environment-removed'; readonly environment: Name; readonly region: Name; readonly by: string; readonly release?: string;
    /** What instances had kept there, which is gone too. */ readonly data?: { readonly path: string; readonly bytes: number } }
  // Time
  /**
   * The wall clock was set by `byMs`, which changes no duration. From here on it shows `aheadMs` more than the instants
   * of the journal; 0 where nothing was under way that is timed, so that they follow it.
   */
  | { readonly type: 'clock-jumped'; readonly byMs: Millis; readonly aheadMs: Millis }
  // The host
  /** What it met that concerns no run, or that nobody caught: `what` names what it is about, as a person reads it. */
  | { readonly type: 'host-troubled'; readonly what: string; readonly error: ErrorRecord }
  // Audit
  | { readonly type: 'command-refused'; readonly command: string; readonly by: string; readonly error: ErrorRecord; readonly run?: string; /** Whence it was asked. */ readonly from?: Origin }
);

export type EventOf<Type extends Event['type']> = Extract<Event, { readonly type: Type }>;

/** An event with its place in the stream: 1, 2, 3, … without gaps. */
export type Recorded = Event & { readonly seq: number };
