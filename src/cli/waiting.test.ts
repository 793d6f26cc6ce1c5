import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Simulation } from '../core/simulation.testing.ts';
import { fixturePlan, kindWorld } from '../core/fixture.testing.ts';
import { nextReminder, Reminders, waitingText, waits } from './waiting.ts';

const MINUTE = 60_000;

test('who is waited for is said after 1, 5, 15 and 30 minutes more, then every hour', () => {
  const times: number[] = [];
  for (let now = 0; times.length < 7;) times.push((now = nextReminder(0, now)) / MINUTE);
  assert.deepEqual(times, [1, 6, 21, 51, 111, 171, 231]);
  assert.equal(nextReminder(5 * MINUTE, 5.5 * MINUTE), 6 * MINUTE);
});

test('a run that waits is told at once, not twice, and again when its time has come', (t) => {
  t.mock.timers.enable({ apis: ['setTimeout', 'Date'] });
  const simulation = new Simulation(fixturePlan(), kindWorld());
  const run = simulation.push('a');
  simulation.advanceTo(1);
  assert.ok(waits(simulation.state, run));
  const told: number[] = [];
  const reminders = new Reminders(() => [simulation.state.runs.get(run)!].filter(({ id }) => waits(simulation.state, id)), () => told.push(Date.now() / MINUTE));
  reminders.look(0);
  reminders.look(0);
  assert.deepEqual(told, [0]);
  for (let minutes = 0; minutes < 7; minutes += 1) t.mock.timers.tick(MINUTE);
  assert.deepEqual(told, [0, 1, 6]);
  simulation.ask({ type: 'approve', run });
  reminders.look(0);
  t.mock.timers.tick(120 * MINUTE);
  assert.deepEqual(told, [0, 1, 6]);
});

test('the line names the groups, the time and how long it has been', () => {
  const simulation = new Simulation(fixturePlan(), kindWorld());
  const run = simulation.push('a');
  simulation.advanceTo(1);
  assert.equal(waitingText(simulation.state.runs.get(run)!, 90_000), 'WAITS FOR APPROVAL by operators since 1970-01-01 00:00:00Z (1m 30s)');
});
