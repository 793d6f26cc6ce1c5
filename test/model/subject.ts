/** The pipeline's own core, driven as a host drives it, and watched by the model at each step. */
import { isDeepStrictEqual } from 'node:util';
import { decide } from '../../src/core/commands.ts';
import { dueCommits } from '../../src/core/due.ts';
import { evolve } from '../../src/core/evolve.ts';
import { eventsOf, type Fact } from '../../src/core/facts.ts';
import { advance } from '../../src/core/follow.ts';
import { owed, wakeAt } from '../../src/core/owed.ts';
import { emptyState, type PipelineState } from '../../src/core/state.ts';
import { TrunklineError } from '../../src/foundation/errors.ts';
import type { Event } from '../../src/journal/events.ts';
import { Book } from './book.ts';
import { applied, attemptFact, endWell, type Maker, type UnderWay } from './effects.ts';
import { takeDown } from './fold.ts';
import { eventFault } from './laws.ts';
import { claimOf } from './laws/commands.ts';
import type { Input } from './laws/law.ts';
import { livenessFault, wakeFault } from './laws/liveness.ts';
import { owedFault } from './laws/owed.ts';
import { worldFault } from './laws/traffic.ts';
import { planOf } from './plans.ts';
import type { Setting } from './steps.ts';
import { World } from './world.ts';

/** What the pipeline did against a sentence of the specification. */
export class Fault extends Error {}

const operators = { people: { ann: { groups: ['operators'] }, bob: { groups: ['operators'] }, eve: { groups: [] } } };

export class Subject {
  readonly book = new Book();
  readonly world = new World();
  state: PipelineState = emptyState();
  readonly journal: Event[] = [];
  now = 1_700_000_000_000;
  readonly underWay = new Map<string, UnderWay>();
  /** What came, or could still come, of effects that are over. */
  readonly facts: { readonly fact: Fact; readonly fence: number }[] = [];
  readonly setting: Setting;
  readonly maker: Maker;
  /** Attempts that were told to end and have not yet. */
  readonly #ending: UnderWay[] = [];
  /** Keys of effects that came to their end. */
  readonly #done = new Set<string>();
  #dropped = 0;

  constructor(setting: Setting) {
    this.setting = setting;
    this.maker = {
      world: this.world,
      planOf: (run) => planOf(setting, [...this.book.seen].indexOf(this.book.run(run).commit)),
      attemptOf: (run) => this.book.run(run).attempt,
    };
  }

  report(fact: Fact, fence?: number): void {
    if (fence !== undefined) this.facts.push({ fact, fence });
    this.#take(eventsOf(this.state, fact, this.now), { what: 'fact', fact, ...(fence === undefined ? {} : { fence }) });
  }

  /** @returns the run that it is about; undefined where it was refused. */
  ask(command: Parameters<typeof decide>[1], user = 'ann'): string | undefined {
    const claim = claimOf(this.book, command, user, this.now);
    try {
      const { events, answer } = decide(this.state, command, { user, operators, now: this.now });
      this.#take(events, { what: 'command', command, user });
      return answer.run;
    } catch (error) {
      if (!(error instanceof TrunklineError)) throw error;
      if (claim !== undefined) throw new Fault(`${command.type} was refused (${error.record.code}: ${error.message}): ${claim}`);
      return undefined;
    }
  }

  /** As the host does after each look at the trunk. */
  askForDue(): void {
    for (const commit of dueCommits(this.state)) this.ask({ type: 'run', commit, again: false }, 'trunkline');
  }

  /** Events that the host itself makes. */
  append(events: readonly Event[]): void {
    this.#take(events, { what: 'look' });
  }

  /** An effect that is under way has come to its end; `undefined` for one that lasts until it is no longer owed. */
  finish(key: string, fact: Fact | undefined): void {
    const each = this.underWay.get(key);
    if (!each) return;
    const isOnTheWay = fact?.type === 'rollout' && (fact.fact.type === 'held' || fact.fact.type === 'restore-late');
    if (!isOnTheWay) {
      this.underWay.delete(key);
      this.#done.add(key);
    }
    this.report(fact ?? { type: 'woken' }, each.fence);
  }

  /** What was told to end has ended. */
  endStopped(): void {
    for (const { effect, fence } of this.#ending.splice(0)) if (effect.type === 'attempt') this.report(attemptFact(effect, { state: 'cancelled' }), fence);
  }

  crash(done: number): void {
    [...this.underWay.values()].forEach((each, index) => { if ((done >> (index % 8)) & 1) applied(this.world, each); });
    this.underWay.clear();
    this.#ending.length = 0;
    this.state = this.#refolded();
    const before = this.#running();
    this.report({ type: 'host-started' });
    const [survivor] = [...this.#running()].filter((attempt) => before.has(attempt));
    if (survivor !== undefined) throw new Fault(`${survivor} died with its host, and counts as running`);
  }

  #running(): ReadonlySet<string> {
    return new Set(owed(this.state).filter(({ type }) => type === 'attempt').map(({ key }) => key));
  }

  #take(events: readonly Event[], input: Input): void {
    this.#settle(events, input);
    for (let times = 0; ; times += 1) {
      const at = wakeAt(this.state);
      if (at === undefined || at > this.now) break;
      if (times > 20) throw new Fault(`the host is to wake at ${at}, it is ${this.now}, and waking changes nothing`);
      const fact: Fact = { type: 'woken' };
      this.#settle(eventsOf(this.state, fact, this.now), { what: 'fact', fact });
    }
  }

  #settle(events: readonly Event[], input: Input): void {
    const all = advance(this.state, events, { builds: this.setting.builds }, this.now);
    for (const event of all) {
      const fault = eventFault(event, { book: this.book, input, now: this.now });
      if (fault !== undefined) throw new Fault(`${told(event)}: ${fault}`);
      takeDown(this.book, event);
      this.journal.push(event);
    }
    this.#reconcile();
    const fault = livenessFault(this.book, this.now) ?? wakeFault(this.book, wakeAt(this.state)) ?? worldFault(this.book, this.world);
    if (fault !== undefined) throw new Fault(fault);
  }

  /** As a host does: what is owed and not under way begins, what is no longer owed ends, one way or the other. */
  #reconcile(): void {
    const effects = owed(this.state);
    const fault = owedFault(this.book, effects);
    if (fault !== undefined) throw new Fault(fault);
    const keys = new Set(effects.map(({ key }) => key));
    const over = [...this.underWay].filter(([key]) => !keys.has(key));
    for (const effect of effects) {
      const fence = this.book.run(effect.run).stages.get(effect.stage)?.fence ?? 0;
      const known = this.underWay.get(effect.key);
      if (this.#done.has(effect.key)) throw new Fault(`I6: ${effect.key} came to its end, and is owed again by the same key`);
      if (known && known.fence !== fence) throw new Fault(`R3: ${effect.key} is of the entry ${known.fence} of ${effect.stage} and of ${fence}: its key does not tell them apart`);
      if (!known) this.underWay.set(effect.key, { effect, fence });
    }
    for (const [key, each] of over) this.#stop(key, each);
  }

  #stop(key: string, each: UnderWay): void {
    this.underWay.delete(key);
    const { effect, fence } = each;
    if (effect.type === 'attempt') return void this.#ending.push(each);
    // It may have come about before it heard that it was not to, and may say so later.
    this.#dropped += 1;
    if (this.#dropped % 2 === 0) return;
    const fact = endWell(this.maker, each);
    if (fact) this.facts.push({ fact, fence });
  }

  /** What is computed from the journal alone is the state, and owes the same. */
  checkReplay(): void {
    const again = this.#refolded();
    if (!isDeepStrictEqual(again, this.state)) throw new Fault('I8: replaying the journal does not give the state');
    if (!isDeepStrictEqual(owed(again), owed(this.state))) throw new Fault('what is owed is not the same after a replay');
  }

  #refolded(): PipelineState {
    const state = emptyState();
    for (const event of this.journal) evolve(state, event);
    return state;
  }
}

function told(event: Event): string {
  return [event.type, ...(['run', 'stage', 'action', 'outcome', 'attempt'] as const).flatMap((field) => (field in event ? String((event as never)[field]) : [])), 'fact' in event ? JSON.stringify(event.fact) : ''].join(' ').trim();
}
