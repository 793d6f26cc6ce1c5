import assert from 'node:assert/strict';
import { test } from 'node:test';
import { aside, moduleBeside, type Aside } from './aside.ts';
import type { TrunklineError } from './errors.ts';

const never = new AbortController().signal;
const call = (name: string, given: readonly unknown[] = [], more: Partial<Aside> = {}): Promise<unknown> => aside({ module: moduleBeside(import.meta.url, './aside.testing'), name, given, what: 'the trial', signal: never, ...more });
const refusal = (code: string, message: RegExp) => (thrown: unknown): boolean => (thrown as TrunklineError).record?.code === code && message.test((thrown as TrunklineError).message);

test('a function answers from a thread of its own, with data', async () => {
  assert.equal(await call('add', [1, 2]), 3);
  assert.deepEqual(await call('later', ['x']), new Map([['said', 'x']]));
  assert.deepEqual(await call('environment'), []);
});

test('what it refuses is refused with its code and its lines; what breaks in it is no refusal', async () => {
  await assert.rejects(call('refuse'), (thrown: TrunklineError) => {
    assert.deepEqual(thrown.record, { code: 'REPORT_INVALID', class: 'code', message: 'no report', hint: 'write one', lastLines: ['line'] });
    return true;
  });
  await assert.rejects(call('breakDown'), /^Error: the trial: Error: oh/);
  await assert.rejects(call('nothing'), /has no nothing/);
});

test('what never ends is ended at its deadline, while the event loop of the caller goes on', async () => {
  let turns = 0;
  const counting = setInterval(() => void (turns += 1), 5);
  await assert.rejects(call('forEver', [], { patience: 500 }), refusal('READING_TOO_COSTLY', /^the trial took longer than 500ms/));
  clearInterval(counting);
  assert.ok(turns > 3, `${turns} turns`);
});

test('what fills the memory is ended, and the process lives', async () => {
  await assert.rejects(call('fillMemory', [], { heapMb: 32 }), refusal('READING_TOO_COSTLY', /needs more than 32 MB/));
});

test('whoever asked and leaves is told his own reason at once', async () => {
  const stop = new AbortController();
  setTimeout(() => stop.abort(new Error('cancelled')), 100);
  await assert.rejects(call('forEver', [], { signal: stop.signal }), /cancelled/);
  await assert.rejects(call('add', [1, 2], { signal: stop.signal }), /cancelled/);
});
