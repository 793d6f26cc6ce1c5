import type { ErrorRecord } from '../foundation/errors.ts';
import type { Plan, StageName } from '../pipeline/plan.ts';
import type { Digest, Instant } from '../foundation/units.ts';
import { digestOf } from '../foundation/digest.ts';
import type { Event } from '../journal/events.ts';
import { eventsOf, type AttemptEnd, type Fact } from './facts.ts';
import { advance } from './follow.ts';
import { owed, wakeAt, type Effect } from './owed.ts';
import { decide, type Asked } from './commands.ts';
import type { Answer, Command } from './command.ts';
import { emptyState, type PipelineState } from './state.ts';

/** How a simulated world carries effects out: how long each takes, and what it comes to. */
export interface World {
  duration(effect: Effect): number;
  end(effect: Effect, plan: Plan): AttemptEnd;
  /** What a step or a signature fails with; undefined where it is done. */
  fault?(effect: Effect): ErrorRecord | undefined;
}

/**
 * A host without a machine, for tests: effects take simulated time, in order of their ends, and everything that the
 * core decides is kept. Time is in whatever unit the test thinks in.
 */
export class Simulation {
  readonly state: PipelineState = emptyState();
  readonly events: Event[] = [];
  now: Instant = 0;
  /** To the last command. */
  answered: Answer | undefined;
  readonly #world: World;
  readonly #plan: Plan;
  readonly #ends = new Map<string, { readonly at: Instant; readonly effect: Effect }>();
  readonly #builds: number;

  constructor(plan: Plan, world: World, builds = 100) {
    this.#plan = plan;
    this.#world = world;
    this.#builds = builds;
  }

  /** Pushes a commit to the trunk, which begins its run. */
  push(name: string): string {
    const id = digestOf(name).slice(7, 47);
    this.report({ type: 'trunk-seen', commits: [{ id, tree: id, subject: name, author: 'someone', reverts: [] }] });
    return this.ask({ type: 'run', commit: id, again: false }, { user: 'trunkline' });
  }

  ask(command: Exclude<Command, { type: 'down' | 'poll' | 'approvers' }>, asked: Partial<Asked> = {}): string {
    const operators = { people: { ann: { groups: ['operators'] }, bob: { groups: ['operators'] } } };
    const { events, answer } = decide(this.state, command, { user: 'ann', operators, now: this.now, ...asked });
    this.answered = answer;
    this.#take(events);
    return answer.run ?? '';
  }

  report(fact: Fact): void {
    this.#take(eventsOf(this.state, fact, this.now));
  }

  /** A person took a region down. */
  removed(environment: string, region: string): void {
    this.#take([{ type: 'environment-removed', at: this.now, environment, region, by: 'ann' }]);
  }

  /** Lets simulated time pass up to `until`, one end at a time. */
  advanceTo(until: Instant): void {
    for (;;) {
      const next = [...this.#ends.values()].sort((a, b) => a.at - b.at)[0];
      const wake = wakeAt(this.state);
      const at = Math.min(next?.at ?? Infinity, wake === undefined ? Infinity : Math.max(wake, this.now));
      if (at > until) break;
      this.now = at;
      if (!next || next.at > at) {
        this.report({ type: 'woken' });
        if (wakeAt(this.state) === wake) break;
        continue;
      }
      this.#ends.delete(next.effect.key);
      const fact = this.#factOf(next.effect);
      if (fact) this.report(fact);
      else this.#reconcile();
    }
    this.now = until;
  }

  /** The host dies: all that was under way is gone; another takes over. */
  crash(): void {
    this.#ends.clear();
    this.report({ type: 'host-started' });
  }

  /** When a run was let into a stage; undefined if never. */
  entered(run: string, stage: StageName): Instant | undefined {
    return this.events.find((event) => event.type === 'stage-entered' && event.run === run && event.stage === stage)?.at;
  }

  finished(run: string): Extract<Event, { type: 'run-finished' }> | undefined {
    return this.events.filter((event) => event.type === 'run-finished').filter((event) => event.run === run).at(-1);
  }

  #take(events: readonly Event[]): void {
    this.events.push(...advance(this.state, events, { builds: this.#builds }, this.now));
    this.#reconcile();
  }

  #reconcile(): void {
    const effects = new Map(owed(this.state).map((effect) => [effect.key, effect]));
    for (const [key, { effect }] of Array.from(this.#ends)) {
      if (effects.has(key)) continue;
      this.#ends.delete(key);
      if (effect.type === 'attempt') this.report({ type: 'attempt-ended', run: effect.run, stage: effect.stage, fence: effect.fence, action: effect.action.name, attempt: effect.attempt, end: { state: 'cancelled' } });
    }
    for (const effect of effects.values()) {
      if (this.#ends.has(effect.key)) continue;
      const begins = 'after' in effect && effect.after ? Math.max(this.now, effect.after.retryAt) : this.now;
      this.#ends.set(effect.key, { at: begins + (isWatch(effect) ? Infinity : this.#world.duration(effect)), effect });
    }
  }

  #factOf(effect: Effect): Fact | undefined {
    const error = effect.type === 'attempt' ? undefined : this.#world.fault?.(effect);
    if (error && effect.type !== 'attempt') {
      return { type: 'effect-failed', run: effect.run, stage: effect.stage, what: effect.type === 'rollout' ? effect.step : { type: 'attest' }, attempt: effect.attempt, error };
    }
    switch (effect.type) {
      case 'attempt':
        return { type: 'attempt-ended', run: effect.run, stage: effect.stage, fence: effect.fence, action: effect.action.name, attempt: effect.attempt, end: this.#world.end(effect, this.#plan) };
      case 'attest': {
        const run = this.state.runs.get(effect.run);
        const name = effect.what === 'stage' ? `${effect.stage} passed` : `approval ${run?.attempt ?? 1}`;
        const digest: Digest = digestOf(`${effect.key}/${name}`);
        return { type: 'attested', run: effect.run, stage: effect.stage, fence: effect.fence, attestations: [{ digest, predicateType: 'test', name }] };
      }
      case 'rollout': {
        const { step } = effect;
        const fact = step.type === 'prepare' ? { type: 'prepared', region: step.region } as const
          : step.type === 'shift' ? { type: 'shifted', region: step.region, step: step.step, weight: step.weight } as const
          : step.type === 'bake' ? { type: 'baked', region: step.region, step: step.step, requests: 100 } as const
          : step.type === 'restore' ? { type: 'restored', region: step.region } as const
          : { type: 'settled', region: step.region } as const;
        return { type: 'rollout', run: effect.run, stage: effect.stage, fence: effect.fence, fact };
      }
    }
  }
}

/** A watch has no end of its own: in a world where no alarm fires it lasts until it is no longer owed. */
function isWatch(effect: Effect): boolean {
  return effect.type === 'rollout' && effect.step.type === 'watch';
}
