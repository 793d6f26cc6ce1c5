import { journalConflict } from '../conflict.ts';
import type { Event, Recorded } from '../events.ts';
import type { Journal } from '../journal.ts';

/** A journal that lasts as long as its process. It keeps text, so that nobody can change a fact that was written. */
export function memoryJournal(): Journal {
  const bodies: string[] = [];

  function* read(after: number): Generator<Recorded> {
    for (let seq = after + 1; seq <= bodies.length; seq += 1) yield recorded(seq, bodies[seq - 1]!);
  }

  return {
    append(after: number, events: readonly Event[]): readonly Recorded[] {
      if (bodies.length !== after) throw journalConflict(after, bodies.length);
      const added = events.map((event) => JSON.stringify(event));
      bodies.push(...added);
      return added.map((body, index) => recorded(after + index + 1, body));
    },
    read,
    head: () => bodies.length,
    seal: () => Promise.resolve(), // nobody else can reach it
    close: () => undefined,
  };
}

function recorded(seq: number, body: string): Recorded {
  return { ...(JSON.parse(body) as Event), seq };
}
