/**
 * What has happened, as the model remembers it. It is folded from the same events as the pipeline's own state, but by
 * code that was written from the specification alone, and it shares none with it.
 */
import type { Event, Outcome } from '../../src/journal/events.ts';
import type { ActionPlan, Plan, StageName, StagePlan, WavePlan } from '../../src/pipeline/plan.ts';
import { sourceStage } from '../../src/pipeline/source-stage.ts';

export interface ActionBook { state: 'running' | 'passed' | 'failed' | 'retrying' | 'lost' | 'cancelled'; attempt: number; retryAt?: number }

export interface RegionBook {
  phase: 'waiting' | 'preparing' | 'shifting' | 'baking' | 'held' | 'done' | 'settled' | 'restored' | 'restore-failed';
  step: number;
  /** Whether it had any traffic, as the journal knows. */
  shifted: boolean;
  /** Its way back takes longer than it should. */
  late?: boolean;
}

export interface RolloutBook {
  readonly waves: readonly WavePlan[];
  readonly regions: Map<string, RegionBook>;
  readonly environment: string;
  accepted: boolean;
  /** The first breach. */
  breached?: { readonly type: string; readonly region?: string };
}

export interface StageBook {
  state: 'queued' | 'in' | 'passed' | 'failed';
  /** Its turn among those that wait. */
  turn: number;
  fence: number;
  readonly actions: Map<string, ActionBook>;
  rollout?: RolloutBook;
  /** Whether what this entry of the stage has shown was signed. */
  attested: boolean;
  /** Something that ended it, besides its actions. */
  broken: boolean;
}

export interface ApprovalBook {
  readonly evidence: string;
  atLeast: number;
  readonly expiresAt: number;
  given: { readonly by: string; readonly user: string }[];
  rejected: boolean;
  attested: boolean;
}

export interface RunBook {
  readonly id: string;
  readonly kind: 'STANDARD' | 'ROLLBACK';
  readonly commit: string;
  readonly sequence: number;
  /** How often its commit had come to the trunk when it began: what left and came back is new. */
  readonly stay: number;
  readonly restores?: string;
  /** Of a ROLLBACK: regions that it says it can't put back. */
  readonly left?: readonly string[];
  attempt: number;
  plan?: Plan;
  planDigest?: string;
  artifact?: string;
  readonly stages: Map<StageName, StageBook>;
  /** What was signed, with the entry of the stage that it is about. */
  evidence: { readonly stage: StageName; readonly digest: string; readonly fence: number }[];
  approval?: ApprovalBook;
  cancelled?: { readonly by: string };
  /** A breach, in this attempt, that no person asked for. */
  breached: boolean;
  outcome?: Outcome;
  supersededBy?: string;
  readonly ends: Set<number>;
}

export interface ReleaseBook { readonly run: string; readonly origin: string; readonly artifact: string }

export class Book {
  /** The trunk as it is now, oldest first. */
  trunk: readonly string[] = [];
  readonly seen = new Set<string>();
  /** Of each commit its first parent: what comes before it on any trunk that it is on. */
  readonly parents = new Map<string, string | undefined>();
  /** How often each came to the trunk. */
  readonly stays = new Map<string, number>();
  readonly runs = new Map<string, RunBook>();
  /** By stage: the fence given out last, and every commit that was let in. */
  readonly fences = new Map<StageName, number>();
  readonly admitted = new Map<StageName, Set<string>>();
  /** The same, with what has left the trunk since: its return makes it new. */
  readonly everAdmitted = new Map<StageName, Set<string>>();
  /** The token that the last run of a commit got. */
  readonly lastToken = new Map<StageName, number>();
  turns = 0;
  /** By `environment/region`: everything that was settled there, the last being live. */
  readonly settled = new Map<string, ReleaseBook[]>();
  /** By artifact: found bad when it was live. */
  readonly bad = new Set<string>();

  /** The trunk whose head this commit is, oldest first. */
  chainTo(head: string | undefined): string[] {
    const chain: string[] = [];
    for (let id = head; id !== undefined; id = this.parents.get(id)) chain.unshift(id);
    return chain;
  }

  /** Whether a run began for its commit as it is on the trunk now. */
  isOfTrunk(run: RunBook): boolean {
    return run.kind === 'STANDARD' && this.trunk.includes(run.commit) && run.stay === this.stays.get(run.commit);
  }

  /** §6, force-push: what was admitted is counted anew from what is left. */
  orphan(commits: readonly string[]): void {
    for (const admitted of this.admitted.values()) for (const commit of commits) admitted.delete(commit);
  }

  run(id: string): RunBook {
    const run = this.runs.get(id);
    if (!run) throw new Error(`run ${id} is spoken of before it began`);
    return run;
  }

  unfinished(): RunBook[] {
    return [...this.runs.values()].filter(({ outcome }) => outcome === undefined);
  }

  /** Who is inside a stage that takes one at a time. */
  holder(stage: StageName): RunBook | undefined {
    return this.unfinished().find((run) => run.stages.get(stage)?.state === 'in');
  }

  waiting(stage: StageName): RunBook[] {
    const turn = (run: RunBook): number => run.stages.get(stage)?.turn ?? 0;
    return this.unfinished().filter((run) => run.stages.get(stage)?.state === 'queued').sort((one, other) => turn(one) - turn(other));
  }

  /** What has, or is just getting, all traffic of a region of production; undefined where nothing is up. */
  liveIn(region: string): ReleaseBook | undefined {
    const holder = this.holder('prod');
    const settling = holder?.stages.get('prod')?.rollout;
    if (holder?.artifact !== undefined && settling?.accepted && settling.regions.has(region)) return { run: holder.id, origin: holder.restores ?? holder.id, artifact: holder.artifact };
    const last = this.settled.get(`prod/${region}`)?.at(-1);
    return last?.artifact === '' ? undefined : last;
  }

  /** Whether one commit comes after another on the trunk as it is now; what left the trunk has no place there. */
  isLater(commit: string, other: string): boolean {
    const [place, otherPlace] = [this.trunk.indexOf(commit), this.trunk.indexOf(other)];
    return place >= 0 && otherPlace >= 0 && place > otherPlace;
  }
}

export function stagesOf({ kind, plan }: RunBook): readonly StagePlan[] {
  return kind === 'ROLLBACK' ? plan?.stages ?? [] : [sourceStage, ...plan?.stages ?? []];
}

/** Where a run is, or before which it stands; undefined once it is through all of them. */
export function standing(run: RunBook): StagePlan | undefined {
  return stagesOf(run).find(({ name }) => run.stages.get(name)?.state !== 'passed');
}

export function actionOf(run: RunBook, stage: StageName, name: string): ActionPlan | undefined {
  return stagesOf(run).find((each) => each.name === stage)?.actions.find((action) => action.name === name);
}

export type RunEvent = Extract<Event, { readonly run: string }>;
