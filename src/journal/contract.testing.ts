import assert from 'node:assert/strict';
import { describe, test, type TestContext } from 'node:test';
import fc from 'fast-check';
import type { TrunklineError } from '../foundation/errors.ts';
import type { Event } from './events.ts';
import type { Journal } from './journal.ts';

/** What every journal must do. `open` gives a new, empty one; what it needs is cleaned up by `t.after`. */
export function journalContract(title: string, open: (t: TestContext) => Journal): void {
  describe(title, () => {
    test('an empty journal ends at 0 and has nothing to read', (t) => {
      const journal = open(t);
      assert.equal(journal.head(), 0);
      assert.deepEqual([...journal.read(0)], []);
    });

    test('what is appended has places 1, 2, 3, … and is read back as it was', (t) => {
      const journal = open(t);
      const first = journal.append(0, [queued('run-1'), queued('run-2')]);
      const second = journal.append(2, [queued('run-3')]);
      assert.deepEqual([...first, ...second].map(({ seq }) => seq), [1, 2, 3]);
      assert.deepEqual([...journal.read(0)], [...first, ...second]);
      assert.deepEqual(withoutPlaces(journal), [queued('run-1'), queued('run-2'), queued('run-3')]);
      assert.equal(journal.head(), 3);
    });

    test('reading starts after the place that is given', (t) => {
      const journal = open(t);
      journal.append(0, ['a', 'b', 'c'].map(queued));
      assert.deepEqual([...journal.read(2)].map(({ seq }) => seq), [3]);
      assert.deepEqual([...journal.read(3)], []);
      assert.deepEqual([...journal.read(99)], []);
    });

    for (const after of [0, 1, 3]) {
      test(`an append after ${after} is refused when the journal ends at 2, and leaves no trace`, (t) => {
        const journal = open(t);
        journal.append(0, ['a', 'b'].map(queued));
        assert.throws(() => journal.append(after, [queued('c')]), coded('JOURNAL_CONFLICT'));
        assert.deepEqual(withoutPlaces(journal), ['a', 'b'].map(queued));
      });
    }

    test('appending nothing changes nothing, and still notices a conflict', (t) => {
      const journal = open(t);
      assert.deepEqual(journal.append(0, []), []);
      assert.equal(journal.head(), 0);
      assert.throws(() => journal.append(1, []), /ends at 0, not at 1/);
    });

    test('of several events either all are kept or none', (t) => {
      const journal = open(t);
      const cyclic: Record<string, unknown> = { at: 1, type: 'stage-queued' };
      cyclic['run'] = cyclic;
      assert.throws(() => journal.append(0, [queued('a'), cyclic as never]));
      assert.deepEqual([...journal.read(0)], []);
      assert.equal(journal.append(0, [queued('b')])[0]?.seq, 1);
    });

    test('a reader goes on to what is appended meanwhile, and two readers do not disturb each other', (t) => {
      const journal = open(t);
      journal.append(0, ['a', 'b'].map(queued));
      const one = journal.read(0)[Symbol.iterator]();
      const two = journal.read(1)[Symbol.iterator]();
      assert.equal(one.next().value.seq, 1);
      assert.equal(two.next().value.seq, 2);
      journal.append(2, [queued('c')]);
      assert.deepEqual([one.next().value.seq, one.next().value.seq, one.next().done], [2, 3, true]);
    });

    test('changing an event that was appended or read changes nothing that is kept', (t) => {
      const journal = open(t);
      const [appended] = journal.append(0, [queued('a')]);
      (appended as { run: string }).run = 'forged';
      ([...journal.read(0)][0] as { run: string }).run = 'forged';
      assert.deepEqual(withoutPlaces(journal), [queued('a')]);
    });

    test('any text is kept exactly: control characters, quotes, lone surrogates, markup', (t) => {
      const journal = open(t);
      fc.assert(fc.property(fc.array(fc.string({ unit: 'binary' }), { maxLength: 5 }), (texts) => {
        const after = journal.head();
        journal.append(after, texts.map(queued));
        assert.deepEqual([...journal.read(after)].map((event) => (event as { run: string }).run), texts);
      }), { numRuns: 50 });
      journal.append(journal.head(), [queued('\ud800 alone')]);
      assert.equal(([...journal.read(journal.head() - 1)][0] as { run: string }).run, '\ud800 alone');
    });
  });
}

/** For `assert.throws`: an error of ours with this code, and a message that matches. */
export function coded(code: string, message = /./): (thrown: unknown) => true {
  return (thrown) => {
    const { record } = thrown as TrunklineError;
    assert.equal(record?.code, code, String(thrown));
    assert.match(record.message, message);
    return true;
  };
}

/** An event to tell from others by its run. */
export function queued(run: string): Event {
  return { at: 1_700_000_000_000, type: 'stage-queued', run, stage: 'build' };
}

function withoutPlaces(journal: Journal): Event[] {
  return [...journal.read(0)].map((recorded) => {
    const { seq, ...event } = recorded;
    assert.ok(seq > 0);
    return event as Event;
  });
}
