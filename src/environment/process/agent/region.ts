import { access, rename } from 'node:fs/promises';
import { join } from 'node:path';
import { newId } from '../../../foundation/ids.ts';
import { systemClock } from '../../../foundation/clock.ts';
import { requireContent, type ReleaseFiles } from '../../../artifact/listing.ts';
import type { BasisPoints, Millis } from '../../../foundation/units.ts';
import { errorRecord, TrunklineError } from '../../../foundation/errors.ts';
import { removeFolder } from '../../../foundation/removal.ts';
import type { EnvironmentPlan } from '../../../pipeline/plan.ts';
import { noCandidate, notLaunched, preparation, probing, restored, settled, shifted, weights, type Placed } from '../../desired.ts';
import type { LiveRelease, RegionState, Release } from '../../driver.ts';
import type { Answers } from '../protocol.ts';
import { sizeOf, type DataSize } from '../data-size.ts';
import { place as placeName, type Layout } from '../layout.ts';
import type { Walls } from '../walls.ts';
import type { Counts } from './counts.ts';
import { Database, databaseWalls } from './database.ts';
import { place } from './files.ts';
import { Fleet } from './fleet.ts';
import { History } from './history.ts';
import { InstanceLog } from './instance-log.ts';
import { Measuring } from './measuring.ts';
import { freePort } from './port.ts';
import { Prober } from './prober.ts';
import { Probing } from './probing.ts';
import { Router } from './router.ts';
import { chosen, marksOf, plainEnvironment, readSecrets, secretsOf } from './surroundings.ts';
import { sweep } from './sweep.ts';
import { readFence, readStored, writeStored, writeWhole, type Stored } from './stored.ts';
import { Turns, type Caller } from '../../turns.ts';
import type { Fenced } from '../../fence.ts';
import { Keeping } from './keeping.ts';

export interface Surroundings {
  readonly layout: Layout;
  readonly walls: Walls;
  note(line: string): void;
}

const COUNTED_EVERY: Millis = 1_000;

/** A region at work. What is on disk is what is meant; what runs follows it, also after a crash at any point. */
export class Region {
  readonly #around: Surroundings;
  readonly #layout: Layout;
  readonly #turns: Turns;
  readonly #keeping: Keeping;
  readonly #counts: Counts;
  readonly #history = new History(newId('h', systemClock.now()));
  readonly #router: Router;
  readonly #database: Database;
  readonly #prober: Prober;
  readonly #proberLog: InstanceLog;
  readonly #measuring: Measuring;
  readonly #fleets = new Map<string, Fleet>();
  #probing: Probing | undefined;
  #dataSize: { readonly at: Millis; readonly size: Promise<DataSize> } | undefined;
  #stored: Stored | undefined;
  #secrets: { readonly [name: string]: string } = {};
  /** Releases that leave: routed to no more, and being ended. */
  #leaving: Promise<void> = Promise.resolve();

  private constructor(around: Surroundings, counts: Counts, highest: Fenced | undefined) {
    this.#around = around;
    this.#layout = around.layout;
    this.#turns = new Turns({ place: placeName(around.layout.id), ...(highest ? { highest } : {}), keep: (fence) => this.#keepFence(fence) });
    this.#keeping = new Keeping(around.layout.desired, (line) => around.note(line));
    this.#counts = counts;
    this.#router = new Router(counts);
    this.#database = new Database(this.#layout.database, databaseWalls(around.walls, this.#layout), (line) => around.note(line), () => this.#recycle());
    this.#proberLog = new InstanceLog(join(this.#layout.logs, 'prober.log'), () => this.#masked(this.#secrets));
    this.#prober = new Prober({ walls: { tools: around.walls.application, hidden: around.walls.hidden, held: around.walls.held }, marks: marksOf(this.#layout), releases: this.#layout.releases, homes: this.#layout.homes, environment: plainEnvironment(this.#layout), note: (line) => this.#proberLog.line(line) });
    this.#measuring = new Measuring({ history: this.#history, counts, file: this.#layout.counts, lives: () => [...this.#fleets.values()], note: (line) => around.note(line) });
  }

  /** Takes up what was in force when the last agent ended. @throws {TrunklineError} when that can't be. */
  static async open(around: Surroundings): Promise<Region> {
    const { layout } = around;
    const region = new Region(around, await Measuring.storedCounts(layout.counts), await readFence(layout.fence));
    const stored = await region.#meant(await readStored(layout.desired));
    await sweep(layout, region.#counts, [stored?.stable, stored?.candidate], (line) => around.note(line));
    region.#secrets = await readSecrets(layout.secrets);
    if (stored) await region.#takeUp(stored);
    return region;
  }

  get isLaunched(): boolean {
    return this.#stored !== undefined;
  }

  async observe(): Promise<RegionState> {
    const stored = this.#stored;
    if (!stored) return { launched: false, database: 'none' };
    const share = weights(stored);
    const live = (placed: Placed, weight: BasisPoints): LiveRelease => ({
      release: placed.release, weight, instances: this.#fleets.get(placed.release.id)?.instances ?? { healthy: 0, total: placed.plan.instances },
    });
    return {
      launched: true,
      url: `http://127.0.0.1:${stored.port}`,
      ...(stored.stable ? { stable: live(stored.stable, share.stable) } : {}),
      ...(stored.candidate ? { candidate: live(stored.candidate, share.candidate) } : {}),
      database: this.#database.state,
      ...(stored.plan.data === undefined ? {} : { data: { path: stored.plan.data, ...await this.#sizeOfData() } }),
    };
  }

  /** Asked often, and counted once in a while. */
  #sizeOfData(): Promise<DataSize> {
    const now = performance.now();
    if (!this.#dataSize || now - this.#dataSize.at > COUNTED_EVERY) this.#dataSize = { at: now, size: sizeOf(this.#layout.data) };
    return this.#dataSize.size;
  }

  launch(plan: EnvironmentPlan, secrets: { readonly [name: string]: string }, signal: AbortSignal, caller: Caller): Promise<void> {
    return this.#turns.take(caller, signal, async (mine) => {
      await writeWhole(this.#layout.secrets, JSON.stringify(secrets));
      this.#secrets = secrets;
      if (plan.database === 'postgres') await this.#database.start(mine);
      if (this.#stored) await this.#persist({ ...this.#stored, plan });
      else await this.#takeUp(await this.#firstState(plan));
      // An ill release is for observe() to tell: bringing the region up is done when it was tried.
      await Promise.allSettled([...this.#fleets.values()].map((fleet) => fleet.ready(mine)));
    });
  }

  prepare(release: Release, files: ReleaseFiles, signal: AbortSignal, caller: Caller): Promise<void> {
    return this.#turns.take(caller, signal, async (mine) => {
      const stored = this.#launched();
      if (preparation(stored, release) === 'present') return this.#fleets.get(release.id)?.ready(mine);
      await this.#leaving;
      await place(files, this.#folder(release.id), mine);
      const placed: Placed = { release, plan: stored.plan, content: files.content };
      const fleet = this.#fleet(placed);
      try {
        await fleet.ready(mine);
        await this.#persist({ ...stored, candidate: placed, weight: 0 });
      } catch (error) {
        await this.#remove(fleet);
        throw error;
      }
      this.#follow();
    });
  }

  shift(release: string, weight: BasisPoints, signal: AbortSignal, caller: Caller): Promise<void> {
    return this.#turns.take(caller, signal, async (mine) => {
      const stored = this.#launched();
      const next = { ...shifted(stored, release, weight), port: stored.port };
      // Also when it is meant already: then an agent that died may have left it meant, and not yet in force.
      if (next.weight > 0 && next.weight >= stored.weight) await this.#fleets.get(next.candidate?.release.id as string)?.ready(mine);
      if (next.weight < stored.weight) {
        this.#stored = next;
        this.#follow();
      }
      await this.#persist(next);
      this.#follow();
    });
  }

  settle(release: string, caller: Caller): Promise<void> {
    return this.#turns.take(caller, new AbortController().signal, async () => {
      const stored = this.#launched();
      await this.#persist({ ...settled(stored, release), port: stored.port });
      this.#follow();
      await this.#leaving;
    });
  }

  /** Traffic first: the weights of a running router need no disk, and a full one keeps nobody on a bad release. */
  restore(caller: Caller): Promise<void> {
    this.#turns.preempt(caller, new TrunklineError('PREEMPTED', 'refused', 'the region is being restored', 'wait until that is done'));
    return this.#turns.take(caller, new AbortController().signal, async () => {
      const stored = this.#stored;
      if (!stored) return;
      this.#stored = { ...restored(stored), port: stored.port };
      this.#follow();
      await this.#keepRestored(this.#stored, stored.candidate);
      await this.#leaving;
    });
  }

  exercise(count: number): void {
    const { candidate } = this.#launched();
    if (!candidate) throw noCandidate(placeName(this.#layout.id));
    if (candidate.plan.probes.length === 0) {
      throw new TrunklineError('NO_PROBES', 'usage', `release ${candidate.release.id} has no probes that could send requests`, 'give the environment probes');
    }
    this.#probing?.exercise(candidate, count);
  }

  telemetry(lastMs: Millis, after: string | undefined): Answers['telemetry'] {
    const now = systemClock.now();
    return { now, ...this.#history.since(now - lastMs, after) };
  }

  database(): string | null {
    return this.#database.url?.reveal() ?? null;
  }

  /** Ends everything that runs here; what is meant stays on disk. */
  async end(): Promise<void> {
    this.#turns.preempt(undefined, new TrunklineError('PREEMPTED', 'refused', 'the region is ending'));
    await this.#turns.take(undefined, new AbortController().signal, async () => {
      this.#probing?.stop();
      this.#probing?.rest();
      await this.#prober.end();
      await this.#proberLog.close();
      await this.#router.close();
      await Promise.all([...this.#fleets.values()].map((fleet) => fleet.end()));
      await this.#leaving;
      await this.#database.stop();
      await this.#measuring.stop();
      this.#keeping.stop();
    });
  }

  async #firstState(plan: EnvironmentPlan): Promise<Stored> {
    const stored: Stored = { port: await freePort(), plan, weight: 0 };
    await writeStored(this.#layout.desired, stored);
    return stored;
  }

  async #takeUp(stored: Stored): Promise<void> {
    await this.#router.listen(stored.port);
    if (stored.plan.database === 'postgres') await this.#database.start(new AbortController().signal);
    this.#stored = stored;
    this.#probing = new Probing({
      prober: this.#prober,
      url: `http://127.0.0.1:${stored.port}`,
      folder: (release) => this.#folder(release),
      record: (result) => this.#history.probe(result),
      synthetic: (release) => this.#counts.of(release).synthetic,
    });
    for (const placed of [stored.stable, stored.candidate]) if (placed) this.#fleet(placed);
    this.#follow();
    this.#measuring.start();
  }

  /** Makes what runs follow what is stored: routing first, so that nothing that ends is still routed to. */
  #follow(): void {
    const { stable, candidate, weight } = this.#launched();
    const fleet = (placed: Placed | undefined): Fleet | undefined => placed && this.#fleets.get(placed.release.id);
    this.#router.stable = fleet(stable);
    this.#router.candidate = fleet(candidate);
    this.#router.split.weight = weight;
    this.#probing?.follow(probing(this.#launched()));
    const staying = new Set([stable?.release.id, candidate?.release.id]);
    const leaving = [...this.#fleets.values()].filter(({ release }) => !staying.has(release));
    if (leaving.length === 0) return;
    this.#probing?.rest();
    this.#prober.renew();
    this.#leaving = Promise.all([this.#leaving, ...leaving.map((each) => this.#remove(each))]).then(() => {});
  }

  async #remove(fleet: Fleet): Promise<void> {
    this.#fleets.delete(fleet.release);
    await fleet.end();
    for (const folder of [this.#folder(fleet.release), this.#gone(fleet.release)]) {
      await removeFolder(folder).catch((error: unknown) => this.#around.note(errorRecord(error).message));
    }
    this.#measuring.count();
    this.#counts.forget(fleet.release);
  }

  #fleet(placed: Placed): Fleet {
    const { application: tools, hidden, held } = this.#around.walls;
    const { id } = placed.release;
    const secrets = chosen(this.#secrets, placed.plan.secrets);
    const fleet = new Fleet(placed, {
      walls: { tools, hidden, held }, marks: marksOf(this.#layout), data: this.#layout.data, homes: this.#layout.homes, logs: this.#layout.logs,
      files: this.#folder(id),
      whole: async () => placed.content && requireContent({ folder: this.#folder(id), content: placed.content }),
      crashed: () => this.#counts.crash(id),
      masked: this.#masked(secrets),
      environment: ({ port, home, temporary, data }) => ({
        ...placed.plan.settings, ...secrets, ...plainEnvironment(this.#layout),
        HOME: home, TMPDIR: temporary, PORT: String(port), TRUNKLINE_RELEASE: id, ...(data === undefined ? {} : { TRUNKLINE_DATA: data }),
        ...(this.#database.url ? { DATABASE_URL: this.#database.url.reveal() } : {}),
      }),
    });
    this.#fleets.set(id, fleet);
    this.#counts.begin(id);
    return fleet;
  }

  /** What no log of the region may show; what its release answers, a probe may repeat. */
  #masked(secrets: { readonly [name: string]: string }): readonly string[] {
    return [...Object.values(secrets), ...secretsOf(this.#database.url)];
  }

  #recycle(): void {
    for (const fleet of this.#fleets.values()) fleet.recycle();
  }

  #launched(): Stored {
    if (!this.#stored) throw notLaunched(placeName(this.#layout.id));
    return this.#stored;
  }

  #folder(release: string): string {
    return join(this.#layout.releases, release);
  }

  #gone(release: string): string {
    return join(this.#layout.releases, `.gone-${release}`);
  }

  async #persist(stored: Stored): Promise<void> {
    await this.#keeping.write(stored);
    this.#stored = stored;
  }

  /**
   * A restore that can't be written is still over once the candidate's files are out of the way, which takes no space: a
   * release without files is one that was taken out, whatever the file of what is meant says. It is written later.
   */
  async #keepRestored(stored: Stored, candidate: Placed | undefined): Promise<void> {
    try {
      await this.#keeping.write(stored);
    } catch (error) {
      if (candidate) await rename(this.#folder(candidate.release.id), this.#gone(candidate.release.id));
      this.#keeping.later(stored, error);
    }
  }

  /** What is meant, without a candidate whose files were taken out. */
  async #meant(stored: Stored | undefined): Promise<Stored | undefined> {
    const candidate = stored?.candidate?.release.id;
    if (!stored || candidate === undefined || await access(this.#folder(candidate)).then(() => true, () => false)) return stored;
    this.#around.note(`${candidate} was taken out, though ${this.#layout.desired} still names it`);
    const meant = { ...restored(stored), port: stored.port };
    this.#keeping.later(meant);
    return meant;
  }

  /** A fence that can't be written keeps no change back that needs no disk itself. */
  async #keepFence(fence: Fenced): Promise<void> {
    await writeWhole(this.#layout.fence, JSON.stringify(fence)).catch((error: unknown) => this.#around.note(`fence not kept: ${String(error)}`));
  }
}
