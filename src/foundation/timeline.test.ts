import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { VirtualClock } from './clock.ts';
import { Timeline } from './timeline.ts';

const HOUR = 3_600_000;

test('a clock that is set moves no instant while something is timed, and is told once', async () => {
  const clock = new VirtualClock(HOUR);
  const timeline = new Timeline(clock, () => clock.now());
  clock.jump(-HOUR);
  await clock.advance(500);
  assert.deepEqual([timeline.look(true), timeline.look(true), timeline.now()], [{ byMs: -HOUR, aheadMs: -HOUR }, undefined, HOUR + 500]);
  clock.jump(2 * HOUR);
  assert.deepEqual([timeline.look(true), timeline.now()], [{ byMs: 2 * HOUR, aheadMs: HOUR }, HOUR + 500]);
});

test('once nothing is timed it shows what the wall clock shows', () => {
  const clock = new VirtualClock(HOUR);
  const timeline = new Timeline(clock, () => clock.now());
  clock.jump(HOUR);
  timeline.look(true);
  assert.deepEqual([timeline.look(false), timeline.now(), timeline.look(false)], [{ byMs: 0, aheadMs: 0 }, 2 * HOUR, undefined]);
});

test('a host that begins goes on from the journal, however the clock was set meanwhile', () => {
  const clock = new VirtualClock(HOUR);
  const timeline = new Timeline(clock, () => clock.now());
  assert.deepEqual(timeline.takeUp({ latest: 2 * HOUR, aheadMs: 0, busy: true }), { byMs: -HOUR, aheadMs: -HOUR });
  assert.equal(timeline.now(), 2 * HOUR, 'the clock was set back');
  assert.equal(timeline.look(true), undefined, 'which is told once');
  assert.equal(timeline.takeUp({ latest: HOUR / 2, aheadMs: HOUR / 4, busy: true }), undefined);
  assert.equal(timeline.now(), (3 * HOUR) / 4, 'the clock was known to be ahead');
});

test('the sleep of a machine is time that has passed, and no jump', async () => {
  const clock = new VirtualClock(HOUR);
  let asleep = 0;
  const timeline = new Timeline(clock, () => clock.now() + asleep);
  asleep = 8 * HOUR;
  clock.jump(8 * HOUR);
  assert.deepEqual([timeline.look(true), timeline.now()], [undefined, 9 * HOUR]);
  await clock.advance(1_000);
  assert.deepEqual([timeline.look(true), timeline.now()], [undefined, 9 * HOUR + 1_000]);
});

test('no duration is changed by any jump', async () => {
  const step = fc.record({ jump: fc.integer({ min: -5 * HOUR, max: 5 * HOUR }), lasts: fc.nat(HOUR) });
  await fc.assert(fc.asyncProperty(fc.array(step, { maxLength: 10 }), async (steps) => {
    const clock = new VirtualClock(HOUR);
    const timeline = new Timeline(clock, () => clock.now());
    const since = timeline.now();
    let lasted = 0;
    let ahead = 0;
    for (const { jump, lasts } of steps) {
      clock.jump(jump);
      ahead += timeline.look(true)?.byMs ?? 0;
      await clock.advance(lasts);
      lasted += lasts;
    }
    assert.equal(timeline.now() - since, lasted);
    assert.ok(Math.abs(ahead - (clock.wall() - timeline.now())) <= 2_000, 'what was told is what is so');
  }));
});
