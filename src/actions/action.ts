import type { Listing } from '../artifact/listing.ts';
import type { RowId } from '../catalogue/rows.ts';
import type { ArtifactStore } from '../artifact/store.ts';
import type { EnvironmentDriver } from '../environment/driver.ts';
import type { Clock } from '../foundation/clock.ts';
import type { ErrorRecord } from '../foundation/errors.ts';
import type { Secret } from '../foundation/secret.ts';
import type { Digest, Json, Millis, Name } from '../foundation/units.ts';
import type { EnvironmentPlan, Plan } from '../pipeline/plan.ts';
import type { z } from 'zod';
import type { Cell, Exit, Isolation, Reach } from '../runner/cell.ts';
import type { Log } from '../runner/log.ts';
import type { Report } from '../reports/report.ts';
import type { Caching } from './caching.ts';
import type { CommitHistory } from '../source/history.ts';

/** Code behind the `kind` of an action: bound by name at run time, also after an upgrade. One folder per kind. */
export interface ActionKind<Input = unknown> {
  readonly kind: Name;
  readonly input: z.ZodType<Input>;
  /** Whether it works on the commit's files: only then does it get a checkout and a cell. */
  readonly checkout: boolean;
  /** What must be there for it to run, asked by `trunkline check`: a finding for each thing that is missing. */
  missing(input: Input, context: CheckContext): Promise<readonly string[]>;
  /** Whether it only reads: it puts nothing among the files of the commit, so that others may work there beside it. */
  readonly reads?: true;
  /** What decides what it comes to, so that the same need not be done twice; without it, or without an answer, it always is. */
  caching?(input: Input): Caching | undefined;
  /**
   * May run again after a crash with the same `idempotencyKey`, and must then converge, not repeat. A failed test is
   * a value. @throws {TrunklineError} for what went wrong in doing it; anything else thrown is recorded as `BUG`.
   */
  run(input: Input, context: ActionContext): Promise<ActionResult>;
}

export interface CheckContext {
  /** The repository, as checked out. */
  readonly repository: string;
  /** The files in it that git tracks: only these are in every clone, whatever else lies in this folder. */
  readonly tracked: ReadonlySet<string>;
  readonly environment?: EnvironmentPlan;
  /** The whole pipeline. */
  readonly plan?: Plan;
}

export type ActionResult =
  | { readonly passed: true; readonly output: Json }
  | { readonly passed: false; readonly error: ErrorRecord; readonly output?: Json };

/** All that an action may touch. */
export interface ActionContext {
  readonly run: string;
  readonly stage: Name;
  readonly action: Name;
  /** The row of the specification that it serves. */
  readonly row: RowId;
  readonly attempt: number;
  readonly idempotencyKey: string;
  readonly signal: AbortSignal;
  readonly timeout: Millis;
  readonly clock: Clock;
  readonly commit: string;
  /** What the commit changed, and all that was ever committed before it. */
  readonly history: CommitHistory;
  readonly plan: Plan;
  /** A fresh checkout of the commit by its full hash, shared by the actions of the stage; only for kinds with `checkout`. */
  readonly workdir: string;
  /** A folder that no code of the commit can reach and that goes with the run, also after a crash; only for kinds with `checkout`. */
  readonly apart: string;
  readonly isolation: Isolation;
  /** What the actions named in `needs`, and those before them, gave out: by action name. */
  readonly outputs: { readonly [action: Name]: Json };
  /** The release under way, once Build has packaged it. */
  readonly release?: { readonly id: string; readonly artifact: Digest; readonly sequence: number };
  readonly artifacts: ArtifactStore;
  /** Prints one line into the action's log. */
  log(line: string): void;
  /** Runs a command of the commit in the stage's cell; output goes to the action's log, masked. */
  exec(command: string | readonly string[], options?: { readonly cwd?: string; readonly env?: { readonly [name: string]: string }; readonly timeout?: Millis; /** Default is nowhere. */ readonly reach?: Reach }): Promise<Exit>;
  /**
   * Brings into the checkout what a known installation, such as "npm ci", makes of the manifests that lie there: what was
   * kept of an earlier one, else by running it in a room of its own. Undefined where it is none that can be kept; else how it ended.
   */
  install(command: string, reach: Reach): Promise<Exit | undefined>;
  /** The stage's cell itself, and the log as something to write to. */
  cell(): Promise<Cell>;
  readonly writer: Log;
  lastLines(count: number): readonly string[];
  /** Keeps a report with the run, beside others of this attempt: shown by `trunkline show`, attested at the end of the stage. */
  report(report: Report): Promise<void>;
  readonly environment: EnvironmentPlan | undefined;
  region(region: Name): EnvironmentDriver;
  /** A verified, unpacked, read-only folder of the release's files. */
  files(): Promise<{ readonly folder: string; readonly listing: Listing }>;
  secret(name: string): Promise<Secret>;
}
