import assert from 'node:assert/strict';
import { copyFileSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { test, type TestContext } from 'node:test';
import fc from 'fast-check';
import { digestOf } from '../../foundation/digest.ts';
import type { Event } from '../events.ts';
import { coded, queued } from '../contract.testing.ts';
import { testKeys } from './fixture.testing.ts';
import { headPath } from './heads.ts';
import { openJournal, openJournalReadOnly } from './journal.ts';
import { chainOf } from './rows.ts';

const keys = testKeys();

function placeFor(t: TestContext): string {
  const folder = mkdtempSync(join(tmpdir(), 'tampering-'));
  t.after(() => rmSync(folder, { recursive: true, force: true }));
  return join(folder, 'journal.db');
}

/** A closed journal of `events` rows with heads signed at some of them. */
async function written(path: string, events: number, heads: readonly number[]): Promise<void> {
  for (const suffix of ['', '-wal', '-shm']) rmSync(path + suffix, { force: true });
  rmSync(headPath(path), { force: true });
  const journal = openJournal(path, keys);
  for (let seq = 1; seq <= events; seq += 1) {
    journal.append(seq - 1, [queued(`run-${seq}`)]);
    if (heads.includes(seq)) await journal.seal();
  }
  journal.close();
}

interface Row { seq: number; body: string; chain: string }

/** Writes the rows as an intruder does who knows how rows are chained, but has no key. */
function rewrite(path: string, change: (rows: Row[]) => Row[], rechain: boolean): void {
  const db = new DatabaseSync(path);
  const rows = change(db.prepare('SELECT seq, body, chain FROM events ORDER BY seq').all() as unknown as Row[]);
  db.exec('DROP TRIGGER events_keep_what_is; DROP TRIGGER events_keep_all; DROP TRIGGER events_have_no_gap; DELETE FROM events');
  const insert = db.prepare('INSERT INTO events (seq, body, chain) VALUES (?, ?, ?)');
  let previous = '';
  rows.forEach(({ body, chain }, index) => {
    previous = rechain ? chainOf(previous, index + 1, body) : chain;
    insert.run(index + 1, body, previous);
  });
  db.close();
}

function replaced(rows: Row[], at: number, ...by: readonly Row[]): Row[] {
  return rows.flatMap((row) => (row.seq === at ? by : [row]));
}

const forged = (row: Row): Row => ({ ...row, body: row.body.replace('run-', 'forged-') });

const mutations: { readonly [name: string]: (rows: Row[], at: number) => Row[] } = {
  'edited': (rows, at) => replaced(rows, at, forged(rows[at - 1]!)),
  'taken out': (rows, at) => replaced(rows, at),
  'put in': (rows, at) => replaced(rows, at, forged(rows[at - 1]!), rows[at - 1]!),
  'swapped with the one before': (rows, at) => rows.map((row) => (row.seq === at ? rows[at - 2] ?? rows[at]! : row.seq === at - 1 ? rows[at - 1]! : row)),
  'cut off, with all that follow': (rows, at) => rows.slice(0, at - 1),
};

function refusal(path: string): { readonly code: string; readonly message: string } {
  const journal = openJournalReadOnly(path, keys);
  try {
    const verdict = journal.verifyChain();
    assert.ok(!verdict.whole, 'it was found whole');
    assert.throws(() => [...journal.read(0)], verdict.error);
    const writer = openJournal(path, keys);
    assert.throws(() => [...writer.read(0)], verdict.error);
    writer.close();
    return verdict.error.record;
  } finally {
    journal.close();
  }
}

test('whatever single thing is done to a journal up to its last head, by whoever has no key, it is refused', async (t) => {
  const path = placeFor(t);
  await fc.assert(fc.asyncProperty(
    fc.integer({ min: 2, max: 12 }), fc.uniqueArray(fc.integer({ min: 1, max: 12 }), { maxLength: 3 }), fc.constantFrom(...Object.keys(mutations)), fc.nat(100), fc.boolean(),
    async (events, some, name, place, rechain) => {
      const heads = [...some.filter((seq) => seq <= events), events];
      await written(path, events, heads);
      const at = name.startsWith('swapped') ? 2 + (place % (events - 1)) : 1 + (place % events);
      rewrite(path, (rows) => mutations[name]!(rows, at), rechain);
      const { code, message } = refusal(path);
      assert.match(code, /JOURNAL_(TAMPERED|CORRUPT)/);
      const [from = 0, to = from] = [/from (\d+)/, /to (\d+)/].flatMap((pattern) => Number(pattern.exec(message)?.[1] ?? []));
      const exactly = /row (\d+) (?:is|was)/.exec(message)?.[1];
      // Whoever chains rows anew blurs which is the first: heads say between which rows it is.
      const fault = name.startsWith('swapped') ? at - 1 : at;
      const isNamed = message.includes('it ends at') ? from <= fault : exactly === undefined ? from <= fault && fault <= to : Number(exactly) === fault;
      assert.ok(isNamed, `${name} at ${at} of ${events}, heads ${heads.join()}: ${message}`);
    },
  ), { numRuns: 60 });
});

test('without a signed head, what breaks the chain is refused too', async (t) => {
  const path = placeFor(t);
  for (const name of ['edited', 'taken out', 'put in', 'swapped with the one before']) {
    await written(path, 5, []);
    rewrite(path, (rows) => mutations[name]!(rows, 3), false);
    assert.match(refusal(path).message, name.startsWith('swapped') ? /row 2 / : /row 3 /, name);
  }
});

test('a dropped tail is told by the head that was signed behind it', async (t) => {
  const path = placeFor(t);
  await written(path, 5, [2, 5]);
  rewrite(path, (rows) => rows.slice(0, 3), false);
  assert.match(refusal(path).message, /it ends at row 3, and row 5 was signed: rows from 3 on are missing or changed/);
});

test('an older copy of the database, or of the head beside it, does not pass for the newest', async (t) => {
  const path = placeFor(t);
  await written(path, 3, [3]);
  const [old, oldHead] = [`${path}.old`, `${path}.old-head`];
  copyFileSync(path, old);
  copyFileSync(headPath(path), oldHead);
  const journal = openJournal(path, keys);
  journal.append(3, [queued('more')]);
  await journal.seal();
  journal.close();
  const newest = readFileSync(path);
  copyFileSync(old, path);
  assert.match(refusal(path).message, /ends at row 3, and row 4 was signed/);
  writeFileSync(path, newest);
  const newestHead = readFileSync(headPath(path));
  copyFileSync(oldHead, headPath(path));
  assert.match(refusal(path).message, /speaks of row 3, and the database of row 4/);
  rmSync(headPath(path));
  assert.match(refusal(path).message, /head is gone/);
  writeFileSync(headPath(path), newestHead);
  const whole = openJournalReadOnly(path, keys);
  assert.equal([...whole.read(0)].length, 4);
  whole.close();
});

test('a head that another key signed, or that was changed, is refused', async (t) => {
  const path = placeFor(t);
  await written(path, 3, [3]);
  const genuine = readFileSync(headPath(path), 'utf8');
  for (const text of [await testKeys().sign({ seq: 3, chain: 'x' }), genuine.replace('"seq":3', '"seq":2'), '', '{']) {
    writeFileSync(headPath(path), text);
    assert.match(refusal(path).message, /not genuine/, text);
  }
});

test('a host that was killed between the head beside the database and the one in it goes on', async (t) => {
  const path = placeFor(t);
  await written(path, 3, [2]);
  const journal = openJournal(path, keys);
  writeFileSync(headPath(path), await keys.sign({ seq: 3, chain: (journal.verifyChain() as { head: string }).head }));
  assert.equal([...journal.read(0)].length, 3);
  journal.append(3, [queued('more')]);
  await journal.seal();
  assert.deepEqual({ ...journal.verifyChain(), head: '' }, { whole: true, events: 4, head: '', signedUpTo: 4 });
  journal.close();
});

test('a journal of before there were heads opens, and is signed from then on', async (t) => {
  const path = placeFor(t);
  await written(path, 3, []);
  const db = new DatabaseSync(path);
  db.exec('DROP TABLE heads');
  db.close();
  const reader = openJournalReadOnly(path, keys);
  assert.equal([...reader.read(0)].length, 3);
  reader.close();
  const journal = openJournal(path, keys);
  await journal.seal();
  assert.equal((journal.verifyChain() as { signedUpTo: number }).signedUpTo, 3);
  journal.close();
});

test('whoever takes the heads away, and chains the rows anew, is found by what they must have been signed for', async (t) => {
  const path = placeFor(t);
  const events: readonly Event[] = [
    { type: 'stage-passed', at: 1, run: 'r-1', stage: 'gamma' }, { type: 'approval-given', at: 2, run: 'r-1', by: 'ada', user: 'ada', evidence: digestOf('it') },
    { type: 'stage-passed', at: 3, run: 'r-1', stage: 'prod' }, { type: 'stage-passed', at: 4, run: 'r-2', stage: 'prod' },
  ];
  const journal = openJournal(path, keys);
  for (const [seq, event] of events.entries()) {
    journal.append(seq, [event]);
    if (event.type === 'stage-passed') await journal.seal();
  }
  journal.close();
  rewrite(path, (rows) => rows.map((row) => ({ ...row, body: row.body.replaceAll('"ada"', '"eve"') })), true);

  const db = new DatabaseSync(path);
  db.exec('DROP TRIGGER heads_keep_all; DELETE FROM heads WHERE id > 1');
  const { envelope } = db.prepare('SELECT envelope FROM heads').get() as { envelope: string };
  writeFileSync(headPath(path), envelope);
  assert.match(refusal(path).message, /in row 3 a release passed Prod, and the newest signed head is of row 1/);
  db.exec('DROP TABLE heads');
  rmSync(headPath(path));
  assert.match(refusal(path).message, /row 2 speaks of an approval, and no signed head is left/);
  db.close();
});

test('nothing is signed, and nothing appended, on rows that were changed meanwhile', async (t) => {
  const path = placeFor(t);
  await written(path, 3, []);
  rewrite(path, (rows) => mutations['edited']!(rows, 2), false);
  const journal = openJournal(path, keys);
  await assert.rejects(journal.seal(), coded('JOURNAL_TAMPERED', /row 2 /));
  journal.close();
  await written(path, 3, []);
  const living = openJournal(path, keys);
  living.append(3, [queued('run-4')]);
  rewrite(path, (rows) => mutations['edited']!(rows, 4), true);
  assert.throws(() => living.append(4, [queued('more')]), coded('JOURNAL_TAMPERED', /row 4 was changed/));
  living.close();
});

test('a key that is no longer believed accuses nobody, and its heads are signed anew', async (t) => {
  const path = placeFor(t);
  await written(path, 3, [3]);
  const later = testKeys();
  const rotated: typeof later = { sign: later.sign, open: (text) => ('head' in keys.open(text) ? { distrusted: 'its key was revoked' } : later.open(text)) };
  const journal = openJournal(path, rotated);
  assert.deepEqual([[...journal.read(0)].length, (journal.verifyChain() as { signedUpTo: number }).signedUpTo], [3, 0]);
  await journal.seal();
  assert.equal((journal.verifyChain() as { signedUpTo: number }).signedUpTo, 3);
  journal.close();
});
