import { access, rename, rmdir } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { ReleaseFiles } from '../../artifact/listing.ts';
import { TrunklineError, errorRecord } from '../../foundation/errors.ts';
import type { Clock } from '../../foundation/clock.ts';
import { lateAfter } from '../../foundation/late.ts';
import { removeFolder } from '../../foundation/removal.ts';
import { Secret } from '../../foundation/secret.ts';
import type { BasisPoints, Instant, Millis } from '../../foundation/units.ts';
import type { EnvironmentPlan } from '../../pipeline/plan.ts';
import { notLaunched, weights, type Placed } from '../desired.ts';
import type { EnvironmentDriver, LiveRelease, RegionState, Release, Telemetry } from '../driver.ts';
import { startAgent, type AgentSurroundings } from './agent-process.ts';
import { readStored } from './agent/stored.ts';
import { AgentGone, ask } from './ask.ts';
import { sizeOf } from './data-size.ts';
import { place, type Layout } from './layout.ts';
import { type Lock, takeLock } from './lock.ts';
import type { Answers, Operation, Request } from './protocol.ts';
import { endSurvivors, isOutdated, isSameAgent, livingAgent, type Identity } from './survivors.ts';
import type { Caller } from '../turns.ts';

const PATIENCE: Millis = 30_000;
/** Draining and a database's last checkpoint take their time; a stuck agent does not get more. */
const END_LIMIT: Millis = 90_000;
const OTHER_CLOCK: Millis = 1_000;
const OBSERVE_LIMIT: Millis = 10_000;
/** The agent answers what it is asked beside its work at once, unless it is stopped or stuck. */
const SILENCE: Millis = 20_000;
/** An agent binds its socket anew within half a second after it was removed; a busy machine may take longer. */
const REBOUND: Millis = 3_000;
const LOCK_LIMIT: Millis = 5_000;
const LOOK_EVERY: Millis = 20;
/** An agent that dies under the same call again and again is not cured by another start. */
const STARTS = 3;

export interface DriverSpec {
  readonly layout: Layout;
  readonly surroundings: AgentSurroundings;
  /** On whose behalf changes are asked for. */
  readonly caller?: Caller;
  readonly silence?: Millis;
  readonly clock: Clock;
  secret(name: string): Promise<Secret>;
}

/** Talks to the region's agent, which does the work, and starts it again whenever it is found dead. */
export class ProcessDriver implements EnvironmentDriver {
  readonly #spec: DriverSpec;
  readonly #layout: Layout;
  /** What the caller's clock shows more than the agent's: each began where the wall clock then was. */
  #ahead: Millis = 0;

  constructor(spec: DriverSpec) {
    this.#spec = spec;
    this.#layout = spec.layout;
  }

  /** Starts nothing: a region whose agent is dead has no healthy instance. */
  async observe(): Promise<RegionState> {
    const limit = lateAfter(Math.min(OBSERVE_LIMIT, this.#silence), () => this.#silent());
    for (const until = performance.now() + Math.min(REBOUND, this.#silence / 2); ;) {
      try {
        return await ask(this.#layout, 'observe', {}, limit);
      } catch (error) {
        if (limit.aborted) throw this.#silent();
        if (!(error instanceof AgentGone)) throw error;
      }
      // One that lives has healthy instances, whatever has become of its socket.
      const agent = await this.#serving();
      if (!agent) break;
      if (performance.now() > until) throw this.#unreachable(agent);
      await sleep(LOOK_EVERY);
    }
    const stored = await readStored(this.#layout.desired);
    if (!stored) return { launched: false, database: 'none' };
    const share = weights(stored);
    const dead = ({ release, plan }: Placed, weight: BasisPoints): LiveRelease => ({ release, weight, instances: { healthy: 0, total: plan.instances } });
    return {
      launched: true,
      url: `http://127.0.0.1:${stored.port}`,
      ...(stored.stable ? { stable: dead(stored.stable, share.stable) } : {}),
      ...(stored.candidate ? { candidate: dead(stored.candidate, share.candidate) } : {}),
      database: stored.plan.database === 'none' ? 'none' : 'stopped',
      ...(stored.plan.data === undefined ? {} : { data: { path: stored.plan.data, ...await sizeOf(this.#layout.data) } }),
    };
  }

  async launch(plan: EnvironmentPlan, signal: AbortSignal): Promise<void> {
    const secrets = await Promise.all(plan.secrets.map(async (name) => [name, (await this.#spec.secret(name)).reveal()] as const));
    // An agent with the walls of an earlier version runs no more of a commit: the call starts another.
    if (isOutdated(this.#layout)) await this.#end(signal);
    try {
      await this.#call('launch', { plan, secrets: Object.fromEntries(secrets) }, signal, { first: true });
    } catch (error) {
      // Nothing half-done stays, and a region that was there before stays whole.
      if (!await this.#launched()) await this.remove(new AbortController().signal);
      throw error;
    }
  }

  async prepare(release: Release, files: ReleaseFiles, signal: AbortSignal): Promise<void> {
    if (isOutdated(this.#layout)) await this.#end(signal);
    await this.#call('prepare', { release, files: { folder: files.folder, content: files.content } }, signal);
  }

  async shift(release: string, weight: BasisPoints, signal: AbortSignal): Promise<void> {
    await this.#call('shift', { release, weight }, signal);
  }

  async settle(release: string, signal: AbortSignal): Promise<void> {
    await this.#call('settle', { release }, signal);
  }

  async restore(signal: AbortSignal): Promise<void> {
    if (await this.#launched()) await this.#call('restore', {}, signal, { force: true });
  }

  async exercise(count: number, signal: AbortSignal): Promise<void> {
    await this.#call('exercise', { count }, signal);
  }

  async telemetry(since: Instant, after?: string): Promise<Telemetry> {
    if (!await this.#launched()) return { samples: [], traffic: [], probes: [] };
    const { clock } = this.#spec;
    const request = { lastMs: Math.ceil(clock.now() - since), ...(after === undefined ? {} : { after }) };
    const { now, ...measured } = await this.#call('telemetry', request, lateAfter(PATIENCE, () => this.#silent()));
    const ahead = clock.now() - now;
    // The answer has been on its way for a moment; only what is more than that is another clock.
    if (Math.abs(ahead - this.#ahead) > OTHER_CLOCK) this.#ahead = ahead;
    return shifted(measured, this.#ahead);
  }

  async database(): Promise<Secret | undefined> {
    if (!await this.#launched()) return undefined;
    const url = await this.#call('database', {}, lateAfter(PATIENCE, () => this.#silent()));
    return url === null ? undefined : new Secret(url);
  }

  async remove(signal: AbortSignal): Promise<void> {
    const { folder } = this.#layout;
    if (await exists(folder)) {
      await this.#end(signal);
      const lock = await this.#lock();
      if (!lock) throw new TrunklineError('REGION_BUSY', 'infra', `an agent of ${place(this.#layout.id)} runs although it was ended`, 'see that one Trunkline alone uses this state folder');
      try {
        await endSurvivors(this.#layout);
        // Renamed first: a crash half way leaves no region that looks alive.
        await rename(folder, join(dirname(folder), `.removed-${basename(folder)}`));
      } finally {
        lock.close();
      }
    }
    await removeFolder(join(dirname(folder), `.removed-${basename(folder)}`));
    await rmdir(dirname(folder)).catch((error: NodeJS.ErrnoException) => {
      if (error.code !== 'ENOTEMPTY' && error.code !== 'ENOENT' && error.code !== 'EEXIST') throw error;
    });
  }

  /** The threads of an agent that is dead may take a moment to let go of its files. */
  async #lock(): Promise<Lock | undefined> {
    const deadline = performance.now() + LOCK_LIMIT;
    for (;;) {
      const lock = takeLock(this.#layout.lock);
      if (lock || performance.now() > deadline) return lock;
      await sleep(LOOK_EVERY);
    }
  }

  /** Politely, if the agent answers; by force otherwise. Resolves once everything is proven dead. */
  async #end(signal: AbortSignal): Promise<void> {
    const patience = lateAfter(END_LIMIT, () => this.#silent());
    try {
      await this.#heard('end', {}, AbortSignal.any([signal, patience]));
    } catch (error) {
      if (!(error instanceof AgentGone) && !patience.aborted && errorRecord(error).code !== 'REGION_SILENT') throw error;
    }
    await endSurvivors(this.#layout);
  }

  async #launched(): Promise<boolean> {
    return exists(this.#layout.desired);
  }

  async #call<O extends Operation>(operation: O, request: Request<O>, signal: AbortSignal, { first = false, force = false } = {}): Promise<Answers[O]> {
    const deadline = performance.now() + PATIENCE + this.#silence;
    let unreached: { readonly agent: Identity; readonly since: number } | undefined;
    for (let starts = 0; ;) {
      let instead: Identity | undefined;
      try {
        return await this.#heard(operation, request, signal);
      } catch (error) {
        const isSilent = errorRecord(error).code === 'REGION_SILENT';
        // An agent that answers nobody serves nobody: what must be done now is done by its successor.
        if (isSilent && force && starts === 0) instead = await livingAgent(this.#layout);
        else if (!(error instanceof AgentGone)) throw error;
        if (!first && !await this.#launched()) throw notLaunched(place(this.#layout.id));
        const agent = await this.#serving();
        if (!agent) unreached = undefined;
        else if (!isSameAgent(unreached?.agent, agent)) unreached = { agent, since: performance.now() };
        else if (performance.now() - (unreached?.since ?? 0) > this.#silence) instead = agent;
        if (starts === STARTS || performance.now() > deadline) throw unreached ? this.#unreachable(unreached.agent) : this.#ended(error as Error);
      }
      if (await awaited(startAgent(this.#layout, this.#spec.surroundings, instead), signal) === 'started') starts++;
    }
  }

  /** The agent that lives and has said that it answers. */
  async #serving(): Promise<Identity | undefined> {
    const agent = await livingAgent(this.#layout);
    return agent?.serves === false ? undefined : agent;
  }

  /** As {@link ask}, while the agent shows that it is alive. @throws {TrunklineError} `REGION_SILENT` when it does not. */
  async #heard<O extends Operation>(operation: O, request: Request<O>, signal: AbortSignal): Promise<Answers[O]> {
    const silent = new AbortController();
    const answered = new AbortController();
    void this.#listen(answered.signal).then((isAlive) => {
      if (!isAlive) silent.abort(this.#silent());
    });
    try {
      return await ask(this.#layout, operation, request, AbortSignal.any([signal, silent.signal]), this.#spec.caller);
    } finally {
      answered.abort();
    }
  }

  /** Asks beside the work, until that is done. Answers false when the agent was silent for too long; it never rejects. */
  async #listen(over: AbortSignal): Promise<boolean> {
    let heardAt = performance.now();
    while (!over.aborted) {
      await sleep(this.#silence / 4, undefined, { signal: over, ref: false }).catch(() => {}); // the loop looks itself
      if (over.aborted) break;
      const isAlive = await ask(this.#layout, 'observe', {}, AbortSignal.any([over, lateAfter(this.#silence / 2, () => this.#silent())])).then(() => true, (error: unknown) => error instanceof AgentGone);
      if (isAlive) heardAt = performance.now();
      else if (!over.aborted && performance.now() - heardAt >= this.#silence) return false;
    }
    return true;
  }

  get #silence(): Millis {
    return this.#spec.silence ?? SILENCE;
  }

  #ended({ message }: Error): TrunklineError {
    return new TrunklineError('AGENT_FAILED', 'infra', `the agent of ${place(this.#layout.id)} ended again and again: ${message}`, `see ${this.#layout.log}`);
  }

  #unreachable({ pid }: Identity): TrunklineError {
    return new TrunklineError('AGENT_UNREACHABLE', 'infra',
      `the agent of ${place(this.#layout.id)} lives (process ${pid}), but nobody answers at its socket ${this.#layout.socket}`,
      `it binds the socket anew unless it is stopped, stuck or kept from it: see ${this.#layout.log}; the next change replaces it`);
  }

  #silent(): TrunklineError {
    return new TrunklineError('REGION_SILENT', 'infra', `the agent of ${place(this.#layout.id)} does not answer`, `see ${this.#layout.log}`);
  }
}

/** Holds this process while an agent starts, for as long as somebody wants it. @throws the signal's reason. */
async function awaited<Value>(work: Promise<Value>, signal: AbortSignal): Promise<Value> {
  const left = Promise.withResolvers<never>();
  const leave = (): void => left.reject(signal.reason);
  const hold = setInterval(() => {}, 60_000);
  signal.addEventListener('abort', leave, { once: true });
  try {
    return await Promise.race([work, left.promise]);
  } finally {
    clearInterval(hold);
    signal.removeEventListener('abort', leave);
    work.catch(() => {}); // whoever left is not told
  }
}

function shifted(telemetry: Telemetry, by: Millis): Telemetry {
  if (by === 0) return telemetry;
  const moved = <Reading extends { readonly at: Instant; readonly from?: Instant }>(readings: readonly Reading[]): readonly Reading[] => readings
    .map((reading) => ({ ...reading, at: reading.at + by, ...(reading.from === undefined ? {} : { from: reading.from + by }) }));
  const { samples, traffic, probes, instances } = telemetry;
  return { ...telemetry, samples: moved(samples), traffic: moved(traffic), probes: moved(probes), ...(instances ? { instances: moved(instances) } : {}) };
}

async function exists(path: string): Promise<boolean> {
  return access(path).then(() => true, () => false);
}
