import assert from 'node:assert/strict';
import { test } from 'node:test';
import { VirtualClock } from '../../foundation/clock.ts';
import { Timeline } from '../../foundation/timeline.ts';
import type { EventOf } from '../../journal/events.ts';
import { memoryJournal } from '../../journal/memory/journal.ts';
import type { Journal } from '../../journal/journal.ts';
import type { Effects } from '../effects.ts';
import { EmbeddedHost } from './host.ts';

const HOUR = 3_600_000;
const START = 100 * HOUR;

/** Nothing that is begun ever ends. */
const idle: Effects = { recover: async () => [], perform: (_effect, _state, _report, signal) => new Promise((resolve) => signal.addEventListener('abort', () => resolve(undefined))), release: async () => {}, close: async () => {} };

function startHost(clock: VirtualClock, journal: Journal): Promise<EmbeddedHost> {
  const timeline = new Timeline(clock, () => clock.now());
  return EmbeddedHost.start({ clock: timeline, timeline, journal, effects: idle, capacity: { builds: 1 }, operators: () => ({ people: {} }), pin: () => undefined, look: async () => undefined, down: async () => ({ events: [] }) });
}

const push = (host: EmbeddedHost, id: string): Promise<unknown> => {
  host.report({ type: 'trunk-seen', commits: [{ id, tree: id, subject: id, author: 'a', reverts: [] }] });
  return host.command({ type: 'run', commit: id, again: false }, 'tester');
};

async function jumpTold(host: EmbeddedHost): Promise<EventOf<'clock-jumped'>> {
  for await (const event of host.watch(0, new AbortController().signal)) if (event.type === 'clock-jumped') return event;
  throw new Error('the host ended');
}

test('a jump of the wall clock is told, and the instants of what is under way run on evenly', async () => {
  for (const by of [-HOUR, HOUR, 300 * HOUR]) {
    const clock = new VirtualClock(START);
    const journal = memoryJournal();
    await using host = await startHost(clock, journal);
    await push(host, 'a'.repeat(40));
    clock.jump(by);
    await clock.advance(1_000);
    const told = await jumpTold(host);
    assert.deepEqual([told.at, told.byMs, told.aheadMs], [START + 1_000, by, by]);
    assert.deepEqual(host.state.clockJumps, [{ at: START + 1_000, byMs: by }]);
  }
});

test('a host that comes after a clock was set back goes on from the latest instant, and says so', async () => {
  const clock = new VirtualClock(START);
  const journal = memoryJournal();
  await (async () => {
    await using host = await startHost(clock, journal);
    await push(host, 'a'.repeat(40));
  })();
  clock.jump(-HOUR);
  await using next = await startHost(clock, journal);
  assert.deepEqual(await jumpTold(next).then(({ at, byMs }) => [at, byMs]), [START, -HOUR]);
  const instants = [...journal.read(0)].map(({ at }) => at);
  assert.deepEqual(instants, instants.toSorted((a, b) => a - b));
});
