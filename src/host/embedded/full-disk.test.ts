import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Fact } from '../../core/facts.ts';
import { evolve } from '../../core/evolve.ts';
import { emptyState, type PipelineState } from '../../core/state.ts';
import { TrunklineError } from '../../foundation/errors.ts';
import type { Journal } from '../../journal/journal.ts';
import { memoryJournal } from '../../journal/memory/journal.ts';
import { hosted, performing } from './fixture.testing.ts';

/** A journal on a disk that a test fills. */
function smallDisk(): { readonly journal: Journal; isFull: boolean } {
  const inner = memoryJournal();
  const full = (): TrunklineError => new TrunklineError('JOURNAL_FULL', 'infra', 'nothing could be written', 'free space');
  const disk = {
    isFull: false,
    journal: {
      ...inner,
      append: (after, events) => {
        if (disk.isFull && events.length > 0) throw full();
        return inner.append(after, events);
      },
      seal: async () => {
        if (disk.isFull) throw full();
      },
    } satisfies Journal,
  };
  return disk;
}

const isFull = (error: unknown): boolean => error instanceof TrunklineError && error.record.code === 'JOURNAL_FULL';

function folded(journal: Journal): PipelineState {
  const state = emptyState();
  for (const event of journal.read(0)) evolve(state, event);
  return state;
}

/** What was folded as it was decided has no places yet. */
function withoutPlaces(state: PipelineState): unknown {
  return JSON.parse(JSON.stringify([...state.runs], (key, value: unknown) => (key === 'seq' ? undefined : value)));
}

test('on a full disk a release that breaches goes back, nothing new is begun, and all goes on once there is room', async () => {
  const disk = smallDisk();
  const began = new Array<string>();
  const told = new Array<string>();
  const breach = Promise.withResolvers<Fact>();
  let bad = '';
  const { host, push, until } = await hosted(performing((effect) => {
    began.push(effect.type === 'rollout' ? `${effect.step.type} ${effect.environment.name}` : effect.type);
    return effect.type === 'rollout' && effect.step.type === 'bake' && effect.run === bad ? () => breach.promise : undefined;
  }), { journal: disk.journal, tell: (line) => told.push(line) });
  const run = bad = await push('a');
  await until('the bake', () => began.includes('bake beta'));
  disk.isFull = true;
  const before = disk.journal.head();
  const sofar = began.length;
  breach.resolve({ type: 'rollout', run, stage: 'beta', fact: { type: 'breached', cause: { type: 'health', region: 'one', detail: 'it is ill' } } });
  await until('the way back', () => host.state.runs.get(run)?.stages.beta?.rollout?.state.phase === 'rolled-back');
  await assert.rejects(host.command({ type: 'poll' }, 'ann'), isFull);
  await assert.rejects(host.command({ type: 'run', commit: 'a', again: true }, 'ann'), isFull);
  assert.deepEqual(new Set(began.slice(sofar)), new Set(['restore beta']));
  assert.equal(disk.journal.head(), before);
  assert.equal(host.isOver, false);
  assert.equal(told.length, 1, told.join('\n'));
  assert.match(told[0]!, /JOURNAL_FULL.*nothing new is begun/);
  disk.isFull = false;
  await until('the journal', () => disk.journal.head() === host.state.head);
  assert.match(told[1]!, /there is room again/);
  const other = await push('b');
  await until('the approval', () => host.state.runs.get(other)?.approval !== undefined);
  await host[Symbol.asyncDispose]();
  assert.deepEqual(withoutPlaces(folded(disk.journal)), withoutPlaces(host.state));
});

test('a command that can not be written down is refused, and nothing of it holds afterwards', async () => {
  const disk = smallDisk();
  const { host, push, until } = await hosted(performing(() => undefined), { journal: disk.journal });
  const run = await push('a');
  await until('the approval', () => host.state.runs.get(run)?.approval !== undefined);
  await host.idle();
  const before = folded(disk.journal);
  disk.isFull = true;
  for (const command of [{ type: 'cancel', run, reason: 'enough' }, { type: 'reject', run, reason: 'no', defect: true }] as const) {
    await assert.rejects(host.command(command, 'ann'), isFull);
    assert.deepEqual(host.state, before);
  }
  disk.isFull = false;
  await host.command({ type: 'cancel', run, reason: 'enough' }, 'ann');
  await until('the end', () => host.state.runs.get(run)?.finished !== undefined);
  await host[Symbol.asyncDispose]();
});

test('a host that ends while the disk is full loses nothing that it said, and its successor does the rest again', async () => {
  const disk = smallDisk();
  const told = new Array<string>();
  const ended = Promise.withResolvers<Fact | undefined>();
  const first = await hosted(performing((effect) => (effect.type === 'attempt' && effect.stage === 'build' ? () => ended.promise : undefined)), { journal: disk.journal, tell: (line) => told.push(line) });
  const run = await first.push('a');
  await first.until('Build', () => first.host.state.runs.get(run)?.stages.build?.state === 'running');
  disk.isFull = true;
  first.host.report({ type: 'host-troubled', what: 'something', error: { code: 'X', class: 'infra', message: 'it is so' } });
  ended.resolve(undefined);
  await first.host[Symbol.asyncDispose]();
  assert.match(told.at(-1)!, /done again when a host begins/);
  disk.isFull = false;
  const next = await hosted(performing(() => undefined), { journal: disk.journal });
  await next.until('the approval', () => next.host.state.runs.get(run)?.approval !== undefined);
  await next.host[Symbol.asyncDispose]();
});
