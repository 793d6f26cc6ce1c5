import { TrunklineError } from '../foundation/errors.ts';
import type { Event, EventOf, Recorded } from '../journal/events.ts';
import type { Attempt, AttemptCommit } from './attempt.ts';
import { Trunk } from './trunk.ts';

type Draft = { -readonly [Field in keyof Attempt]: Attempt[Field] };

interface KnownRun {
  /** What becomes live when it succeeds: the commit of the run, or of the one that it restores. */
  readonly commit: string;
  reachesProd: boolean;
  /** Some region of production has its release. */
  hasSettled?: true;
  /** The artifact that its rollout brings to production. */
  artifact?: string;
  /** Its attempt under way, or the last one. */
  latest: Draft;
}

/** All attempts that a journal tells of, in the order of their starts. @throws {TrunklineError} `JOURNAL_INCONSISTENT` */
export function attemptsOf(events: Iterable<Recorded>): Attempt[] {
  const history = new History();
  for (const event of events) history.take(event);
  return history.attempts;
}

class History {
  readonly attempts: Draft[] = [];
  readonly #runs = new Map<string, KnownRun>();
  readonly #trunk = new Trunk();
  readonly #productions = new Set<string>();
  /** The commit of the last success that changed production. */
  #released: string | undefined;
  /** What production runs; undefined before the first release, and when an environment was taken down. */
  #live: string | undefined;

  take(event: Event): void {
    switch (event.type) {
      case 'commit-pushed': return this.#push(event);
      case 'trunk-rewritten': return this.#orphan(event.orphaned);
      case 'run-started': return this.#start(event);
      case 'plan-adopted':
        this.#run(event.run).reachesProd = event.plan.stages.some(({ name }) => name === 'prod');
        return;
      case 'run-retried': return this.#retry(event);
      case 'rollout-started':
        if (event.stage !== 'prod') return;
        this.#productions.add(event.environment);
        this.#run(event.run).artifact = event.artifact;
        return;
      case 'rollout':
        if (event.stage === 'prod' && event.fact.type === 'shifted') this.#run(event.run).latest.exposedAt ??= event.at;
        if (event.stage === 'prod' && event.fact.type === 'settled') this.#run(event.run).hasSettled = true;
        return;
      case 'environment-removed':
        if (this.#productions.has(event.environment)) this.#live = undefined;
        return;
      case 'run-finished': return this.#finish(event);
      default: return;
    }
  }

  #start({ run, kind, commit, restores, at }: EventOf<'run-started'>): void {
    if (this.#runs.has(run)) throw inconsistent(`run ${run} starts twice`);
    const restored = restores === undefined ? undefined : this.#runs.get(restores)?.commit;
    const revision = restored ?? commit;
    const latest: Draft = { run, attempt: 1, kind, startedAt: at, outcome: 'IN_PROGRESS', revision, commits: this.#rangeOf(kind, revision) };
    this.#runs.set(run, { commit: revision, reachesProd: false, latest });
    this.attempts.push(latest);
  }

  #retry({ run, attempt, at }: EventOf<'run-retried'>): void {
    const known = this.#run(run);
    if (known.latest.outcome === 'IN_PROGRESS') throw inconsistent(`run ${run} is retried while it is under way`);
    known.latest = { run, attempt, kind: known.latest.kind, startedAt: at, outcome: 'IN_PROGRESS', revision: known.commit, commits: this.#rangeOf(known.latest.kind, known.commit) };
    this.attempts.push(known.latest);
  }

  #finish(event: EventOf<'run-finished'>): void {
    const known = this.#run(event.run);
    const { latest } = known;
    if (latest.outcome !== 'IN_PROGRESS') throw inconsistent(`attempt ${event.attempt} of run ${event.run} ends twice`);
    const wasExposed = event.outcome === 'FAILED' || (event.outcome === 'STOPPED' && latest.exposedAt !== undefined);
    const cause = event.cause ?? (event.rolledBack && wasExposed ? 'rollback' : undefined);
    Object.assign(latest, {
      outcome: event.outcome,
      endedAt: event.at,
      ...(event.rejectReason === undefined ? {} : { rejectReason: event.rejectReason }),
      ...(cause === undefined ? {} : { cause }),
    } satisfies Partial<Attempt>);
    if (event.outcome !== 'SUCCEEDED') {
      // A rollback that reached some regions has changed production, though it failed as a whole.
      if (latest.kind !== 'ROLLBACK' || !known.hasSettled) return;
      latest.production = 'changed';
      this.#live = undefined;
      return;
    }
    latest.production = this.#productionOf(known);
    if (latest.production === 'none') return;
    this.#live = known.artifact ?? this.#live;
    if (latest.production === 'changed') this.#released = known.commit;
  }

  #productionOf({ artifact, reachesProd }: KnownRun): NonNullable<Attempt['production']> {
    if (artifact !== undefined) return artifact === this.#live ? 'unchanged' : 'changed';
    return reachesProd ? 'unchanged' : 'none';
  }

  /** One that comes back is on the trunk again, for what is under way too. */
  #push(event: EventOf<'commit-pushed'>): void {
    this.#trunk.push(event);
    for (const attempt of this.attempts) {
      if (attempt.outcome === 'IN_PROGRESS') attempt.commits = attempt.commits.map(({ orphaned, ...commit }) => (orphaned && commit.id !== event.commit.id ? { ...commit, orphaned } : commit));
    }
  }

  #orphan(ids: readonly string[]): void {
    const gone = new Set(ids);
    this.#trunk.orphan(ids);
    for (const attempt of this.attempts) {
      if (attempt.outcome !== 'IN_PROGRESS') continue; // what is over was decided by the trunk as it was
      attempt.commits = attempt.commits.map((commit) => (gone.has(commit.id) ? { ...commit, orphaned: true } : commit));
    }
  }

  #rangeOf(kind: Attempt['kind'], commit: string): readonly AttemptCommit[] {
    return kind === 'ROLLBACK' ? [] : this.#trunk.range(this.#released, commit);
  }

  #run(id: string): KnownRun {
    const run = this.#runs.get(id);
    if (!run) throw inconsistent(`run ${id} goes on, but never started`);
    return run;
  }
}

function inconsistent(message: string): TrunklineError {
  return new TrunklineError('JOURNAL_INCONSISTENT', 'bug', message, 'please report this with the journal of the pipeline');
}
