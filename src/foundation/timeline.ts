import { uptime } from 'node:os';
import { systemClock, type Clock } from './clock.ts';
import type { Instant, Millis } from './units.ts';

/** How far the wall clock was moved, and by how much it then shows more than the timeline. */
export interface Jump { readonly byMs: Millis; readonly aheadMs: Millis }

export interface LeftOff {
  /** The latest instant of the journal. */
  readonly latest: Instant;
  /** By how much the wall clock showed more than the journal's instants. */
  readonly aheadMs: Millis;
  /** Whether anything is under way that is timed. */
  readonly busy: boolean;
}

/** A step of the wall clock that is smaller is the work of a time server, and told nobody. */
const JUMP: Millis = 2_000;

/**
 * The instants of one pipeline: they run on evenly over jumps of the wall clock, from the instant at which the journal
 * left off. While nothing is timed they follow the wall clock again.
 */
export class Timeline implements Clock {
  readonly #inner: Clock;
  readonly #uptime: () => Millis;
  /** What the timeline shows more than the inner clock. */
  #offset: Millis = 0;
  #ahead: Millis = 0;
  #asleep: Millis;

  /** @param sinceBoot monotonic too, but it counts the time in which the machine was suspended. */
  constructor(inner: Clock = systemClock, sinceBoot: () => Millis = () => uptime() * 1_000) {
    this.#inner = inner;
    this.#uptime = sinceBoot;
    this.#asleep = this.#suspended();
  }

  now(): Instant {
    return this.#inner.now() + this.#offset;
  }

  wall(): Instant {
    return this.#inner.wall();
  }

  sleep(duration: Millis, signal?: AbortSignal): Promise<void> {
    return this.#inner.sleep(duration, signal);
  }

  /**
   * Goes on where the journal left off: a clock that was set back meanwhile takes nothing from what has lasted. One that
   * was set forward can't be told from a time without a host.
   */
  takeUp({ latest, aheadMs, busy }: LeftOff): Jump | undefined {
    const shown = this.wall() - (busy ? aheadMs : 0);
    const isBack = latest - shown > JUMP;
    this.#set(isBack && !busy ? shown : Math.max(latest, shown));
    this.#ahead = isBack && busy ? this.wall() - this.now() : this.wall() - shown;
    if (this.#ahead === aheadMs) return undefined;
    return { byMs: busy ? this.#ahead - aheadMs : 0, aheadMs: this.#ahead };
  }

  /** What the wall clock has done since the last look that the timeline has not. Undefined for nothing worth telling. */
  look(busy: boolean): Jump | undefined {
    this.#wakeUp();
    const ahead = this.wall() - this.now();
    const byMs = ahead - this.#ahead;
    const isJump = Math.abs(byMs) > JUMP;
    if (!isJump && (busy || this.#ahead === 0)) return undefined;
    this.#ahead = busy ? ahead : 0;
    if (!busy) this.#set(this.wall());
    return { byMs: isJump ? byMs : 0, aheadMs: this.#ahead };
  }

  #set(now: Instant): void {
    this.#offset += now - this.now();
  }

  /** While the machine was suspended its monotonic clock stood still, and yet time has passed. */
  #wakeUp(): void {
    const asleep = this.#suspended();
    const slept = asleep - this.#asleep;
    const shown = this.wall() - this.now() - this.#ahead;
    if (slept <= JUMP || Math.abs(shown - slept) > JUMP) return;
    this.#asleep = asleep;
    this.#offset += shown;
  }

  #suspended(): Millis {
    return this.#uptime() - this.#inner.now();
  }
}
