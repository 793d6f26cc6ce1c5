/** Releases change after change into one pipeline, each with its own crashes; a new pipeline where one is spoilt. */
import { Pipeline } from '../rig/pipeline.ts';
import type { Case } from './cases.ts';
import { faultsOf, referenceOf, type Reference } from './checks.ts';
import type { Subject } from './subject.ts';
import { attempt, entry, story, type Trial, type TrialSpec } from './trial.ts';

export interface Verdict {
  readonly case: Case;
  readonly faults: readonly string[];
  readonly unreached: readonly string[];
  readonly reference?: Reference;
  readonly durationMs: number;
}

/** Where a host that takes everything down is killed, in turn. */
const DOWN = ['after region.remove gamma/east #1', 'amid region.remove prod/west #1', 'before append environment-removed #1', 'before region.remove beta/east #1', 'after append environment-removed #1'];

/** A journal that has grown long makes each start slower, and says nothing new. */
const MOST_RUNS = 25;

export class Worker {
  readonly #subject: Subject;
  readonly #root: string;
  #pipeline: Pipeline | undefined;
  #number = 0;
  #ends = 0;
  #live = { run: '', number: 0 };

  /** @param root where its pipelines get their folders. */
  constructor(subject: Subject, root: string) {
    this.#subject = subject;
    this.#root = root;
  }

  /**
   * @param reference how such a run ends undisturbed; without one, this run is the reference.
   * @param record a file for the names of the points that are reached.
   */
  async perform(one: Case, reference?: Reference, record?: string): Promise<Verdict> {
    const began = performance.now();
    const faults: string[] = [];
    let trial: Trial | undefined;
    let known = reference;
    try {
      const spec = await this.#ready(one, record);
      try {
        trial = await attempt(spec);
        known ??= referenceOf(trial.run);
        if (one.kind !== 'bad') this.#live = { run: trial.run.id, number: spec.number };
        faults.push(...await faultsOf(spec, trial, known, this.#live));
      } catch (error) {
        faults.push(error instanceof Error ? error.stack ?? error.message : String(error));
      }
      if (faults.length > 0) faults.push(`the last events:\n${story(spec.pipeline, 25)}`, ...await this.end().then((left) => left, (error: unknown) => [String(error)]));
    } catch (error) {
      faults.push(`it could not be set up: ${error instanceof Error ? error.stack ?? error.message : String(error)}`);
    }
    return { case: one, faults, unreached: trial?.unreached ?? [], durationMs: performance.now() - began, ...(known ? { reference: known } : {}) };
  }

  /** Takes the pipeline down, and is killed once while it does; gives what should not be so then. */
  async end(): Promise<readonly string[]> {
    const pipeline = this.#pipeline;
    this.#pipeline = undefined;
    if (!pipeline) return [];
    const urls = (await pipeline.regions()).flatMap(({ state }) => (state.url === undefined ? [] : [state.url]));
    const crash = DOWN[this.#ends++ % DOWN.length] as string;
    if (pipeline.folded().unfinished.size === 0) await pipeline.trunkline(['down'], { entry, env: { CRASH_AT: crash } });
    const left = await pipeline.end();
    const open = await Promise.all(urls.map(async (url) => fetch(url).then(() => [`${url} still answers after down`], () => [])));
    const untold = [...pipeline.folded().live].filter(([, { removedAt }]) => removedAt === undefined).map(([place]) => `the journal does not say that ${place} ended (down was killed ${crash})`);
    return [...left.map(({ pid, command }) => `process ${pid} outlived down: ${command.slice(0, 160)}`), ...open.flat(), ...untold];
  }

  /** What `case` needs to begin: empty regions, or an earlier release in them. */
  async #ready({ kind, crashes, amidMs }: Case, record: string | undefined): Promise<TrialSpec> {
    if (kind === 'first' || this.#number >= MOST_RUNS || !this.#pipeline) {
      const left = await this.end();
      if (left.length > 0) throw new Error(left.join('; '));
      this.#pipeline = new Pipeline(this.#root);
      this.#number = 0;
    }
    const pipeline = this.#pipeline;
    if (kind !== 'first' && this.#number === 0) {
      const { run } = await attempt({ pipeline, subject: this.#subject, kind: 'first', number: ++this.#number, crashes: [], amidMs });
      if (run.finished?.outcome !== 'SUCCEEDED') throw new Error(`the first release ended ${run.finished?.outcome}: ${run.finished?.reason}`);
      this.#live = { run: run.id, number: this.#number };
    }
    return { pipeline, subject: this.#subject, kind, number: ++this.#number, crashes, amidMs, ...(record === undefined ? {} : { record }) };
  }
}
