import { decide } from './core/commands.ts';
import { evolve } from './core/evolve.ts';
import { emptyState } from './core/state.ts';
import { Timeline } from './foundation/timeline.ts';
import { TrunklineError, errorRecord } from './foundation/errors.ts';
import { openJournal } from './journal/sqlite/journal.ts';
import { takeHostLock } from './journal/sqlite/lock.ts';
import type { Place } from './place.ts';
import type { Conductor } from './server/client.ts';
import { readOperators } from './settings.ts';

/**
 * Writes the fact that a command is, where no host lives, and ends: what follows from it follows when a host next
 * begins. @throws {TrunklineError} `HOST_RUNNING`.
 */
export function scribe(place: Place): Conductor & AsyncDisposable {
  const lock = takeHostLock(place.state);
  const journal = openJournal(place.journal);
  const state = emptyState();
  for (const event of journal.read(0)) evolve(state, event);
  const timeline = new Timeline();
  timeline.takeUp({ latest: state.latest, aheadMs: state.clockAhead, busy: true });
  return {
    command: async (command, user) => {
      if (command.type === 'poll' || command.type === 'down') throw new TrunklineError('HOST_NEEDED', 'usage', `${command.type} needs a host`, 'start "trunkline up"');
      const now = timeline.now();
      const append = (events: Parameters<typeof journal.append>[1]): void => {
        journal.append(state.head, events);
        for (const event of events) evolve(state, event);
      };
      try {
        const { events, answer } = decide(state, command, { user, operators: readOperators(place.operators), now });
        append(events);
        return answer;
      } catch (error) {
        const record = errorRecord(error);
        if (record.class === 'refused') append([{ type: 'command-refused', at: now, command: command.type, by: user, error: record, ...('run' in command && state.runs.has(command.run) ? { run: command.run } : {}) }]);
        throw error;
      }
    },
    watch: async function* (after) {
      yield* journal.read(after);
    },
    [Symbol.asyncDispose]: async () => {
      journal.close();
      lock.release();
    },
  };
}
