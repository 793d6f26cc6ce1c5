import type { Operators } from '../core/operators.ts';
import type { AttemptPlace, PipelineState } from '../core/state.ts';
import type { EnvironmentProvider } from '../environment/driver.ts';
import type { Recorded } from '../journal/events.ts';
import type { ChainVerdict } from '../journal/head.ts';
import type { Check } from '../pipeline/check.ts';
import type { Report } from '../reports/report.ts';
import type { Isolation } from '../runner/cell.ts';
import type { Conductor } from '../server/client.ts';
import type { Digest, Instant, Json } from '../foundation/units.ts';
import type { Baseline } from '../reports/baseline.ts';

/** All that commands may do; the composition root provides it for one repository and its state folder. */
export interface Product {
  /** The repository's top folder. */
  readonly repository: string;
  readonly stateFolder: string;
  /** Who asks: the user of the operating system. */
  readonly user: string;
  isolation(): Promise<Isolation>;
  /** The operator's file, read anew. @throws {TrunklineError} `SETTINGS_INVALID`, `SETTINGS_UNREADABLE` */
  operators(): Operators;
  /** The journal folded, read without disturbing a living host. */
  state(): PipelineState;
  /** The journal after a place. */
  events(after: number): Iterable<Recorded>;
  /** The host that lives on this state folder; undefined where none does. */
  connect(): Promise<Conductor | undefined>;
  /** Becomes the host. @throws {TrunklineError} `HOST_RUNNING` when another lives. */
  host(): Promise<LocalHost>;
  /** Takes the host's place only to write a fact: nothing is carried out. @throws {TrunklineError} `HOST_RUNNING` */
  scribe(): Promise<Conductor & AsyncDisposable>;
  environments(): Promise<EnvironmentProvider>;
  /** A word for a commit (hash, prefix, ref; default the head of the trunk) as its full hash. */
  resolve(word?: string): Promise<string>;
  /** What the repository has, lacks or waives, as its work tree stands. */
  check(): Promise<Check>;
  /** All of Build on the work tree, or on what is staged. Resolves with what each action came to. */
  build(options: { readonly staged: boolean; /** Only what looks for findings, and no limit of theirs stops anything. */ readonly forgiving?: boolean; readonly onAction: (line: BuildLine) => void; readonly signal: AbortSignal }): Promise<readonly BuildLine[]>;
  /** Prepares upgrades of vulnerable dependencies on a new branch, and runs Build there. Without names, of all. */
  fix(options: { readonly advisories: readonly string[]; readonly onAction: (line: BuildLine) => void; readonly signal: AbortSignal }): Promise<Fixed>;
  /** The evidence of an artifact, verified offline. */
  verify(artifact: Digest): Promise<VerifyAnswer>;
  /** The whole journal, row by row, and each of its signed heads; undefined where there is none yet. */
  verifyJournal(): ChainVerdict | undefined;
  /** Removes what no release, environment or unfinished run needs. */
  gc(): Promise<{ readonly bytes: number; readonly removed: number; /** Failed runs whose artifacts stay, since they can be tried again. */ readonly kept: readonly string[] }>;
  /** Writes first files for this repository; answers their paths. Overwrites nothing. */
  init(): Promise<readonly string[]>;
  setSecret(name: string, value: string): Promise<void>;
  /** The log file of an attempt. */
  logFile(attempt: AttemptPlace): string;
  /** What an action has reported. */
  reports(attempt: AttemptPlace): Promise<readonly Report[]>;
  /** A JSON document of the artifact store, such as an SBOM; undefined where it is gone. */
  document(digest: Digest): Promise<Json | undefined>;
  /** The last `build`; undefined before the first. */
  lastBuild(): Promise<LastBuild | undefined>;
  /** The work tree's baseline. @throws {TrunklineError} `BASELINE_INVALID` */
  readBaseline(): Promise<Baseline | undefined>;
  /** Answers its path. */
  writeBaseline(baseline: Baseline): Promise<string>;
}

export interface LocalHost extends Conductor, AsyncDisposable {
  /** Resolves when nothing is under way or will be by itself. */
  idle(): Promise<void>;
  /** Looks at the trunk until the signal aborts, and runs every new commit of it. */
  follow(signal: AbortSignal, tell: (trouble: string) => void): Promise<void>;
}

export interface BuildLine {
  readonly stage: 'source' | 'build';
  readonly action: string;
  readonly row: string;
  /** `stopped`: because another failed. */
  readonly state: 'started' | 'passed' | 'failed' | 'stopped' | 'waived';
  readonly durationMs?: number;
  /** The result of an earlier build, given again: whose it was, and when, in epoch milliseconds. */
  readonly cached?: { readonly run: string; readonly at: number };
  readonly message?: string;
  /** What it printed last, where it failed. */
  readonly lastLines?: readonly string[];
  /** What to do next. */
  readonly hint?: string;
  readonly log?: string;
  /** What the action reported, once it has ended. */
  readonly reports?: readonly Report[];
}

/** The last build of what was not committed. */
export interface LastBuild {
  readonly at: Instant;
  readonly staged: boolean;
  readonly lines: readonly BuildLine[];
  /** What its reports name by digest. */
  readonly documents: { readonly [digest: string]: Json };
}

/** What `trunkline fix` came to. */
export interface Fixed {
  /** The commit that the branch begins at. */
  readonly base: string;
  /** The new branch and its commit; absent where there was nothing to upgrade. */
  readonly branch?: string;
  readonly commit?: string;
  readonly upgrades: readonly { readonly name: string; readonly from: readonly string[]; readonly to: string; readonly advisories: readonly string[] }[];
  readonly unfixable: readonly { readonly name: string; readonly version: string; readonly advisories: readonly string[]; readonly why: string }[];
  /** Build on the branch; empty where there is none. */
  readonly build: readonly BuildLine[];
  readonly passed: boolean;
}

export interface VerifyAnswer {
  readonly artifact: Digest;
  readonly ok: boolean;
  readonly evidence: readonly { readonly digest: Digest; readonly predicateType: string; readonly name: string; readonly ok: boolean; readonly message?: string }[];
  readonly failures: readonly { readonly code: string; readonly message: string }[];
}
