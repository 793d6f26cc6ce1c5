import assert from 'node:assert/strict';
import { once } from 'node:events';
import { EventEmitter } from 'node:events';
import { test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { systemClock } from './clock.ts';
import { errorRecord, TrunklineError } from './errors.ts';
import { lateAfter } from './late.ts';

const late = (): TrunklineError => new TrunklineError('REGION_SILENT', 'infra', 'it is silent', 'look at its log');
const thrownBy = (work: Promise<unknown>): Promise<unknown> => work.then(() => assert.fail('it did not throw'), (error: unknown) => error);
const HOUR = 3_600_000;

test('what is late aborts with the error that says what was late', async () => {
  const hold = setTimeout(() => {}, HOUR);
  try {
    const signal = lateAfter(1, late);
    await once(signal, 'abort');
    assert.deepEqual(errorRecord(signal.reason), late().record);
  } finally {
    clearTimeout(hold);
  }
});

test('a sleep of the clock rejects with the reason of its signal', async () => {
  const reason = late();
  assert.equal(await thrownBy(systemClock.sleep(HOUR, AbortSignal.abort(reason))), reason);
  const controller = new AbortController();
  const slept = thrownBy(systemClock.sleep(HOUR, controller.signal));
  controller.abort(reason);
  assert.equal(await slept, reason);
});

test('what the platform aborts is told by why it was aborted, and never as a fault of Trunkline', async () => {
  const signal = AbortSignal.abort(late());
  for (const work of [() => sleep(HOUR, undefined, { signal }), async () => once(new EventEmitter(), 'never', { signal })]) {
    assert.deepEqual(errorRecord(await thrownBy(work())), late().record);
  }
  const { code, class: kind, hint } = errorRecord(new DOMException('The operation was aborted due to timeout', 'TimeoutError'));
  assert.deepEqual([code, kind], ['TOO_LATE', 'infra']);
  assert.ok(hint);
});

test('an abort without a cause stays a fault of Trunkline', () => {
  assert.equal(errorRecord(Object.assign(new Error('The operation was aborted'), { name: 'AbortError' })).code, 'BUG');
});
