/** One change on its way to production, while its host is killed at one point or more. */
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import type { Run } from '../../src/core/state.ts';
import { WHOLE } from '../../src/foundation/units.ts';
import type { Ended, Pipeline, Started } from '../rig/pipeline.ts';
import { until } from '../rig/waiting.ts';
import type { Subject } from './subject.ts';

/** `trunkline` with a wrapping that kills it where it is told. */
export const entry = fileURLToPath(new URL('./main.ts', import.meta.url));

/** `first`: onto empty regions. `good`: over an earlier release. `bad`: it fails in production and is put back. */
export type Kind = 'first' | 'good' | 'bad';

export interface TrialSpec {
  readonly pipeline: Pipeline;
  readonly subject: Subject;
  readonly kind: Kind;
  readonly number: number;
  /** Points at which the first host is killed, then the second, and so on. None: it only happens. */
  readonly crashes: readonly string[];
  readonly amidMs: number;
  /** A file for the names of the points that are reached. */
  readonly record?: string;
}

export interface Trial {
  readonly commit: string;
  readonly run: Run;
  /** Points that were not reached before the run was over. */
  readonly unreached: readonly string[];
  /** What was seen on the way that must never be. */
  readonly faults: readonly string[];
}

/** Releases one change. @throws when that does not come to its end in time, or a host ends as it should not. */
export async function attempt(spec: TrialSpec): Promise<Trial> {
  const { pipeline, subject, kind, number, crashes } = spec;
  const commit = subject.commit(pipeline, number, kind === 'bad');
  const stop = new AbortController();
  const faults = new Set<string>();
  const beside = Promise.all([pipeline.approve(commit, stop.signal), watchShares(pipeline, stop.signal, faults)]);
  beside.catch(() => undefined); // awaited below, also when something else fails first
  try {
    const unreached: string[] = [];
    for (const crash of crashes) if (!await killedAt(spec, commit, crash, faults)) unreached.push(crash);
    const run = await lastHost(spec, commit);
    return { commit, run, unreached, faults: [...faults] };
  } finally {
    stop.abort();
    await beside;
  }
}

/** Hosts until it is killed at the point, or until the run is over. */
async function killedAt(spec: TrialSpec, commit: string, point: string, faults: Set<string>): Promise<boolean> {
  const host = spec.pipeline.start(['up'], { entry, env: { CRASH_AT: point, CRASH_AMID: String(spec.amidMs) } });
  const end = await finishedOrEnded(spec, commit, host);
  if (end?.signal === 'SIGKILL') return true;
  if (end && end.code !== 0) faults.add(`the host that was to be killed ended by itself with ${end.code}: ${end.err.trim()}`);
  return false;
}

async function lastHost(spec: TrialSpec, commit: string): Promise<Run> {
  const { pipeline, record } = spec;
  const host = record === undefined ? pipeline.start(['up']) : pipeline.start(['up'], { entry, env: { CRASH_RECORD: record } });
  const end = await finishedOrEnded(spec, commit, host);
  if (end?.code !== 0) throw new Error(`the last host ended with ${end?.signal ?? end?.code}: ${end?.err.trim() ?? ''}${end?.out.trim() ?? ''}`);
  return pipeline.runOf(commit) as Run;
}

/** Ends the host politely once it has taken up and the run is over, if it lives till then; gives how it ended. */
async function finishedOrEnded({ pipeline, subject }: TrialSpec, commit: string, { child, ended }: Started): Promise<Ended> {
  const early: { end?: Ended } = {};
  void ended.then((end) => (early.end = end));
  const isOver = async (): Promise<true | undefined> => early.end || (pipeline.runOf(commit)?.finished && await pipeline.isHosted()) ? true : undefined;
  await until(`the run of ${commit.slice(0, 12)} is over`, isOver, subject.limit).catch((error: unknown) => {
    child.kill('SIGKILL');
    throw new Error(`${(error as Error).message}\n${story(pipeline)}`);
  });
  child.kill('SIGTERM');
  return ended;
}

/** The last events, for whoever must find out what happened. */
export function story(pipeline: Pipeline, last = 12): string {
  return pipeline.events().slice(-last).map((event) => `    ${event.seq} ${JSON.stringify(event).slice(0, 220)}`).join('\n');
}

/** The shares of every region at any moment: whole, and one release's at most where there is only one. */
async function watchShares(pipeline: Pipeline, signal: AbortSignal, faults: Set<string>): Promise<void> {
  while (!signal.aborted) {
    for (const { environment, region, state } of await pipeline.regions()) {
      const weights = [state.stable, state.candidate].flatMap((live) => (live ? [live.weight] : []));
      const sum = weights.reduce((total, weight) => total + weight, 0);
      const isWhole = weights.every((weight) => Number.isInteger(weight) && weight >= 0) && (sum === WHOLE || (!state.stable && sum === 0));
      if (!isWhole) faults.add(`the shares in ${environment}/${region} were ${weights.join(' + ')}`);
    }
    await sleep(300, undefined, { signal }).catch(() => undefined); // it rejects only when the signal aborts
  }
}
