import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Event, Recorded } from '../../journal/events.ts';
import type { Journal } from '../../journal/journal.ts';
import { memoryJournal } from '../../journal/memory/journal.ts';
import { hosted, performing } from './fixture.testing.ts';

/** A journal of so many events, and how many were read of it since. */
function long(count: number): { readonly journal: Journal; read: number } {
  const inner = memoryJournal();
  inner.append(0, Array.from({ length: count }, (_, at): Event => ({ type: 'host-troubled', at, what: 'the test', error: { code: 'X', class: 'infra', message: 'x' } })));
  const counted = { journal: { ...inner, read: function* (after: number): Generator<Recorded> {
    for (const event of inner.read(after)) {
      counted.read += 1;
      yield event;
    }
  } }, read: 0 };
  return counted;
}

test('a follower that takes one event has had a page read for it, whatever lies behind', async () => {
  const counted = long(10_000);
  const { host } = await hosted(performing(() => undefined), { journal: counted.journal });
  counted.read = 0;
  const stop = new AbortController();
  const follower = host.watch(0, stop.signal)[Symbol.asyncIterator]();
  assert.equal((await follower.next()).value?.seq, 1);
  assert.ok(counted.read <= 128, `${counted.read} were read`);
  stop.abort();
  await follower.return?.();
  await host[Symbol.asyncDispose]();
});

test('however many followers read the whole history, a turn of the event loop reads one page, and each gets all of it in order', async () => {
  const counted = long(2_000);
  const { host } = await hosted(performing(() => undefined), { journal: counted.journal });
  const stop = new AbortController();
  const last = counted.journal.head();
  counted.read = 0;
  const followers = Array.from({ length: 10 }, async () => {
    const seen: number[] = [];
    for await (const { seq } of host.watch(0, stop.signal)) if (seen.push(seq) === last) break;
    return seen;
  });
  const all = Promise.all(followers);
  let over = false;
  void all.finally(() => (over = true));
  const turns: number[] = [];
  while (!over) {
    const before = counted.read;
    await new Promise((resolve) => setImmediate(resolve));
    turns.push(counted.read - before);
  }
  assert.ok(Math.max(...turns) <= 128, `${Math.max(...turns)} events were read in one turn`);
  for (const seen of await all) assert.deepEqual(seen, Array.from({ length: last }, (_, index) => index + 1));
  stop.abort();
  await host[Symbol.asyncDispose]();
});

test('a follower that knows a place is given only what is new', async () => {
  const counted = long(500);
  const { host } = await hosted(performing(() => undefined), { journal: counted.journal });
  counted.read = 0;
  const stop = new AbortController();
  const follower = host.watch(500, stop.signal)[Symbol.asyncIterator]();
  const next = follower.next();
  host.report({ type: 'host-troubled', what: 'new', error: { code: 'Y', class: 'infra', message: 'y' } });
  assert.equal((await next).value?.seq, 501);
  assert.equal(counted.read, 0);
  stop.abort();
  await follower.return?.();
  await host[Symbol.asyncDispose]();
});
