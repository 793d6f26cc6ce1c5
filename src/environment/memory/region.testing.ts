import type { ReleaseFiles } from '../../artifact/listing.ts';
import { TrunklineError } from '../../foundation/errors.ts';
import type { Secret } from '../../foundation/secret.ts';
import type { BasisPoints, Instant, Millis } from '../../foundation/units.ts';
import type { EnvironmentPlan } from '../../pipeline/plan.ts';
import { noCandidate, notLaunched, preparation, probing, restored, settled, shifted, weights, type Desired, type Placed } from '../desired.ts';
import type { EnvironmentDriver, LiveRelease, MetricSample, ProbeResult, RegionState, Release, Telemetry, TrafficSample } from '../driver.ts';
import { Split } from '../split.ts';
import { Turns, type Caller } from '../turns.ts';
import { Running } from './running.testing.ts';
import type { MemoryWorld } from './world.testing.ts';

const SECOND: Millis = 1_000;

/** A region without a machine: time moves it, and what it does is data. */
export class MemoryRegion implements EnvironmentDriver {
  readonly #world: MemoryWorld;
  readonly #name: string;
  #turns: Turns;
  readonly #split = new Split();
  readonly #running = new Map<string, Running>();
  #desired: Desired | undefined;
  /** Up to when everything has happened. */
  #now: Instant;
  #wanted = 0;
  #samples: MetricSample[] = [];
  #traffic: TrafficSample[] = [];
  #probes: ProbeResult[] = [];

  constructor(world: MemoryWorld, name: string) {
    this.#world = world;
    this.#name = name;
    this.#turns = new Turns({ place: name });
    this.#now = world.clock.now();
  }

  get isLaunched(): boolean {
    return this.#desired !== undefined;
  }

  async observe(): Promise<RegionState> {
    this.#catchUp();
    const desired = this.#desired;
    if (!desired) return { launched: false, database: 'none' };
    const share = weights(desired);
    const live = (placed: Placed, weight: BasisPoints): LiveRelease => ({
      release: placed.release, weight, instances: { healthy: this.#running.get(placed.release.id)?.healthy ? placed.plan.instances : 0, total: placed.plan.instances },
    });
    return {
      launched: true,
      url: `http://${this.#name.replace('/', '.')}.invalid`,
      ...(desired.stable ? { stable: live(desired.stable, share.stable) } : {}),
      ...(desired.candidate ? { candidate: live(desired.candidate, share.candidate) } : {}),
      database: 'none',
    };
  }

  /** The same region, changed on behalf of a turn. */
  of(caller: Caller): EnvironmentDriver {
    return {
      observe: () => this.observe(), telemetry: (since) => this.telemetry(since), database: () => this.database(),
      exercise: (count, signal) => this.exercise(count, signal), remove: (signal) => this.remove(signal),
      launch: (plan, signal) => this.launch(plan, signal, caller),
      prepare: (release, files, signal) => this.prepare(release, files, signal, caller),
      shift: (release, weight, signal) => this.shift(release, weight, signal, caller),
      settle: (release, signal) => this.settle(release, signal, caller),
      restore: (signal) => this.restore(signal, caller),
    };
  }

  launch(plan: EnvironmentPlan, signal: AbortSignal, caller?: Caller): Promise<void> {
    return this.#turns.take(caller, signal, async () => this.#become({ ...this.#desired ?? { weight: 0 }, plan }));
  }

  prepare(release: Release, _files: ReleaseFiles, signal: AbortSignal, caller?: Caller): Promise<void> {
    return this.#turns.take(caller, signal, async (mine) => {
      const desired = this.#launched();
      if (preparation(desired, release) === 'present') return;
      const behaviour = this.#world.behaviour(release.commit);
      const { startTimeoutMs } = desired.plan;
      const ill = !(behaviour.healthy ?? true) || (behaviour.startMs ?? 0) > startTimeoutMs;
      const wait = ill ? startTimeoutMs : behaviour.startMs ?? 0;
      if (wait > 0) await this.#world.clock.sleep(wait, mine);
      if (ill) throw new TrunklineError('INSTANCE_UNHEALTHY', 'code', `release ${release.id}: an instance is not healthy within ${startTimeoutMs} ms`);
      this.#become({ ...desired, candidate: { release, plan: desired.plan }, weight: 0 });
    });
  }

  shift(release: string, weight: BasisPoints, signal: AbortSignal, caller?: Caller): Promise<void> {
    return this.#turns.take(caller, signal, async () => {
      const next = shifted(this.#launched(), release, weight);
      if (next.weight > this.#launched().weight && !this.#of(next.candidate)?.healthy) {
        throw new TrunklineError('INSTANCE_UNHEALTHY', 'code', `release ${release} has no healthy instance`);
      }
      this.#become(next);
    });
  }

  settle(release: string, signal: AbortSignal, caller?: Caller): Promise<void> {
    return this.#turns.take(caller, signal, async () => this.#become(settled(this.#launched(), release)));
  }

  async restore(_signal: AbortSignal, caller?: Caller): Promise<void> {
    this.#turns.preempt(caller, new TrunklineError('PREEMPTED', 'refused', 'the region is being restored', 'wait until that is done'));
    await this.#turns.take(caller, new AbortController().signal, async () => {
      if (this.#desired) this.#become(restored(this.#desired));
    });
  }

  async remove(_signal: AbortSignal): Promise<void> {
    this.#turns.preempt(undefined, new TrunklineError('PREEMPTED', 'refused', 'the region is being removed'));
    await this.#turns.take(undefined, new AbortController().signal, async () => {
      this.#desired = undefined;
      this.#running.clear();
      this.#wanted = 0;
      [this.#samples, this.#traffic, this.#probes] = [[], [], []];
    });
    this.#turns = new Turns({ place: this.#name });
  }

  async exercise(count: number, signal: AbortSignal): Promise<void> {
    signal.throwIfAborted();
    this.#catchUp();
    const { candidate } = this.#launched();
    if (!candidate) throw noCandidate(this.#name);
    if (candidate.plan.probes.length === 0) throw new TrunklineError('NO_PROBES', 'usage', `release ${candidate.release.id} has no probes that could send requests`, 'give the environment probes');
    this.#wanted += count;
  }

  async telemetry(since: Instant): Promise<Telemetry> {
    this.#catchUp();
    const after = <T extends { readonly at: Instant }>(samples: readonly T[]): readonly T[] => samples.filter(({ at }) => at >= since);
    return { samples: after(this.#samples), traffic: after(this.#traffic), probes: after(this.#probes) };
  }

  async database(): Promise<Secret | undefined> {
    return undefined;
  }

  /** One request, now: the release that answered, if one did. */
  visit(): string | undefined {
    this.#catchUp();
    const answered = this.#route(false);
    answered?.serve(false);
    return answered?.id;
  }

  #become(desired: Desired): void {
    this.#catchUp();
    this.#desired = desired;
    for (const placed of [desired.stable, desired.candidate]) {
      if (placed && !this.#running.has(placed.release.id)) this.#running.set(placed.release.id, new Running(placed, () => this.#world.behaviour(placed.release.commit)));
    }
    const staying = [desired.stable?.release.id, desired.candidate?.release.id];
    for (const id of this.#running.keys()) if (!staying.includes(id)) this.#running.delete(id);
    if (!desired.candidate) this.#wanted = 0;
    this.#split.weight = desired.weight;
  }

  /** Everything that was due since the last look, second by second. */
  #catchUp(): void {
    const until = this.#world.clock.now();
    while (this.#now + SECOND <= until) {
      this.#now += SECOND;
      if (this.#desired) this.#second(this.#desired);
    }
  }

  #second(desired: Desired): void {
    for (let n = 0; n < this.#world.requestsPerSecond; n++) this.#route(false)?.serve(false);
    const everyday = probing(desired);
    for (const { name, everyMs } of everyday?.plan.probes ?? []) {
      const runs = Math.floor(this.#now / everyMs) - Math.floor((this.#now - SECOND) / everyMs);
      for (let run = 0; run < runs; run++) this.#probe(name, false);
    }
    const exercise = Math.min(this.#wanted, 10);
    this.#wanted -= exercise;
    for (let n = 0; n < exercise; n++) this.#probe(desired.candidate?.plan.probes[0]?.name ?? '', true);
    for (const running of this.#running.values()) {
      this.#traffic.push(running.traffic(this.#now));
      this.#samples.push(...running.metrics(this.#now));
    }
  }

  #probe(probe: string, steered: boolean): void {
    const answering = this.#route(steered);
    if (!answering) return;
    const ok = answering.serve(true);
    this.#probes.push({ at: this.#now, probe, release: answering.id, ok, detail: ok ? '' : 'it answers 500' });
  }

  /** As the real router does: an ill candidate loses its turn to the stable release. */
  #route(steered: boolean): Running | undefined {
    const { stable, candidate } = this.#desired ?? {};
    if (steered && candidate) return this.#of(candidate);
    const turn = this.#split.next() === 'candidate' ? this.#of(candidate) : this.#of(stable);
    return turn && turn === this.#of(candidate) && !turn.healthy && stable ? this.#of(stable) : turn;
  }

  #of(placed: Placed | undefined): Running | undefined {
    return placed && this.#running.get(placed.release.id);
  }

  #launched(): Desired {
    if (!this.#desired) throw notLaunched(this.#name);
    return this.#desired;
  }
}
