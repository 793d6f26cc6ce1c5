import { ruleAsked, ruleSeen, ruleSet, ruleText } from './core/approval-rule.ts';
import { decide } from './core/commands.ts';
import { evolve } from './core/evolve.ts';
import { emptyState, type PipelineState } from './core/state.ts';
import { openKeys } from './artifact/keys/file/keyfile.ts';
import { Timeline } from './foundation/timeline.ts';
import { TrunklineError, errorRecord } from './foundation/errors.ts';
import type { Journal } from './journal/journal.ts';
import { headKeys } from './journal-keys.ts';
import { openJournal } from './journal/sqlite/journal.ts';
import { takeHostLock, type HostLock } from './journal/sqlite/lock.ts';
import type { Place } from './place.ts';
import type { Conductor } from './server/client.ts';
import { originHere } from './server/origin.ts';
import { pinApproval, readOperators } from './settings.ts';

/**
 * Writes the fact that a command is, where no host lives, and ends: what follows from it follows when a host next
 * begins. @throws {TrunklineError} `HOST_RUNNING`; `JOURNAL_TAMPERED` when the history is not what was written.
 */
export async function openScribe(place: Place): Promise<Conductor & AsyncDisposable> {
  const lock = takeHostLock(place.state);
  try {
    const { signer } = await openKeys(place.keys);
    const journal = openJournal(place.journal, headKeys(place, signer));
    try {
      return scribe(place, lock, journal, folded(journal));
    } catch (error) {
      journal.close();
      throw error;
    }
  } catch (error) {
    lock.release();
    throw error;
  }
}

function folded(journal: Journal): PipelineState {
  const state = emptyState();
  for (const event of journal.read(0)) evolve(state, event);
  return state;
}

function scribe(place: Place, lock: HostLock, journal: Journal, state: PipelineState): Conductor & AsyncDisposable {
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
        const operators = readOperators(place.operators);
        if (command.type === 'approvers') {
          const rule = ruleAsked(state, operators, command, user);
          pinApproval(place.operators, rule);
          append([ruleSet(rule, user, now)]);
          return { message: `from now on ${ruleText(rule)} must approve production`, began: false };
        }
        append(ruleSeen(state, operators, now));
        const { events, answer } = decide(state, command, { user, operators, now });
        append(events);
        return answer;
      } catch (error) {
        const record = errorRecord(error);
        if (record.class === 'refused') append([{ type: 'command-refused', at: now, command: command.type, by: user, error: record, ...('run' in command && state.runs.has(command.run) ? { run: command.run } : {}), from: originHere('scribe') }]);
        throw error;
      }
    },
    watch: async function* (after) {
      yield* journal.read(after);
    },
    [Symbol.asyncDispose]: async () => {
      try {
        await journal.seal();
      } finally {
        journal.close();
        lock.release();
      }
    },
  };
}
