/**
 * `trunkline/environments`: where releases run, as infrastructure code of the application's repository.
 */
import type { Duration } from '../foundation/units.ts';
import type { AlarmPlan, EnvironmentPlan, ProbePlan } from './plan.ts';
import { dataFault, isInside, isReserved, NAME, NAME_RULE, VARIABLE, VARIABLE_RULE } from './shape.ts';
import { Reading, written } from './written.ts';

export { alarm, counter, histogram, probe, type Alarm, type Counter, type Histogram, type Labels, type Signal } from './signals.ts';
export type { Duration } from '../foundation/units.ts';

/** The three environments that a release goes through. */
export type EnvironmentName = 'beta' | 'gamma' | 'prod';

/** An environment and whether it has a database, so that leaving the database of Prod unmigrated does not compile. */
export interface Environment<Name extends EnvironmentName = EnvironmentName, Database extends 'postgres' | 'none' = 'postgres' | 'none'> extends Readonly<EnvironmentPlan> {
  readonly name: Name;
  readonly database: Database;
}

/** Made by {@link postgres}. */
export interface Database { readonly type: 'postgres' }

/** A check that runs all the time against an environment. Made by {@link httpProbe}. */
export interface Probe extends Readonly<ProbePlan> {}

/** What runs in an environment. To share it between environments, write `const shared = { … } satisfies Partial<ProcessesSpec>`. */
export interface ProcessesSpec {
  /** The command that starts one instance in the release's folder. It listens on `PORT`, on 127.0.0.1. */
  readonly run: string;
  /** Instances in each region. */
  readonly instances: number;
  /** Each region has a router, instances and a database of its own. */
  readonly regions: readonly string[];
  /** The path that answers 200 once an instance can serve, such as `"/healthz"`. */
  readonly health: string;
  /** The path of the metrics in the OpenMetrics text format, such as `"/metrics"`. */
  readonly metrics: string;
  /** A database of each region's own; without it there is none. */
  readonly database?: Database;
  /**
   * The path, such as `"/data"`, of a folder that instances may write and that stays: for uploads and SQLite files. Each
   * region has one of its own, shared by its instances; it survives releases, and `trunkline down` alone ends it.
   * `TRUNKLINE_DATA` names it. Without it, nothing that an instance writes outlives it.
   */
  readonly data?: string;
  /** Environment variables of every instance. Never a secret: this is committed. */
  readonly settings?: { readonly [variable: string]: string };
  /** Names of environment variables whose values the operator keeps: `trunkline secret set NAME`. */
  readonly secrets?: readonly string[];
  /** The longest that an instance may take to become healthy; by default `"30s"`. */
  readonly startTimeout?: Duration;
  /** How long an instance that gets no more requests may finish those it has; by default `"5s"`. */
  readonly drain?: Duration;
  /** Checks that run all the time. They also make the traffic that alarms need. */
  readonly probes: readonly Probe[];
  /** What must not happen; a breach sends a deployment back. */
  readonly alarms: readonly Readonly<AlarmPlan>[];
}

/** A PostgreSQL of the region's own. Its credentials are generated and given to instances as `DATABASE_URL` alone. */
export function postgres(): Database {
  return { type: 'postgres' };
}

/**
 * A file of the repository that walks through something a customer does, again and again, and throws when it can't.
 *
 * @example httpProbe("order a book", "probes/order.ts", { every: "1s" })
 */
export function httpProbe(name: string, file: string, options: { /** From one start to the next. */ readonly every: Duration }): Probe {
  const read = new Reading(httpProbe, 'httpProbe');
  return written(httpProbe, {
    name: read.text('name', name, 80),
    file: read.matching('file', file, isInside, 'write a path inside the repository'),
    everyMs: read.duration('every', read.fields(options, ['every']).every, 50),
  });
}

const FIELDS: readonly (keyof ProcessesSpec)[] = ['run', 'instances', 'regions', 'health', 'metrics', 'database', 'data', 'settings', 'secrets', 'startTimeout', 'drain', 'probes', 'alarms'];

/**
 * An environment made of processes on this machine: per region a router with a stable address, the instances, and a
 * database where one is asked for.
 *
 * @example export const prod = processes("prod", { ...shared, regions: ["eu-west", "us-east"] })
 */
export function processes<const Name extends EnvironmentName>(name: Name, spec: ProcessesSpec & { readonly database: Database }): Environment<Name, 'postgres'>;
export function processes<const Name extends EnvironmentName>(name: Name, spec: ProcessesSpec & { readonly database?: never }): Environment<Name, 'none'>;
export function processes(name: EnvironmentName, spec: ProcessesSpec): Environment {
  const read = new Reading(processes, `processes "${String(name)}"`);
  read.oneOf('name', name, ['beta', 'gamma', 'prod']);
  const given = read.fields(spec, FIELDS);
  const path = (field: 'health' | 'metrics') => read.matching(field, given[field], (text) => /^\/[^\s\0]*$/.test(text), 'write a path that starts with "/"');
  const regions = read.list<string>('regions', given.regions, 1).map((region, index) => read.matching(`regions[${index}]`, region, (text) => NAME.test(text), NAME_RULE));
  read.distinct('regions', regions);
  if (given.database !== undefined && given.database.type !== 'postgres') throw read.wrong('database', 'write postgres(), or leave it out');
  const probes = read.list<Probe>('probes', given.probes, 0);
  read.distinct('probes', probes.map((probe) => probe.name));
  const alarms = read.list<AlarmPlan>('alarms', given.alarms, 0);
  read.distinct('alarms', alarms.map((alarm) => alarm.name));
  return written(processes, {
    name,
    driver: 'processes',
    regions,
    instances: read.whole('instances', given.instances, 1, 256),
    run: read.text('run', given.run),
    health: path('health'),
    metrics: path('metrics'),
    database: given.database === undefined ? 'none' : 'postgres',
    ...(given.data === undefined ? {} : { data: dataPath(read, given.data) }),
    ...variables(read, given),
    startTimeoutMs: read.duration('startTimeout', given.startTimeout ?? '30s', 1),
    drainMs: read.duration('drain', given.drain ?? '5s'),
    probes: [...probes],
    alarms: [...alarms],
  });
}

function dataPath(read: Reading, value: unknown): string {
  const fault = typeof value === 'string' ? dataFault(value) : 'write a path as a text, such as "/data"';
  return read.matching('data', value, () => fault === undefined, fault ?? '');
}

function variables(read: Reading, { settings = {}, secrets = [] }: ProcessesSpec): Pick<EnvironmentPlan, 'settings' | 'secrets'> {
  const isFree = (variable: string) => VARIABLE.test(variable) && variable !== '__proto__' && variable !== 'constructor' && variable !== 'prototype';
  const names = [...Object.keys(settings), ...read.list<string>('secrets', secrets, 0, 256)];
  for (const variable of names) {
    read.matching('settings', variable, isFree, VARIABLE_RULE);
    if (isReserved(variable)) throw read.wrong(`settings.${variable}`, 'Trunkline sets this one itself');
  }
  read.distinct('secrets', names);
  for (const [variable, value] of Object.entries(settings)) {
    if (typeof value !== 'string' || value.length > 32_768 || value.includes('\0')) throw read.wrong(`settings.${variable}`, 'write a text');
  }
  return { settings: { ...settings }, secrets: [...secrets] };
}
