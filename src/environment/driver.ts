import type { ReleaseFiles } from '../artifact/listing.ts';
import type { Secret } from '../foundation/secret.ts';
import type { BasisPoints, Digest, Instant, Millis, Name } from '../foundation/units.ts';
import type { EnvironmentPlan } from '../pipeline/plan.ts';

/** One environment in one region: the unit that is launched, deployed to and rolled back. */
export interface RegionId { readonly environment: Name; readonly region: Name }

/** What is deployed. `id` is the id of the run that brings it; the artifact is verified bytes in the store. */
export interface Release {
  readonly id: string;
  readonly artifact: Digest;
  readonly commit: string;
  /** Rises with every release of the pipeline. */
  readonly sequence: number;
}

/** On whose behalf a region is changed: one entry of a run into the environment's stage. */
export interface Turn {
  readonly run: string;
  /** Rises with every entry of the stage. A region refuses what carries a lower one than it has seen. */
  readonly fence: number;
  /** The plan that the run brings: the times that its releases need. */
  readonly plan: EnvironmentPlan;
}

/**
 * Where releases run: the whole of what a driver author writes. Every method is idempotent, converges when it is
 * called again after a crash, and stops early when its signal aborts. What {@link observe} says outranks the journal.
 */
export interface EnvironmentDriver {
  /** What is there now, asked of the real thing. */
  observe(): Promise<RegionState>;
  /** Brings the region up from its plan: router, database, probes. Keeps what runs there running. */
  launch(plan: EnvironmentPlan, signal: AbortSignal): Promise<void>;
  /**
   * Places the release beside the stable one, healthy and with no traffic. `files` is its unpacked folder, of
   * which the region takes a copy, and what that copy must hold: bytes can change after they were verified.
   * @throws {TrunklineError} `RELEASE_ALTERED`; `INSTANCE_UNHEALTHY`, `code`, with what it printed: nothing of it stays; `CANDIDATE_EXISTS`.
   */
  prepare(release: Release, files: ReleaseFiles, signal: AbortSignal): Promise<void>;
  /**
   * Resolves once the share is in force, not once it is requested.
   * @throws {TrunklineError} `NO_BASELINE` for a part of the traffic to the first release; `RELEASE_UNKNOWN`.
   */
  shift(release: string, weight: BasisPoints, signal: AbortSignal): Promise<void>;
  /** Makes the release the stable one and ends the other. The point of no return. */
  settle(release: string, signal: AbortSignal): Promise<void>;
  /**
   * All traffic back to the stable release, or to none where there is none, then ends the candidate; works half way
   * through any other method, which then fails.
   */
  restore(signal: AbortSignal): Promise<void>;
  /** Ends everything here, and proves it. The data of the database goes too. */
  remove(signal: AbortSignal): Promise<void>;
  /**
   * Asks for `count` more requests of the probes to be sent to the candidate by its header, spread out, tagged
   * synthetic; resolves once they are under way. The one method that adds up when it is called again.
   */
  exercise(count: number, signal: AbortSignal): Promise<void>;
  /** What was measured here since `since`, oldest first, and after what an earlier answer's `cursor` says; instants are of who asks. */
  telemetry(since: Instant, after?: string): Promise<Telemetry>;
  /** The address of the region's own database with its generated credentials; undefined where there is none. */
  database(): Promise<Secret | undefined>;
}

/** Opens regions. One adapter per kind of place; the composition root picks it. */
export interface EnvironmentProvider {
  /**
   * @param turn carried by every change. A region keeps the highest fence that it has seen over its own death, and refuses
   * changes of a lower one with `FENCE_STALE`, also those that waited meanwhile. Without a turn it may be read and removed.
   */
  region(id: RegionId, turn?: Turn): EnvironmentDriver;
  /** Every region that was launched, or whose launch was broken off, and that was not removed. */
  regions(): Promise<readonly RegionId[]>;
}

export interface RegionState {
  readonly launched: boolean;
  /** Stable for the life of the environment; undefined until it is launched. */
  readonly url?: string;
  readonly stable?: LiveRelease;
  readonly candidate?: LiveRelease;
  readonly database: 'none' | 'running' | 'stopped';
  /** What instances keep: where they see it, and how much it is; undefined where nothing is declared. */
  readonly data?: { readonly path: string; readonly bytes: number; /** Whether there is more than was counted. */ readonly more: boolean };
}

/** The weights of stable and candidate sum to 10,000, but for a first release that has no traffic yet: its is 0. */
export interface LiveRelease {
  readonly release: Release;
  readonly weight: BasisPoints;
  readonly instances: { readonly healthy: number; readonly total: number };
}

export interface Telemetry {
  readonly samples: readonly MetricSample[];
  readonly traffic: readonly TrafficSample[];
  readonly probes: readonly ProbeResult[];
  /** Where the router tells its instances apart. */
  readonly instances?: readonly InstanceSample[];
  /** How often readings are taken; a second where it isn't said. */
  readonly everyMs?: Millis;
  /** Given back as `after`, it leaves out all that is in this answer. */
  readonly cursor?: string;
}

/**
 * A reading of counters. `from` is said where older readings were left out since they are long ago: they had been taken
 * without a gap from then on.
 */
interface Reading { readonly at: Instant; readonly from?: Instant; readonly release: string }

/** What one instance published: series such as `http_requests_total{status="200"}`, cumulative since it started. */
export interface MetricSample extends Reading {
  readonly instance: string;
  readonly values: { readonly [series: string]: number };
}

/** What the router counted for one release, cumulative since the release was prepared. */
export interface TrafficSample extends Reading {
  readonly requests: number;
  /** Answers of 500 and above, and requests that got no answer. */
  readonly errors: number;
  /** Those of `requests` that probes sent. */
  readonly synthetic: number;
  /** Those of `errors` that probes met. */
  readonly syntheticErrors?: number;
  /** Those of `errors` that got no answer, or one that broke off. */
  readonly unanswered?: number;
  /** Those of `unanswered` that the router gave up waiting for. */
  readonly late?: number;
  /** Requests that have now waited for long without an answer: see {@link WAITS_LONG}. */
  readonly waiting?: number;
  /** How many answers began within so many seconds, by the bound as a histogram writes it: `"0.1"`, `"+Inf"`. */
  readonly seconds?: { readonly [le: string]: number };
  /** How often an instance ended, or was ended for being ill, that was not meant to. */
  readonly crashes?: number;
}

/** What the router counted for one instance that may be given traffic, cumulative since that instance started. */
export interface InstanceSample extends Reading {
  readonly instance: string;
  readonly requests: number;
  readonly errors: number;
}

export interface ProbeResult {
  readonly at: Instant;
  readonly probe: string;
  /** The release that answered. */
  readonly release: string;
  readonly ok: boolean;
  readonly detail: string;
}

/** After so long a request without an answer is counted as one that waits. */
export const WAITS_LONG: Millis = 10_000;
/** A request with this header and the value `candidate` goes to the candidate, where there is one. */
export const ROUTE_HEADER = 'x-trunkline-route';
/** Marks requests of probes. */
export const SYNTHETIC_HEADER = 'x-trunkline-synthetic';
/** On every answer: the release that gave it. */
export const RELEASE_HEADER = 'x-trunkline-release';
