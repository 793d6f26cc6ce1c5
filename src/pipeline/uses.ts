import type { Duration, Json, Millis } from '../foundation/units.ts';
import { isInside } from './shape.ts';
import { Reading, written } from './written.ts';

/** What an action is to do: a kind of action, and its input. Made by the functions below, placed by `application`. */
export interface Use<Kind extends string = string, Input = unknown> {
  readonly kind: Kind;
  readonly input: Input;
  readonly timeoutMs: Millis;
  readonly retry: { readonly attempts: number; readonly backoffMs: Millis };
}

/** A command of the repository. Made by {@link sh}. */
export type Command = Use<'shell', { readonly command: string; readonly junit?: string; readonly coverage?: string }>;
/** A command whose test results are read. Made by {@link sh} with `junit`. */
export type TestCommand = Use<'shell', { readonly command: string; readonly junit: string; readonly coverage?: string }>;
/** Made by {@link npmSbom}. */
export type Sbom = Use<'npm-sbom', Record<never, never>>;
/** Made by {@link archive}. */
export type Archive = Use<'archive', { readonly files: readonly string[]; readonly productionDependencies: 'npm' | 'none' }>;
/** Made by {@link dbmate}. */
export type Migrations = Use<'dbmate', { readonly directory: string }>;
/** Made by {@link cucumber}. */
export type Features = Use<'cucumber', { readonly command: string; readonly junit: string; readonly prepare?: string }>;
/** Made by {@link playwright}. */
export type Journeys = Use<'playwright', { readonly command: string; readonly junit: string; readonly prepare?: string }>;
/** Made by {@link alarms}. */
export type Monitoring = Use<'alarms', { readonly minTimeMs: Millis; readonly minRequests: number; readonly maxTimeMs: Millis }>;
/** Made by {@link probes}. */
export type SyntheticTests = Use<'probes', { readonly atLeast: number }>;
/** Made by {@link approval}. The one action that can't be waived. */
export type Approval = Use<'approval', { readonly by: readonly string[]; readonly atLeast: number; readonly expiresMs: Millis }>;

/** How long a command may take, and how often it is tried. */
export interface Trying {
  /** The longest it may take before it is ended with everything it started; by default `"10m"`. */
  readonly timeout?: Duration;
  /** How often it is tried when the machinery fails, the first time counted, and the pause between; by default once. */
  readonly retry?: { readonly attempts: number; readonly backoff?: Duration };
}

export interface ShellOptions extends Trying {
  /** The JUnit XML file that the command writes: it is read, shown and attested. */
  readonly junit?: string;
  /** The lcov or Cobertura file that the command writes. */
  readonly coverage?: string;
}

const MINUTE = 60_000;

/**
 * Runs a command of the repository with `sh -c`, in a cell: its own processes, its own HOME, no secret of the host.
 * It passes when it exits with 0 and no test in `junit` has failed.
 *
 * @example unitTests: sh("npm test", { junit: "reports/unit.xml", coverage: "coverage/lcov.info" })
 */
export function sh(command: string, options: ShellOptions & { readonly junit: string }): TestCommand;
export function sh(command: string, options?: ShellOptions): Command;
export function sh(command: string, options: ShellOptions = {}): Command {
  const read = new Reading(sh, 'sh');
  const { junit, coverage } = read.fields(options, ['junit', 'coverage', 'timeout', 'retry']);
  return written(sh, {
    kind: 'shell',
    input: {
      command: read.text('command', command),
      ...(junit === undefined ? {} : { junit: path(read, 'junit', junit) }),
      ...(coverage === undefined ? {} : { coverage: path(read, 'coverage', coverage) }),
    },
    ...trying(read, options),
  });
}

/** Lists every dependency in a CycloneDX document with `npm sbom`, from the lock file and what is installed. */
export function npmSbom(options: Trying = {}): Sbom {
  const read = new Reading(npmSbom, 'npmSbom');
  return written(npmSbom, { kind: 'npm-sbom', input: {}, ...trying(read, read.fields(options, ['timeout', 'retry']), 2 * MINUTE) });
}

/**
 * Packages the release once, as an OCI image layout that is reproducible to the byte: what is deployed later needs no
 * registry and no build.
 *
 * @example package: archive({ files: ["dist/**", "public/**", "db/**"], productionDependencies: "npm" })
 */
export function archive(options: {
  /** Globs over the built checkout, relative to it. */
  readonly files: readonly string[];
  /** `"npm"` adds what `npm ci --omit=dev` installs; `"none"` adds nothing. */
  readonly productionDependencies: 'npm' | 'none';
} & Trying): Archive {
  const read = new Reading(archive, 'archive');
  const { files, productionDependencies } = read.fields(options, ['files', 'productionDependencies', 'timeout', 'retry']);
  return written(archive, {
    kind: 'archive',
    input: {
      files: read.list<string>('files', files, 1, 256).map((glob, index) => path(read, `files[${index}]`, glob)),
      productionDependencies: read.oneOf('productionDependencies', productionDependencies, ['npm', 'none']),
    },
    ...trying(read, options),
  });
}

/**
 * Applies the SQL migrations of a folder with dbmate: in order, each once, forward only. A migration must leave the
 * previous release working, since a rollback never touches the schema.
 */
export function dbmate(directory: string, options: Trying = {}): Migrations {
  const read = new Reading(dbmate, 'dbmate');
  return written(dbmate, {
    kind: 'dbmate',
    input: { directory: path(read, 'directory', directory) },
    ...trying(read, read.fields(options, ['timeout', 'retry']), 5 * MINUTE),
  });
}

export interface SuiteOptions extends Trying {
  /** The JUnit XML file that the command writes. */
  readonly junit: string;
  /** What runs first in the stage's fresh checkout; by default `"npm ci"`, and `false` for nothing. */
  readonly prepare?: string | false;
}

/**
 * Verifies the business requirements against the running application: Cucumber, or any command that writes JUnit XML.
 * The application's address is in `BASE_URL`.
 *
 * @example integrationTests: cucumber("npm run features", { junit: "reports/features.xml" })
 */
export function cucumber(command: string, options: SuiteOptions): Features {
  return written(cucumber, { kind: 'cucumber', ...suite(new Reading(cucumber, 'cucumber'), command, options) });
}

/**
 * Walks a few workflows through the user interface in a real browser. The application's address is in
 * `BASE_URL`.
 *
 * @example acceptanceTests: playwright("npm run acceptance", { junit: "reports/acceptance.xml" })
 */
export function playwright(command: string, options: SuiteOptions): Journeys {
  return written(playwright, { kind: 'playwright', ...suite(new Reading(playwright, 'playwright'), command, options) });
}

/**
 * Watches the environment's alarms once the release is deployed everywhere in it. Passes when at least `for` has gone
 * by, at least `minRequests` requests were measured, and no alarm fired. Too few requests never pass.
 */
export function alarms(options: {
  /** The least time to watch. */
  readonly for: Duration;
  /** The least number of requests; probes count. By default 300. */
  readonly minRequests?: number;
  /** After this it fails for lack of requests; by default three times `for`, at least a minute. */
  readonly maxTime?: Duration;
}): Monitoring {
  const read = new Reading(alarms, 'alarms');
  const given = read.fields(options, ['for', 'minRequests', 'maxTime']);
  const minTimeMs = read.duration('for', given.for);
  const maxTimeMs = given.maxTime === undefined ? Math.max(3 * minTimeMs, MINUTE) : read.duration('maxTime', given.maxTime, minTimeMs);
  const minRequests = read.whole('minRequests', given.minRequests ?? 300, 1);
  return written(alarms, { kind: 'alarms', input: { minTimeMs, minRequests, maxTimeMs }, ...once(maxTimeMs + MINUTE) });
}

/** Passes when each of the environment's probes has run at least so often against the release, and none failed. */
export function probes(options: { /** Runs of each probe, in each region. */ readonly atLeast: number } & Pick<Trying, 'timeout'>): SyntheticTests {
  const read = new Reading(probes, 'probes');
  const { atLeast } = read.fields(options, ['atLeast', 'timeout']);
  return written(probes, { kind: 'probes', input: { atLeast: read.whole('atLeast', atLeast, 1) }, ...trying(read, options) });
}

/**
 * A person lets exactly this artifact, with exactly this evidence, into production. Who belongs to a group is written
 * in the operator's file beside the pipeline's state, never in the repository.
 */
export function approval(options: {
  /** Groups of which the approvers must be members. */
  readonly by: readonly string[];
  /** How many people; by default 1. */
  readonly atLeast?: number;
  /** After this the run ends unapproved; by default `"24h"`. */
  readonly expires?: Duration;
}): Approval {
  const read = new Reading(approval, 'approval');
  const given = read.fields(options, ['by', 'atLeast', 'expires']);
  const by = read.list<string>('by', given.by, 1).map((group, index) => read.text(`by[${index}]`, group, 100));
  read.distinct('by', by);
  const expiresMs = read.duration('expires', given.expires ?? '24h', 1);
  return written(approval, { kind: 'approval', input: { by, atLeast: read.whole('atLeast', given.atLeast ?? 1, 1, 100), expiresMs }, ...once(expiresMs) });
}

function suite(read: Reading, command: string, options: SuiteOptions) {
  const { junit, prepare = 'npm ci' } = read.fields(options, ['junit', 'prepare', 'timeout', 'retry']);
  return {
    input: {
      command: read.text('command', command),
      junit: path(read, 'junit', junit),
      ...(prepare === false ? {} : { prepare: read.text('prepare', prepare) }),
    },
    ...trying(read, options),
  };
}

function path(read: Reading, field: string, value: unknown): string {
  return read.matching(field, value, isInside, 'write a path inside the repository');
}

function trying(read: Reading, options: Trying, timeoutMs: Millis = 10 * MINUTE): Pick<Use, 'timeoutMs' | 'retry'> {
  const retry = options.retry === undefined ? { attempts: 1 } : new Reading(read.callee, `${read.name}.retry`).fields(options.retry, ['attempts', 'backoff']);
  return {
    timeoutMs: options.timeout === undefined ? timeoutMs : read.duration('timeout', options.timeout, 1),
    retry: { attempts: read.whole('retry.attempts', retry.attempts, 1, 10), backoffMs: read.duration('retry.backoff', retry.backoff ?? '1s') },
  };
}

function once(timeoutMs: Millis): Pick<Use, 'timeoutMs' | 'retry'> {
  return { timeoutMs, retry: { attempts: 1, backoffMs: 0 } };
}

/** An input as the plan keeps it. */
export function inputOf(use: Use): Json {
  return use.input as Json;
}
