import assert from 'node:assert/strict';
import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { DatabaseSync } from 'node:sqlite';
import { test, type TestContext } from 'node:test';
import { coded, journalContract, queued } from '../contract.testing.ts';
import { testKeys } from './fixture.testing.ts';
import { openJournal, openJournalReadOnly } from './journal.ts';

const folder = (t: TestContext): string => {
  const made = mkdtempSync(join(tmpdir(), 'journal-'));
  t.after(() => rmSync(made, { recursive: true, force: true }));
  return made;
};

const keys = testKeys();

const opened = (t: TestContext, path = join(folder(t), 'journal.db')): ReturnType<typeof openJournal> & { path: string } => {
  const journal = openJournal(path, keys);
  t.after(() => { try { journal.close(); } catch { /* the test closed it */ } });
  return { ...journal, path };
};

/** Edits the file as an intruder would: with the triggers out of the way. */
function tamper(path: string, sql: string): void {
  const db = new DatabaseSync(path);
  db.exec(`DROP TRIGGER IF EXISTS events_keep_what_is; DROP TRIGGER IF EXISTS events_keep_all; DROP TRIGGER IF EXISTS events_have_no_gap; ${sql}`);
  db.close();
}

journalContract('the SQLite journal', (t) => opened(t));

test('a journal that is closed and opened again goes on where it ended', (t) => {
  const { path, append, close } = opened(t);
  append(0, [queued('a')]);
  close();
  const again = opened(t, path);
  assert.equal(again.head(), 1);
  assert.equal(again.append(1, [queued('b')])[0]?.seq, 2);
  assert.deepEqual([...again.read(0)].map((event) => (event as { run: string }).run), ['a', 'b']);
});

test('only its owner can read the file', (t) => {
  assert.equal(statSync(opened(t).path).mode & 0o777, 0o600);
});

test('no statement can change, remove or skip a row', (t) => {
  const { path, append } = opened(t);
  append(0, [queued('a'), queued('b')]);
  const db = new DatabaseSync(path);
  assert.throws(() => db.exec("UPDATE events SET body = '{}' WHERE seq = 1"), /append-only/);
  assert.throws(() => db.exec('DELETE FROM events'), /append-only/);
  assert.throws(() => db.exec("INSERT INTO events (seq, body, chain) VALUES (9, '{}', '')"), /no gaps/);
  assert.throws(() => db.exec("INSERT OR REPLACE INTO events (seq, body, chain) VALUES (1, '{}', '')"), /no gaps/);
  db.close();
});

test('of two writers the one that decided on an older stream is told so', (t) => {
  const one = opened(t);
  const two = opened(t, one.path);
  one.append(0, [queued('a')]);
  assert.throws(() => two.append(0, [queued('b')]), coded('JOURNAL_CONFLICT', /ends at 1, not at 0/));
});

test('another process reads beside a living writer, and after it has gone', (t) => {
  const { path, append, close } = opened(t);
  append(0, [queued('a')]);
  const reader = openJournalReadOnly(path, keys);
  append(1, [queued('b')]);
  assert.equal(reader.head(), 2);
  close();
  assert.equal([...reader.read(0)].length, 2);
  reader.close();
  const later = openJournalReadOnly(path, keys);
  assert.equal(later.head(), 2);
  assert.equal('append' in later, false);
  later.close();
});

test('a reader that stands still does not hold back the writer', (t) => {
  const { append, read } = opened(t);
  append(0, Array.from({ length: 1_200 }, (_, index) => queued(`r${index}`)));
  const slow = read(0);
  const iterator = slow[Symbol.iterator]();
  iterator.next();
  append(1_200, [queued('last')]);
  let seen = 1;
  while (!iterator.next().done) seen += 1;
  assert.equal(seen, 1_201);
});

test('an untouched journal proves whole, and its head names its whole history', (t) => {
  const { append, verifyChain } = opened(t);
  assert.deepEqual(verifyChain(), { whole: true, events: 0, head: '', signedUpTo: 0 });
  append(0, [queued('a'), queued('b')]);
  const first = verifyChain();
  append(2, [queued('c')]);
  const second = verifyChain();
  assert.ok(first.whole && second.whole && second.events === 3 && first.head !== second.head);
});

const tampering = {
  'edited': ["UPDATE events SET body = replace(body, 'r3', 'rX') WHERE seq = 3", 3],
  'edited together with its own link': ["UPDATE events SET body = replace(body, 'r3', 'rX'), chain = hex(randomblob(32)) WHERE seq = 3", 3],
  'taken out': ['DELETE FROM events WHERE seq = 2', 2],
  'swapped with the next': ["UPDATE events SET body = CASE seq WHEN 2 THEN (SELECT body FROM events WHERE seq = 3) ELSE (SELECT body FROM events WHERE seq = 2) END WHERE seq IN (2, 3)", 2],
} as const;
for (const [how, [sql, brokenAt]] of Object.entries(tampering)) {
  test(`a row that was ${how} is named, by whoever reads it`, (t) => {
    const { path, append, read, verifyChain } = opened(t);
    append(0, [1, 2, 3, 4, 5].map((n) => queued(`r${n}`)));
    tamper(path, sql);
    const verdict = verifyChain();
    assert.ok(!verdict.whole && verdict.brokenAt === brokenAt && verdict.error.message.includes(`row ${brokenAt} `), JSON.stringify(verdict));
    const seen: number[] = [];
    assert.throws(() => { for (const { seq } of read(0)) seen.push(seq); }, verdict.error);
    assert.deepEqual(seen, Array.from({ length: brokenAt - 1 }, (_, index) => index + 1));
  });
}

test('a row that cannot be read is reported with its place, after all that stand before it', (t) => {
  const { path, append, read } = opened(t);
  append(0, [1, 2, 3].map((n) => queued(`r${n}`)));
  tamper(path, "UPDATE events SET body = '{\"at\": 1, ' WHERE seq = 2");
  const seen: number[] = [];
  assert.throws(() => { for (const { seq } of read(0)) seen.push(seq); }, coded('JOURNAL_CORRUPT', /row 2 is not JSON/));
  assert.deepEqual(seen, [1]);
});

test('a row of JSON that is no event, and a missing row, are reported too', (t) => {
  const { path, append, read } = opened(t);
  append(0, [1, 2, 3].map((n) => queued(`r${n}`)));
  tamper(path, "UPDATE events SET body = 'null' WHERE seq = 3");
  assert.throws(() => [...read(1)], coded('JOURNAL_CORRUPT', /row 3 is not an event/));
  tamper(path, 'DELETE FROM events WHERE seq = 1');
  for (const after of [0, 1]) assert.throws(() => [...read(after)], coded('JOURNAL_CORRUPT', /row 1 is missing/));
});

test('a file that is no database, or another program\'s, is refused by name and left alone', (t) => {
  const path = join(folder(t), 'journal.db');
  writeFileSync(path, 'not a database '.repeat(1_000));
  assert.throws(() => openJournal(path, keys), coded('JOURNAL_CORRUPT', new RegExp(path)));
  const other = join(folder(t), 'other.db');
  const db = new DatabaseSync(other);
  db.exec('CREATE TABLE accounts (id)');
  db.close();
  assert.throws(() => openJournal(other, keys), coded('JOURNAL_CORRUPT', /another program/));
});

test('a journal of a newer format is refused, for reading too', (t) => {
  const { path, close } = opened(t);
  close();
  const db = new DatabaseSync(path);
  db.exec('PRAGMA user_version = 2');
  db.close();
  assert.throws(() => openJournal(path, keys), coded('JOURNAL_NEWER', /format 2/));
  assert.throws(() => openJournalReadOnly(path, keys), coded('JOURNAL_NEWER'));
});

test('a journal that is only just being made has nothing to read yet', (t) => {
  const path = join(folder(t), 'journal.db');
  new DatabaseSync(path).close();
  const reader = openJournalReadOnly(path, keys);
  assert.deepEqual([[...reader.read(0)], reader.head()], [[], 0]);
  reader.close();
});

test('a journal whose folder is missing is refused by name', (t) => {
  const path = join(folder(t), 'nowhere', 'journal.db');
  assert.throws(() => openJournal(path, keys), coded('JOURNAL_UNREADABLE', /nowhere/));
  assert.throws(() => openJournalReadOnly(path, keys), coded('JOURNAL_UNREADABLE', /nowhere/));
});

const APPENDER = `
  import { openJournal } from ${JSON.stringify(new URL('./journal.ts', import.meta.url).href)};
  import { testKeys } from ${JSON.stringify(new URL('./fixture.testing.ts', import.meta.url).href)};
  const journal = openJournal(process.argv[1], testKeys());
  const event = { at: 1, type: 'stage-queued', run: 'r'.repeat(Number(process.argv[2])), stage: 'build' };
  try {
    for (;;) { const [, last] = journal.append(journal.head(), [event, event]); console.log(last.seq); }
  } catch (thrown) {
    console.log(JSON.stringify({ error: thrown.record, head: journal.head(), chain: journal.verifyChain().whole }));
  }`;

test('a writer that is killed leaves every event that it was told is kept, and no half batch', async (t) => {
  const path = join(folder(t), 'journal.db');
  for (let round = 0; round < 3; round += 1) {
    const writer = spawn(process.execPath, ['--input-type=module', '-e', APPENDER, path, '20'], { stdio: ['ignore', 'pipe', 'inherit'] });
    let acknowledged = 0;
    for await (const line of createInterface(writer.stdout)) {
      acknowledged = Number(line);
      if (acknowledged >= (round + 1) * 60) writer.kill('SIGKILL');
    }
    if (writer.exitCode === null && writer.signalCode === null) await once(writer, 'exit');
    const reader = openJournalReadOnly(path, keys);
    assert.ok(reader.head() >= acknowledged && reader.head() % 2 === 0, `${acknowledged} acknowledged, ${reader.head()} there`);
    assert.equal([...reader.read(0)].length, reader.head());
    assert.equal(reader.verifyChain().whole, true);
    reader.close();
  }
});

test('a full disk is an error that says so, and nothing half-written is left', (t) => {
  const mount = folder(t);
  const script = 'mount -t tmpfs -o size=600k none "$1" && shift && exec "$@"';
  const ran = spawnSync('unshare', ['--user', '--map-root-user', '--mount', 'sh', '-c', script, 'sh', mount,
    process.execPath, '--input-type=module', '-e', APPENDER, join(mount, 'journal.db'), '3000'], { encoding: 'utf8' });
  if (ran.error || /Operation not permitted|unshare failed/.test(ran.stderr)) return t.skip('this machine lets nobody mount a small disk');
  const { error, head, chain } = JSON.parse(ran.stdout.trim().split('\n').at(-1) ?? '') as { error: { code: string; class: string }; head: number; chain: boolean };
  assert.deepEqual([error.code, error.class], ['JOURNAL_FULL', 'infra']);
  assert.ok(head > 0 && head % 2 === 0 && chain);
  assert.deepEqual(readdirSync(mount), []);
});
