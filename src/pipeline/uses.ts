import type { Duration, Json, Millis } from '../foundation/units.ts';
import { findingsFormats, noneFrom, severities, type FindingsFormatName, type Limits, type Severity } from '../reports/names.ts';
import { isDay } from '../reports/suppression.ts';
import { hostFault, type Network } from './network.ts';
import { globFault, isInside, LONGEST } from './shape.ts';
import { Reading, written } from './written.ts';

/** What an action is to do: a kind of action, and its input. Made by the functions below, placed by `application`. */
export interface Use<Kind extends string = string, Input = unknown> {
  readonly kind: Kind;
  readonly input: Input;
  readonly timeoutMs: Millis;
  readonly retry: { readonly attempts: number; readonly backoffMs: Millis };
}

/** A command of the repository. Made by {@link sh}. */
export type Command = Use<'shell', ShellInput>;
/** A command whose test results are read. Made by {@link sh} with `junit`. */
export type TestCommand = Use<'shell', ShellInput & { readonly junit: string }>;
/** Made by {@link secretlint}. */
export type SecretScan = Use<'secretlint', { readonly history: boolean; readonly ignore?: readonly Ignored[] }>;
/** Made by {@link staticAnalysis}. */
export type StaticAnalysis = Use<'static-analysis', { readonly limits: Limits; readonly exclude?: readonly string[] }>;
/** Made by {@link osv}. */
export type DependencyAnalysis = Use<'osv', { readonly advisories: string; readonly limits: Limits; readonly licences?: readonly string[]; readonly ignore: readonly Ignored[] }>;
/** What is accepted until a day, with the reason: for findings that have no line to write a remark beside. */
export interface Ignored { readonly id: string; readonly until: string; readonly reason: string }
/** Made by {@link npmSbom}. */
export type Sbom = Use<'npm-sbom', Record<never, never>>;
/** Made by {@link archive}. */
export type Archive = Use<'archive', { readonly files: readonly string[]; readonly productionDependencies: 'npm' | 'none' }>;
/** Made by {@link dbmate}. */
export type Migrations = Use<'dbmate', { readonly directory: string }>;
/** Made by {@link cucumber}. */
export type Features = Use<'cucumber', { readonly command: string; readonly junit: string; readonly prepare?: string; readonly network?: Network }>;
/** Made by {@link playwright}. */
export type Journeys = Use<'playwright', { readonly command: string; readonly junit: string; readonly prepare?: string; readonly network?: Network }>;
/** Made by {@link alarms}. */
export type Monitoring = Use<'alarms', { readonly minTimeMs: Millis; readonly minRequests: number; readonly maxTimeMs: Millis }>;
/** Made by {@link probes}. */
export type SyntheticTests = Use<'probes', { readonly atLeast: number }>;
/** Made by {@link approval}. The one action that can't be waived. */
export type Approval = Use<'approval', { readonly by: readonly string[]; readonly atLeast: number; readonly expiresMs: Millis }>;

/** What a command is, and where it writes what it found. */
export interface ShellInput {
  readonly command: string;
  readonly prepare?: string;
  readonly network?: Network;
  readonly inputs?: readonly string[];
  readonly outputs?: readonly string[];
  readonly cache?: boolean;
  readonly junit?: string;
  readonly coverage?: string;
  readonly atLeast?: CoverageLimits;
  readonly findings?: { readonly [format in FindingsFormatName]?: string };
  readonly limits?: Limits;
  readonly sbom?: string;
  readonly staged?: StagedInput;
}

/** What a command is before a commit. */
export interface StagedInput {
  readonly run: string;
  readonly files?: readonly string[];
  readonly tests?: readonly string[];
}

/** Shares from 0 to 1. */
export interface CoverageLimits {
  readonly lines?: number;
  readonly branches?: number;
  /** Of the lines that the commit changed. */
  readonly changedLines?: number;
}

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
  /** The least of it that the tests must reach, as shares from 0 to 1: `{ lines: 0.8, changedLines: 0.9 }`. */
  readonly atLeast?: CoverageLimits;
  /** What the command writes of its findings, by format: `{ sarif: "reports/lint.sarif" }`. */
  readonly findings?: { readonly [format in FindingsFormatName]?: string };
  /** Fails when `findings` holds one of this severity or a worse one; by default `"medium"`. */
  readonly failOn?: Severity;
  /** Instead of `failOn`: the most that there may be of each severity. */
  readonly atMost?: Limits;
  /** The list of dependencies that the command writes, CycloneDX or SPDX as JSON: kept and attested, for `sbom` in Build. */
  readonly sbom?: string;
  /** What runs first in the stage's fresh checkout, once for all actions that name it, such as `"npm ci"`: what it installs is kept for the next run. */
  readonly prepare?: string;
  /**
   * Where the command may go: `"none"`, `"registries"` (those of this machine's package managers), or hosts, such as
   * `["api.example.org", "registries"]`. By default nowhere for what only reads or tests, and to the registries for what
   * builds or itself fetches packages; `prepare` reaches the registries always.
   */
  readonly network?: Network;
  /**
   * Globs of the files that decide what the command comes to: while none of them has changed, nor the manifests and lock
   * files at the top, its last result is given again. By default every file of the commit.
   */
  readonly inputs?: readonly string[];
  /** Globs of the files that it leaves for the actions after it. By default all that it writes, where nothing runs beside it. */
  readonly outputs?: readonly string[];
  /** `false` where something decides about it that is no file, such as what a server answers: it is run every time. */
  readonly cache?: boolean;
  /**
   * What the hook before a commit runs instead, to be quick: `{files}` stands for the staged files that changed, `{tests}`
   * for the tests that reach one of them by their imports. Its exit code decides, and of the reports those that it
   * names. The project's own tools are on the path: no `npx`.
   */
  readonly staged?: string | StagedOptions;
}

export interface StagedOptions {
  readonly run: string;
  /** Globs of what `{files}` may stand for; by default everything. */
  readonly files?: string | readonly string[];
  /** Globs of what `{tests}` may stand for; by default what is named like a unit test. */
  readonly tests?: string | readonly string[];
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
  const { junit, coverage, atLeast, findings, sbom, prepare, network, inputs, outputs, cache, staged } = read.fields(options, ['junit', 'coverage', 'atLeast', 'findings', 'failOn', 'atMost', 'sbom', 'prepare', 'network', 'inputs', 'outputs', 'cache', 'staged', 'timeout', 'retry']);
  if (atLeast !== undefined && coverage === undefined) throw read.wrong('atLeast', 'say with "coverage" where the coverage is');
  if (findings === undefined && (options.failOn !== undefined || options.atMost !== undefined)) throw read.wrong(options.failOn === undefined ? 'atMost' : 'failOn', 'say with "findings" where they are');
  return written(sh, {
    kind: 'shell',
    input: {
      command: read.text('command', command),
      ...(junit === undefined ? {} : { junit: path(read, 'junit', junit) }),
      ...(coverage === undefined ? {} : { coverage: path(read, 'coverage', coverage) }),
      ...(atLeast === undefined ? {} : { atLeast: shares(read, 'atLeast', atLeast) }),
      ...(findings === undefined ? {} : { findings: files(read, 'findings', findings), limits: limits(read, options, 'medium') }),
      ...(sbom === undefined ? {} : { sbom: path(read, 'sbom', sbom) }),
      ...(prepare === undefined ? {} : { prepare: read.text('prepare', prepare) }),
      ...(network === undefined ? {} : { network: networkIn(read, network) }),
      ...(inputs === undefined ? {} : { inputs: globs(read, 'inputs', inputs, 1) }),
      ...(outputs === undefined ? {} : { outputs: globs(read, 'outputs', outputs, 0) }),
      ...(cache === undefined ? {} : { cache: read.oneOf('cache', String(cache), ['true', 'false']) === 'true' }),
      ...(staged === undefined ? {} : { staged: stagedInput(read, staged) }),
    },
    ...trying(read, options),
  });
}

/**
 * Looks for secrets in every file of the commit and, with `history`, in every version of every file that was ever
 * committed before it. One finding fails the build at once.
 */
export function secretlint(options: {
  /** By default `false`. */
  readonly history?: boolean;
  /** Secrets in history that were revoked, by the id that the report names; others take a remark beside them. */
  readonly ignore?: readonly Ignored[];
} & Trying = {}): SecretScan {
  const read = new Reading(secretlint, 'secretlint');
  const { history = false, ignore } = read.fields(options, ['history', 'ignore', 'timeout', 'retry']);
  if (typeof history !== 'boolean') throw read.wrong('history', 'write true or false');
  return written(secretlint, { kind: 'secretlint', input: { history, ...(ignore === undefined ? {} : { ignore: accepted(read, ignore) }) }, ...trying(read, options) });
}

export interface Threshold {
  /** Fails when there is a finding of this severity or a worse one; by default `"high"`. */
  readonly failOn?: Severity;
  /** Instead of `failOn`: the most that there may be of each severity. */
  readonly atMost?: Limits;
}

/**
 * Follows what comes from outside through the code of the application and of its infrastructure, JavaScript and
 * TypeScript, to where it does harm: injection (SQL, command, code), XSS, XXE, path traversal, unsafe
 * deserialisation; and finds weak crypto.
 *
 * @example sast: staticAnalysis({ failOn: "high" })
 */
export function staticAnalysis(options: Threshold & { /** Globs that are not looked at, such as generated code. */ readonly exclude?: readonly string[] } & Trying = {}): StaticAnalysis {
  const read = new Reading(staticAnalysis, 'staticAnalysis');
  const { exclude } = read.fields(options, ['failOn', 'atMost', 'exclude', 'timeout', 'retry']);
  return written(staticAnalysis, {
    kind: 'static-analysis',
    input: { limits: limits(read, options, 'high'), ...(exclude === undefined ? {} : { exclude: read.list<string>('exclude', exclude, 1).map((glob, index) => path(read, `exclude[${index}]`, glob)) }) },
    ...trying(read, options),
  });
}

export interface OsvOptions extends Threshold, Trying {
  /** Advisories in the OSV format: a folder or a file of the repository, or an `https:` address of a zip or JSON of them. */
  readonly advisories: string;
  /** SPDX licences that dependencies may have, such as `licences.permissive`; without it every licence may be. */
  readonly licences?: readonly string[];
  /** Advisories by their id or an alias of it, and `licence:PACKAGE`, that are accepted until a day, with the reason. */
  readonly ignore?: readonly Ignored[];
}

/**
 * Matches every dependency on the SBOM against advisories, and its licence against those that are allowed. A source
 * without one advisory is a failure.
 *
 * @example sca: osv({ advisories: "security/advisories", failOn: "high", licences: licences.permissive })
 */
export function osv(options: OsvOptions): DependencyAnalysis {
  const read = new Reading(osv, 'osv');
  const given = read.fields(options, ['advisories', 'failOn', 'atMost', 'licences', 'ignore', 'timeout', 'retry']);
  const ignore = accepted(read, given.ignore ?? []);
  const from = String(given.advisories);
  if (from.startsWith('http://')) throw read.wrong('advisories', 'write an https: address; whoever stands between could change what comes over http:');
  return written(osv, {
    kind: 'osv',
    input: {
      advisories: from.startsWith('https://') ? read.text('advisories', from) : path(read, 'advisories', given.advisories),
      limits: limits(read, options, 'high'), ignore,
      ...(given.licences === undefined ? {} : { licences: read.list<string>('licences', given.licences, 1, 1_000).map((licence, index) => read.text(`licences[${index}]`, licence, 100)) }),
    },
    ...trying(read, options),
  });
}

/** SPDX licences by what they ask of whoever uses the code. */
export const licences = {
  /** They ask to be named, and nothing else. */
  permissive: [
    '0BSD', 'AFL-2.1', 'AFL-3.0', 'Apache-1.1', 'Apache-2.0', 'Artistic-2.0', 'BlueOak-1.0.0', 'BSD-1-Clause', 'BSD-2-Clause', 'BSD-2-Clause-Patent', 'BSD-3-Clause', 'BSD-3-Clause-Clear', 'BSD-4-Clause', 'BSL-1.0',
    'bzip2-1.0.6', 'CC-BY-3.0', 'CC-BY-4.0', 'CC0-1.0', 'curl', 'FTL', 'HPND', 'ICU', 'ISC', 'libpng-2.0', 'Libpng', 'MIT', 'MIT-0', 'MIT-CMU', 'MS-PL', 'NCSA', 'OFL-1.1', 'OpenSSL', 'PHP-3.01', 'PostgreSQL', 'PSF-2.0',
    'Python-2.0', 'Ruby', 'TCL', 'Unicode-3.0', 'Unicode-DFS-2016', 'Unlicense', 'UPL-1.0', 'W3C', 'WTFPL', 'X11', 'Zlib', 'ZPL-2.1',
  ],
  /** They ask for changes to their own files in return. */
  weakCopyleft: [
    'Artistic-1.0', 'CDDL-1.0', 'CDDL-1.1', 'CECILL-C', 'CPL-1.0', 'EPL-1.0', 'EPL-2.0', 'EUPL-1.1', 'EUPL-1.2', 'LGPL-2.0-only', 'LGPL-2.0-or-later', 'LGPL-2.1-only', 'LGPL-2.1-or-later', 'LGPL-3.0-only', 'LGPL-3.0-or-later',
    'MPL-1.1', 'MPL-2.0', 'MS-RL',
  ],
  /** They ask for everything that is shipped with them; those of the AGPL also for what is only served. */
  strongCopyleft: ['AGPL-3.0-only', 'AGPL-3.0-or-later', 'CECILL-2.1', 'GPL-2.0-only', 'GPL-2.0-or-later', 'GPL-3.0-only', 'GPL-3.0-or-later', 'OSL-3.0'],
} as const satisfies { readonly [sort: string]: readonly string[] };

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
  /** Where the command may go beside the environment that it tests: hosts, or `"registries"`; by default nowhere. */
  readonly network?: Network;
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
  const maxTimeMs = given.maxTime === undefined ? Math.min(Math.max(3 * minTimeMs, MINUTE), LONGEST) : read.duration('maxTime', given.maxTime, minTimeMs);
  const minRequests = read.whole('minRequests', given.minRequests ?? 300, 1);
  return written(alarms, { kind: 'alarms', input: { minTimeMs, minRequests, maxTimeMs }, ...once(Math.min(maxTimeMs + MINUTE, LONGEST)) });
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
  const { junit, prepare = 'npm ci', network } = read.fields(options, ['junit', 'prepare', 'network', 'timeout', 'retry']);
  return {
    input: {
      command: read.text('command', command),
      junit: path(read, 'junit', junit),
      ...(prepare === false ? {} : { prepare: read.text('prepare', prepare) }),
      ...(network === undefined ? {} : { network: networkIn(read, network) }),
    },
    ...trying(read, options),
  };
}

function accepted(read: Reading, given: readonly Ignored[]): readonly Ignored[] {
  return read.list<Ignored>('ignore', given, 0, 1_000).map((each, index) => ({
    id: read.text(`ignore[${index}].id`, each.id, 300), until: read.matching(`ignore[${index}].until`, each.until, isDay, 'write a day as YYYY-MM-DD'), reason: read.text(`ignore[${index}].reason`, each.reason, 500),
  }));
}

function limits(read: Reading, { failOn, atMost }: Threshold, usual: Severity): Limits {
  if (atMost === undefined) return noneFrom(read.oneOf('failOn', failOn ?? usual, severities));
  if (failOn !== undefined) throw read.wrong('atMost', 'write "failOn" or "atMost", not both');
  const given = new Reading(read.callee, `${read.name}.atMost`).fields(atMost, severities);
  return Object.fromEntries(Object.entries(given).map(([severity, most]) => [severity, read.whole(`atMost.${severity}`, most, 0)]));
}

function shares(read: Reading, field: string, value: CoverageLimits): CoverageLimits {
  const given = new Reading(read.callee, `${read.name}.${field}`).fields(value, ['lines', 'branches', 'changedLines']);
  for (const [name, share] of Object.entries(given) as [string, unknown][]) {
    if (typeof share !== 'number' || !(share >= 0 && share <= 1)) throw read.wrong(`${field}.${name}`, `${String(share)} does not do; write a share from 0 to 1, such as 0.8`);
  }
  return { ...given };
}

function files(read: Reading, field: string, value: { readonly [format: string]: string | undefined }): { readonly [format: string]: string } {
  const given = new Reading(read.callee, `${read.name}.${field}`).fields(value, findingsFormats);
  if (Object.keys(given).length === 0) throw read.wrong(field, `name at least one; there is ${findingsFormats.join(', ')}`);
  return Object.fromEntries(Object.entries(given).map(([format, file]) => [format, path(read, `${field}.${format}`, file)]));
}

function globs(read: Reading, field: string, value: unknown, least: number): readonly string[] {
  return read.list<string>(field, value, least, 256).map((glob, index) => read.matching(`${field}[${index}]`, glob, (text) => globFault(text) === undefined, 'write a glob inside the repository, such as "src/**"'));
}

function stagedInput(read: Reading, value: string | StagedOptions): StagedInput {
  if (typeof value === 'string') return { run: read.text('staged', value) };
  const { run, files: meant, tests } = new Reading(read.callee, `${read.name}.staged`).fields(value, ['run', 'files', 'tests']);
  const globs = (field: string, given: string | readonly string[]): readonly string[] => read.list<string>(`staged.${field}`, typeof given === 'string' ? [given] : given, 1).map((glob, index) => path(read, `staged.${field}[${index}]`, glob));
  return { run: read.text('staged.run', run), ...(meant === undefined ? {} : { files: globs('files', meant) }), ...(tests === undefined ? {} : { tests: globs('tests', tests) }) };
}

function networkIn(read: Reading, value: Network): Network {
  if (typeof value === 'string') return read.oneOf('network', value, ['none', 'registries']);
  return read.list<string>('network', value, 1, 64).map((host, index) => {
    const fault = typeof host === 'string' ? hostFault(host) : 'write a host';
    if (fault !== undefined) throw read.wrong(`network[${index}]`, fault);
    return host;
  });
}

function path(read: Reading, field: string, value: unknown): string {
  return read.matching(field, value, isInside, 'write a path inside the repository');
}

function trying(read: Reading, options: Trying, timeoutMs: Millis = 10 * MINUTE): Pick<Use, 'timeoutMs' | 'retry'> {
  const retry = options.retry === undefined ? { attempts: 1 } : new Reading(read.callee, `${read.name}.retry`).fields(options.retry, ['attempts', 'backoff']);
  return {
    timeoutMs: options.timeout === undefined ? timeoutMs : read.duration('timeout', options.timeout, 1),
    retry: { attempts: read.whole('retry.attempts', retry.attempts, 1, 10), backoffMs: read.duration('retry.backoff', retry.backoff ?? '1s', 0, 60 * MINUTE) },
  };
}

function once(timeoutMs: Millis): Pick<Use, 'timeoutMs' | 'retry'> {
  return { timeoutMs, retry: { attempts: 1, backoffMs: 0 } };
}

/** An input as the plan keeps it. */
export function inputOf(use: Use): Json {
  return use.input as Json;
}
