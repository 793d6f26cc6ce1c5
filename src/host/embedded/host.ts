import { AsyncLocalStorage } from 'node:async_hooks';
import type { Capacity } from '../../core/admission.ts';
import { decide, type Asked } from '../../core/commands.ts';
import { evolve } from '../../core/evolve.ts';
import { eventsOf, type Fact } from '../../core/facts.ts';
import { advance } from '../../core/follow.ts';
import { ruleAsked, ruleSeen, ruleSet, ruleText } from '../../core/approval-rule.ts';
import { authoriseRole, type ApprovalRule, type Operators } from '../../core/operators.ts';
import { mayGoUnwritten, owed, wakeAt, type Effect } from '../../core/owed.ts';
import { emptyState, type PipelineState } from '../../core/state.ts';
import type { Clock } from '../../foundation/clock.ts';
import type { Jump, Timeline } from '../../foundation/timeline.ts';
import { TrunklineError, errorRecord, type ErrorRecord } from '../../foundation/errors.ts';
import type { Instant, Millis } from '../../foundation/units.ts';
import type { Event, Origin, Recorded } from '../../journal/events.ts';
import { busyIn, placeOf } from './places.ts';
import type { Journal } from '../../journal/journal.ts';
import type { Effects } from '../effects.ts';
import { failureOf } from './failure.ts';
import { History } from './history.ts';
import { Ledger } from './ledger.ts';
import type { Answer, Command } from '../../core/command.ts';
import type { Host } from '../host.ts';

export interface EmbeddedParts {
  readonly clock: Clock;
  /** The clock, where it is one that outlives a host: jumps of the wall clock are then told in the journal. */
  readonly timeline?: Timeline;
  readonly journal: Journal;
  readonly effects: Effects;
  readonly capacity: Capacity;
  /** Read anew at every decision: rights may have been taken away a moment ago. */
  readonly operators: () => Operators;
  /** Writes who approves into the operator's file. */
  readonly pin: (rule: ApprovalRule) => void;
  /** What the trunk shows, asked when a command needs it. */
  readonly look: (state: PipelineState) => Promise<Fact | undefined>;
  /** Ends environments; answers what it ended. */
  readonly down: (environment: string | undefined, user: string, state: PipelineState) => Promise<{ readonly events: readonly Event[]; /** What kept a region up. */ readonly failure?: Error }>;
  /** Aborted as the host closes: ends what is asked of the trunk. */
  readonly closing?: AbortController;
  /** Tells whoever started the host what concerns no run, and may not be writable. */
  readonly tell?: (line: string) => void;
}

const LOOK_AT_CLOCK: Millis = 1_000;
/** How often a full disk is written to, to see whether there is room. */
const WRITE_AGAIN: Millis = 1_000;
/** An effect that met a fault nobody caught ends within this; else its host does, and proves it dead as it starts again. */
const STRAY_PATIENCE: Millis = 30_000;

interface UnderWay { readonly effect: Effect; readonly controller: AbortController; readonly done: Promise<void>; /** What it threw where nobody could catch it. */ fault?: ErrorRecord }

/**
 * One process that hosts one pipeline: facts and commands become events, events are appended in one transaction with
 * all that follows from them, and what they owe is carried out. It is the only writer; it does one thing at a time.
 */
export class EmbeddedHost implements Host {
  readonly state: PipelineState = emptyState();
  readonly #parts: EmbeddedParts;
  readonly #ledger: Ledger;
  readonly #history: History;
  readonly #underWay = new Map<string, UnderWay>();
  /** The effect that the code of this moment belongs to, however deep in callbacks. */
  readonly #scope = new AsyncLocalStorage<string>();
  /** Which environments are being taken down: nothing is begun there meanwhile. */
  readonly #ending = new Set<(environment: string) => boolean>();
  readonly #listeners = new Set<() => void>();
  #recent: Recorded[] = [];
  /** Facts that came in since the last append: they go into the next one together, since each costs a sync of the disk. */
  #taken: { readonly fact: Fact; readonly ended?: string }[] = [];
  #wake: NodeJS.Timeout | undefined;
  #looking: NodeJS.Timeout | undefined;
  #writing: NodeJS.Timeout | undefined;
  #failure: Error | undefined;
  #closed = false;

  private constructor(parts: EmbeddedParts) {
    this.#parts = parts;
    for (const event of parts.journal.read(0)) evolve(this.state, event);
    this.#history = new History(parts.journal);
    this.#ledger = new Ledger(parts.journal, this.state.head, (line) => parts.tell?.(line));
  }

  /**
   * Folds the journal, ends what an earlier host left under way, and takes up every unfinished run. What does not end is told,
   * and keeps its own cell from being opened anew, and nothing else.
   */
  static async start(parts: EmbeddedParts): Promise<EmbeddedHost> {
    const host = new EmbeddedHost(parts);
    await host.#ledger.seal(); // the tail that an earlier host left, or a journal of before there were heads
    const { latest, clockAhead, unfinished } = host.state;
    const jump = parts.timeline?.takeUp({ latest, aheadMs: clockAhead, busy: unfinished.size > 0 });
    const left = await parts.effects.recover(host.state);
    host.report({ type: 'host-started' });
    host.#tellJump(jump);
    for (const fact of left) {
      host.report(fact);
      if (fact.type === 'host-troubled') parts.tell?.(`${fact.what}: ${fact.error.message} [${fact.error.code}]`);
    }
    if (parts.timeline) host.#looking = setInterval(() => host.#lookAtClock(), LOOK_AT_CLOCK).unref();
    host.#showPin();
    return host;
  }

  /** Whether it hosts nothing any more: it was closed, or its journal failed. */
  get isOver(): boolean {
    return this.#closed || this.#failure !== undefined;
  }

  async command(command: Command, user: string, from?: Origin): Promise<Answer> {
    try {
      this.#requireRoom();
      if (command.type === 'run' || command.type === 'poll') await this.#look();
      if (command.type === 'poll') return { message: 'looked at the trunk', began: false };
      if (command.type === 'down') {
        authoriseRole(this.#parts.operators(), user, 'down', 'take an environment down');
        return await this.#down(command.environment, user);
      }
      this.#takeUp(); // it is decided on all that is known
      this.#requireRoom();
      if (command.type === 'approvers') return this.#setApprovers(command, user);
      const { clock, operators } = this.#parts;
      const asked: Asked = { user, operators: operators(), now: clock.now() };
      const { events, answer } = decide(this.state, command, asked);
      this.#accept(events);
      return answer;
    } catch (error) {
      const record = errorRecord(error);
      if (record.class === 'refused' && !this.isOver) {
        const run = 'run' in command && this.state.runs.has(command.run) ? { run: command.run } : {};
        this.#commit([{ type: 'command-refused', at: this.#parts.clock.now(), command: command.type, by: user, error: record, ...run, ...(from ? { from } : {}) }]);
      }
      throw error;
    }
  }

  /** Takes a fact up. @throws what the journal throws; the host is then at its end. */
  report(fact: Fact): void {
    this.#taken.push({ fact });
    this.#commit([]);
  }

  /**
   * Takes up what was thrown where nobody could catch it. What belongs to one effect fails that effect, and the host goes
   * on; anything else ends the host, as a journal does that fails. Called where it was thrown.
   */
  stray(thrown: unknown): void {
    const error = errorRecord(thrown);
    const key = this.#scope.getStore();
    this.#parts.tell?.(`a fault that nobody caught${key === undefined ? '' : `, of ${key}`}: ${error.message} [${error.code}]`);
    if (!this.isOver) this.#take({ type: 'host-troubled', what: key ?? 'the host', error });
    if (key === undefined) {
      this.#takeUp();
      if (!this.#failure) this.#fail(thrown);
      return;
    }
    const entry = this.#underWay.get(key);
    if (!entry || entry.fault) return; // its end is known, or on its way
    entry.fault = error;
    entry.controller.abort(thrown);
    this.#scope.exit(() => setTimeout(() => {
      if (this.#underWay.get(key) === entry && !this.isOver) this.#fail(thrown);
    }, STRAY_PATIENCE).unref());
  }

  async *watch(after: number, signal: AbortSignal): AsyncIterable<Recorded> {
    let place = after;
    while (!signal.aborted) {
      const first = this.#recent[0]?.seq;
      const isRecent = this.#ledger.head <= place || (first !== undefined && first <= place + 1);
      const events = isRecent ? this.#recent.filter(({ seq }) => seq > place) : await this.#history.page(place);
      for (const event of events) {
        place = event.seq;
        yield event;
        if (signal.aborted) return;
      }
      if (this.#failure) throw this.#failure;
      if (this.#closed) return;
      if (this.#ledger.head > place) continue;
      await this.#change(signal);
    }
  }

  async idle(): Promise<void> {
    while (!this.isIdle()) {
      if (this.#failure) throw this.#failure;
      await this.#change(new AbortController().signal);
    }
  }

  /** Whether nothing is under way or will be by itself: all runs have ended, or wait for a person. */
  isIdle(): boolean {
    return this.#underWay.size === 0 && !this.#ledger.isBehind && ![...this.state.unfinished].some((id) => Object.values(this.state.runs.get(id)?.stages ?? {})
      .some((stage) => stage?.state === 'running' && Object.values(stage.actions).some(({ state }) => state === 'retrying')));
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (this.#closed) return;
    this.#closed = true;
    this.#parts.closing?.abort(new TrunklineError('INTERRUPTED', 'refused', 'the host is closing'));
    this.#takeUp();
    clearTimeout(this.#wake);
    clearInterval(this.#looking);
    clearTimeout(this.#writing);
    const ends = [...this.#underWay.values()].map(({ controller, done }) => {
      controller.abort(new Error('the host is closing'));
      return done;
    });
    await Promise.all(ends);
    await this.#parts.effects.close();
    await this.#lastWords();
    this.#notify();
  }

  #lookAtClock(): void {
    if (this.#failure || this.#closed) return;
    try {
      this.#tellJump(this.#parts.timeline?.look(this.state.unfinished.size > 0));
    } catch (error) {
      if (error !== this.#failure) this.#fail(error);
    }
  }

  #tellJump(jump: Jump | undefined): void {
    if (jump) this.#commit([{ type: 'clock-jumped', at: this.#parts.clock.now(), ...jump }]);
  }

  async #look(): Promise<void> {
    const fact = await this.#parts.look(this.state);
    if (fact) this.report(fact);
  }

  async #down(environment: string | undefined, user: string): Promise<Answer> {
    const isMeant = (name: string): boolean => environment === undefined || name === environment;
    this.#takeUp();
    const here = [...this.#underWay.values()].filter(({ effect }) => isMeant(placeOf(this.state, effect) ?? ''));
    const busy = busyIn(this.state, isMeant) ?? here.find(({ effect }) => effect.type === 'attempt')?.effect.run;
    if (busy !== undefined) throw new TrunklineError('ENVIRONMENT_BUSY', 'refused', `run ${busy} is deploying`, `wait for it, or stop it with "trunkline cancel ${busy}"`);
    this.#ending.add(isMeant);
    try {
      // What fails to go back, or to settle, is given up with its region.
      for (const { controller } of here) controller.abort(new TrunklineError('CANCELLED', 'refused', 'the environment is being taken down'));
      await Promise.all(here.map(({ done }) => done));
      const { events, failure } = await this.#parts.down(environment, user, this.state);
      this.#commit(events);
      if (failure !== undefined) throw failure;
      return { message: events.length === 0 ? 'nothing was up' : `${events.length} region(s) ended${lostData(events)}`, began: false };
    } finally {
      this.#ending.delete(isMeant);
      if (!this.#closed && !this.#failure) this.#reconcile();
    }
  }

  /** The file first: where this process dies between the two, the next look at the file writes it down. */
  #setApprovers(command: Extract<Command, { type: 'approvers' }>, user: string): Answer {
    const { clock, operators, pin } = this.#parts;
    const rule = ruleAsked(this.state, operators(), command, user);
    pin(rule);
    this.#commit([ruleSet(rule, user, clock.now())]);
    return { message: `from now on ${ruleText(rule)} must approve production`, began: false };
  }

  /** What the operator's file says of approvals and the journal does not know yet. A file that can't be read changes nothing. */
  #ruleSeen(now: Instant, setting: boolean): readonly Event[] {
    if (setting) return [];
    try {
      return ruleSeen(this.state, this.#parts.operators(), now);
    } catch {
      return [];
    }
  }

  /** Shows the operator what the first plan pinned. It holds without: the journal has it. */
  #showPin(): void {
    const { operators, pin } = this.#parts;
    try {
      if (this.state.approvalRule && operators().approvals?.prod === undefined) pin(this.state.approvalRule);
    } catch {
      // a file that can't be read or written is told to the next person who decides anything
    }
  }

  /** @throws {TrunklineError} `JOURNAL_FULL`: what can't be written is not begun. */
  #requireRoom(): void {
    if (this.#ledger.isBehind) this.#commit([]);
    if (this.#ledger.isBehind) throw this.#ledger.trouble;
  }

  /** Takes a command up, or nothing of it: what was answered is on disk. @throws {TrunklineError} `JOURNAL_FULL` */
  #accept(events: readonly Event[]): void {
    this.#commit(events, () => {
      if (!this.#ledger.isBehind) return;
      this.#ledger.forget();
      Object.assign(this.state, emptyState());
      for (const event of this.#parts.journal.read(0)) evolve(this.state, event);
      throw this.#ledger.trouble;
    });
  }

  /** @param written judges what is on disk, before anything is begun. */
  #commit(events: readonly Event[], written: () => void = () => undefined): void {
    if (this.#failure) throw this.#failure;
    const { clock, capacity } = this.#parts;
    const now = clock.now();
    const setting = events.some(({ type }) => type === 'approval-rule-set');
    const all: Event[] = advance(this.state, this.#ruleSeen(now, setting), capacity, now);
    for (const { fact, ended } of this.#taken.splice(0)) {
      if (ended !== undefined) this.#underWay.delete(ended);
      all.push(...advance(this.state, eventsOf(this.state, fact, now), capacity, now));
    }
    all.push(...advance(this.state, events, capacity, now));
    const recorded = this.#append(all);
    written();
    if (recorded.length > 0) {
      this.#recent = [...this.#recent, ...recorded].slice(-1_000);
      for (const event of recorded) this.#releaseAfter(event);
      if (recorded.some(({ type }) => type === 'stage-passed' || type === 'stage-failed' || type === 'run-finished')) this.#seal();
      if (recorded.some(({ type }) => type === 'approval-rule-set')) this.#showPin();
    }
    if (!this.#closed) this.#reconcile();
    this.#writeAgain();
    this.#notify();
  }

  #append(events: readonly Event[]): readonly Recorded[] {
    try {
      return this.#ledger.append(events);
    } catch (error) {
      throw this.#fail(error);
    }
  }

  /** Where the disk was full, a moment later. */
  #writeAgain(): void {
    clearTimeout(this.#writing);
    if (this.#closed || this.#failure || !(this.#ledger.isBehind || this.#ledger.isUnsealed)) return;
    this.#writing = this.#scope.exit(() => setTimeout(() => {
      if (this.#ledger.isUnsealed) this.#seal();
      this.#take({ type: 'woken' });
    }, WRITE_AGAIN));
  }

  /** What a full disk did not take is lost with this process, and taken up anew by the next host from what is written. */
  async #lastWords(): Promise<void> {
    if (this.#failure) return;
    this.#append([]);
    if (this.#ledger.isBehind) this.#parts.tell?.('the disk is full to the end: what is not in the journal is done again when a host begins');
    else await this.#ledger.seal();
  }

  /** Without its journal a host knows nothing: all effects end here, and the next host takes up from what was written. */
  #fail(error: unknown): Error {
    this.#failure = error instanceof Error ? error : new Error(String(error));
    for (const { controller } of this.#underWay.values()) controller.abort(this.#failure);
    this.#notify();
    return this.#failure;
  }

  #seal(): void {
    void this.#ledger.seal().then(() => this.#writeAgain(), (error: unknown) => this.#fail(error));
  }

  #releaseAfter(event: Event): void {
    if (event.type !== 'stage-passed' && event.type !== 'stage-failed') return;
    const { run, stage } = event;
    void this.#parts.effects.release(run, stage).catch((error: unknown) => this.#take({ type: 'cleanup-failed', run, stage, error: errorRecord(error) }));
  }

  /** Begins what is owed and not under way; stops what is under way and no longer owed. */
  #reconcile(): void {
    const effects = owed(this.state);
    const keys = new Set(effects.map(({ key }) => key));
    for (const [key, { controller }] of this.#underWay) {
      if (!keys.has(key)) controller.abort(new TrunklineError('CANCELLED', 'refused', 'the run no longer needs it'));
    }
    for (const effect of effects) if (!this.#underWay.has(effect.key) && this.#mayBegin(effect)) this.#begin(effect);
    clearTimeout(this.#wake);
    const at = wakeAt(this.state);
    if (at !== undefined) {
      const delay = Math.min(Math.max(at - this.#parts.clock.now(), 0), 2 ** 31 - 1);
      this.#wake = this.#scope.exit(() => setTimeout(() => this.#take({ type: 'woken' }), delay));
    }
  }

  #mayBegin(effect: Effect): boolean {
    if (this.#ledger.isBehind && !mayGoUnwritten(effect)) return false;
    const place = placeOf(this.state, effect) ?? '';
    return ![...this.#ending].some((isMeant) => isMeant(place));
  }

  #begin(effect: Effect): void {
    const controller = new AbortController();
    const begin = async (): Promise<Fact | undefined> => {
      await Promise.resolve(); // not before it is known to be under way
      return this.#parts.effects.perform(effect, this.state, (fact) => this.#take(fact), controller.signal);
    };
    const done = this.#scope.run(effect.key, begin).then(
      (fact) => {
        const fault = this.#underWay.get(effect.key)?.fault;
        if (!this.#closed && fault) return this.#take(failureOf(effect, false, fault), effect.key);
        if (!this.#closed) return this.#take(fact ?? { type: 'woken' }, effect.key);
        this.#underWay.delete(effect.key);
        this.#notify();
      },
      (error: unknown) => {
        const fault = this.#underWay.get(effect.key)?.fault;
        if (!this.#closed) return this.#take(failureOf(effect, controller.signal.aborted && !fault, fault ?? errorRecord(error)), effect.key);
        this.#underWay.delete(effect.key);
        this.#notify();
      },
    );
    this.#underWay.set(effect.key, { effect, controller, done });
  }

  /**
   * Takes a fact up with all others of this moment, for callers that can't be told: a failure has ended the host and its
   * watchers already. @param ended the effect that came to its end with it; until then it counts as under way.
   */
  #take(fact: Fact, ended?: string): void {
    this.#taken.push({ fact, ...(ended === undefined ? {} : { ended }) });
    if (this.#closed) this.#takeUp();
    else if (this.#taken.length === 1) this.#scope.exit(() => setImmediate(() => this.#takeUp()));
  }

  #takeUp(): void {
    if (this.#failure || this.#taken.length === 0) return;
    try {
      this.#commit([]);
    } catch (error) {
      if (error !== this.#failure) this.#fail(error);
    }
  }

  #notify(): void {
    for (const listener of this.#listeners) listener();
  }

  #change(signal: AbortSignal): Promise<void> {
    return new Promise((resolve) => {
      if (signal.aborted) return resolve();
      const listener = (): void => {
        this.#listeners.delete(listener);
        signal.removeEventListener('abort', listener);
        resolve();
      };
      this.#listeners.add(listener);
      signal.addEventListener('abort', listener, { once: true });
    });
  }
}

/** Whoever takes an environment down hears what is gone with it. */
function lostData(events: readonly Event[]): string {
  const lost = events.flatMap((event) => (event.type === 'environment-removed' && event.data ? [`${event.data.bytes.toLocaleString('en')} bytes of ${event.data.path} in ${event.environment} ${event.region}`] : []));
  return lost.length === 0 ? '' : `, and the data that they kept: ${lost.join(', ')}`;
}
