import { setTimeout as sleep } from 'node:timers/promises';
import type { Millis } from '../foundation/units.ts';
import type { Member } from './members.ts';
import { send } from './processes.ts';

export interface Asking {
  members(): Promise<readonly Member[]>;
  /** Whether the application goes on as if nobody had told it to end. */
  goesOn(): Promise<boolean>;
  /** All that it is given, before it is ended by force. */
  readonly patience: Millis;
}

const LOOK_EVERY: Millis = 30;

/**
 * Graceful shutdown: SIGTERM to the processes that matter, then waits until all have ended, for `patience` at most.
 * A wrapper that ends at once takes nothing with it: what it leaves is told in its turn, and has what is left of the time.
 */
export async function askToEnd({ members, goesOn, patience }: Asking): Promise<void> {
  const began = performance.now();
  const told = new Set<string>();
  for (let everybody = false; ;) {
    const living = await members();
    if (living.length === 0) return;
    const since = performance.now() - began;
    everybody ||= since > patience / 2 && await goesOn();
    for (const member of toTell(living, told, everybody)) {
      told.add(nameOf(member));
      send(member.pid, 'SIGTERM');
    }
    if (since >= patience) return;
    await sleep(Math.min(LOOK_EVERY, patience - since));
  }
}

/**
 * Each once, from the top: a program that passes the signal on to its own, as npm does, must not have them hear it
 * twice, for many take the second one as an order to stop at once. So a process is told when no parent of its kind
 * lives, or when its parent ignores the signal; `everybody`, when none of that has reached the application.
 */
export function toTell(living: readonly Member[], told: ReadonlySet<string>, everybody: boolean): readonly Member[] {
  const parents = new Map(living.map((member) => [member.pid, member]));
  const reached = (member: Member): boolean => {
    const parent = parents.get(member.parent);
    return parent === undefined || (parent.deaf && reached(parent));
  };
  return living.filter((member) => !told.has(nameOf(member)) && (everybody || reached(member)));
}

/** Its number alone comes again. */
export function nameOf({ pid, started }: Member): string {
  return `${pid} ${started}`;
}
