import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { test, type TestContext } from 'node:test';
import { openKeys } from './artifact/keys/file/keyfile.ts';
import { coded } from './journal/contract.testing.ts';
import type { Event } from './journal/events.ts';
import { openJournal, openJournalReadOnly } from './journal/sqlite/journal.ts';
import { headKeys, headTrust } from './journal-keys.ts';
import type { Place } from './place.ts';
import { openScribe } from './scribe.ts';
import { firstOperators } from './settings.ts';

const commit = { id: 'c'.repeat(40), tree: 't', subject: 'a change', author: 'ann', reverts: [] };
const history: readonly Event[] = [
  { type: 'commit-pushed', at: 1, commit },
  { type: 'run-started', at: 2, run: 'r-1', sequence: 1, kind: 'STANDARD', commit: commit.id, by: 'ann' },
];

/** A state folder in which one run has begun, and whose host has stopped. */
async function stateFolder(t: TestContext): Promise<Place> {
  const state = mkdtempSync(join(tmpdir(), 'scribe-'));
  t.after(() => rmSync(state, { recursive: true, force: true }));
  const place = { state, journal: join(state, 'journal.db'), keys: join(state, 'keys'), operators: join(state, 'operators.json') } as Place;
  firstOperators(place.operators, 'ann', ['operators']);
  const journal = openJournal(place.journal, headKeys(place, (await openKeys(place.keys)).signer));
  journal.append(0, history);
  await journal.seal();
  journal.close();
  return place;
}

test('what a command writes where no host lives is signed, and the next reader finds it whole', async (t) => {
  const place = await stateFolder(t);
  {
    await using scribe = await openScribe(place);
    await scribe.command({ type: 'cancel', run: 'r-1', reason: 'not now' }, 'ann');
  }
  const reader = openJournalReadOnly(place.journal, headTrust(place));
  t.after(() => reader.close());
  assert.deepEqual({ ...reader.verifyChain(), head: '' }, { whole: true, events: 3, head: '', signedUpTo: 3 });
});

test('no command is written after a history in which somebody put another name, or cut the end, and the lock is given back', async (t) => {
  for (const [tampering, says] of [["UPDATE events SET body = replace(body, '\"by\":\"ann\"', '\"by\":\"eve\"') WHERE seq = 2", /row 2 /], ['DELETE FROM events WHERE seq = 2', /it ends at row 1, and row 2 was signed/]] as const) {
    const place = await stateFolder(t);
    const db = new DatabaseSync(place.journal);
    db.exec(`DROP TRIGGER events_keep_what_is; DROP TRIGGER events_keep_all; ${tampering}`);
    db.close();
    for (let time = 0; time < 2; time += 1) await assert.rejects(openScribe(place), coded('JOURNAL_TAMPERED', says));
  }
});
