import assert from 'node:assert/strict';
import { test } from 'node:test';
import { TrunklineError } from '../../foundation/errors.ts';
import { systemClock } from '../../foundation/clock.ts';
import { memoryJournal } from '../../journal/memory/journal.ts';
import { LocalEffects, type EffectParts } from './effects.ts';
import { hosted, performing } from './fixture.testing.ts';

test('whatever an effect throws fails its own run, and the host goes on with the others', async () => {
  const poison: { readonly [name: string]: unknown } = { attempt: new TypeError('x is not a function'), attest: 'a string', rollout: null };
  for (const [type, thrown] of Object.entries(poison)) {
    const { host, push, until } = await hosted(performing((effect) => (effect.type === type && !(effect.type === 'rollout' && effect.step.type === 'restore') && host.state.runs.get(effect.run)?.commit === 'bad' ? () => Promise.reject(thrown) : undefined)));
    const bad = await push('bad');
    await until(`the end of ${type}`, () => host.state.runs.get(bad)?.finished !== undefined);
    assert.equal(host.state.runs.get(bad)?.finished?.outcome, 'FAILED');
    const good = await push('good');
    await until('the approval', () => host.state.runs.get(good)?.approval !== undefined);
    assert.equal(host.isOver, false);
    await host[Symbol.asyncDispose]();
  }
});

test('what can not be cleaned up is told, and ends no host', async () => {
  const journal = memoryJournal();
  const { host, push, until } = await hosted({ ...performing(() => undefined), release: async () => Promise.reject(new Error('it stays')) }, { journal });
  const run = await push('a');
  await until('the approval', () => host.state.runs.get(run)?.approval !== undefined);
  await until('a word of it', () => [...journal.read(0)].some((event) => event.type === 'cleanup-failed' && event.error.message === 'it stays'));
  assert.equal(host.isOver, false);
  await host[Symbol.asyncDispose]();
});

test('nothing is begun in an environment while it is taken down, and what deploys there is in the way', async () => {
  const began = new Array<string>();
  const ending = Promise.withResolvers<void>();
  const launching = Promise.withResolvers<void>();
  const { host, push, until } = await hosted(performing((effect) => {
    if (effect.type === 'attempt' && effect.stage === 'beta') return async () => (await launching.promise, undefined);
    if (effect.type === 'rollout') began.push(`${effect.step.type} ${effect.environment.name}`);
    return undefined;
  }), { down: async () => (await ending.promise, { events: [] }) });
  const down = host.command({ type: 'down', environment: 'beta' }, 'ann');
  await push('a');
  await until('Beta', () => [...host.state.runs.values()].some((run) => run.stages.beta?.rollout));
  await new Promise((resolve) => setTimeout(resolve, 20));
  assert.equal(began.length, 0, 'nothing of the rollout was begun');
  ending.resolve();
  assert.equal((await down).message, 'nothing was up');
  await until('the rollout', () => began.includes('prepare beta'));
  await assert.rejects(host.command({ type: 'down', environment: 'beta' }, 'ann'), (error) => error instanceof TrunklineError && error.record.code === 'ENVIRONMENT_BUSY');
  assert.equal((await host.command({ type: 'down', environment: 'prod' }, 'ann')).message, 'nothing was up', 'another environment is not in use');
  launching.resolve();
  await host[Symbol.asyncDispose]();
});

test('of two that are asked for at once, each is taken down, and both are open again afterwards', async () => {
  const ends = { beta: Promise.withResolvers<void>(), gamma: Promise.withResolvers<void>() };
  const { host, push, until } = await hosted(performing(() => undefined), { down: async (name) => (await ends[name as 'beta'].promise, { events: [] }) });
  const beta = host.command({ type: 'down', environment: 'beta' }, 'ann');
  const gamma = host.command({ type: 'down', environment: 'gamma' }, 'ann');
  ends.beta.resolve();
  await beta;
  const run = await push('a');
  await until('Gamma', () => host.state.runs.get(run)?.stages.gamma?.rollout !== undefined);
  await new Promise((resolve) => setTimeout(resolve, 20));
  assert.equal(host.state.runs.get(run)?.stages.gamma?.state, 'running', 'it waits for the end of Gamma');
  ends.gamma.resolve();
  await gamma;
  await until('the approval', () => host.state.runs.get(run)?.approval !== undefined);
  await host[Symbol.asyncDispose]();
});

test('an environment that can not be put back may be taken down, which ends what it owes', async () => {
  const { host, push, until } = await hosted(performing((effect) => {
    if (effect.type === 'rollout' && effect.step.type === 'restore') return () => Promise.reject(new TrunklineError('REGION_SILENT', 'infra', 'silence'));
    if (effect.type === 'attempt' && effect.stage === 'beta') return async () => ({ type: 'attempt-ended', run: effect.run, stage: 'beta', action: effect.action.name, attempt: effect.attempt, end: { state: 'failed', error: { code: 'X', class: 'code', message: 'no' } } });
    return undefined;
  }), { down: async (_environment, _user, _state) => ({ events: [{ type: 'environment-removed', at: systemClock.now(), environment: 'beta', region: 'one', by: 'ann' }] }) });
  const run = await push('a');
  await until('a failed restore', () => Object.keys(host.state.runs.get(run)?.stages.beta?.retries ?? {}).length > 0);
  assert.equal(host.state.runs.get(run)?.finished, undefined);
  await host.command({ type: 'down', environment: 'beta' }, 'ann');
  await until('the end', () => host.state.runs.get(run)?.finished !== undefined);
  await host[Symbol.asyncDispose]();
});

test('a refusal is journalled with the place that it came from', async () => {
  const journal = memoryJournal();
  const { host } = await hosted(performing(() => undefined), { journal });
  const from = { via: 'socket', machine: 'here', process: 7, directory: '/srv', terminal: '/dev/pts/3' } as const;
  await assert.rejects(host.command({ type: 'rollback', reason: 'x' }, 'eve', from));
  const refused = [...journal.read(0)].find(({ type }) => type === 'command-refused');
  assert.deepEqual(refused && 'from' in refused ? refused.from : undefined, from);
  await host[Symbol.asyncDispose]();
});

test('a host that is asked to end ends what it asks of the trunk, and journals no refusal of it', async () => {
  const closing = new AbortController();
  const journal = memoryJournal();
  const { host } = await hosted(performing(() => undefined), { journal, closing, look: () => new Promise((_, reject) => closing.signal.addEventListener('abort', () => reject(closing.signal.reason as Error))) });
  const polled = assert.rejects(host.command({ type: 'poll' }, 'ann'), (error) => error instanceof TrunklineError && error.record.code === 'INTERRUPTED');
  await host[Symbol.asyncDispose]();
  await polled;
  assert.deepEqual([...journal.read(0)].filter(({ type }) => type === 'command-refused'), []);
});

test('what of an earlier host does not die is told, and keeps no host from starting', async () => {
  const stuck = new TrunklineError('PROCESS_LIVES', 'infra', 'the kernel does not end it');
  const parts = { cells: { reap: () => Promise.reject(stuck) }, workspaces: { sweep: async () => [] }, releases: { clear: async () => [] } };
  const local = new LocalEffects(parts as unknown as EffectParts);
  const told = new Array<string>();
  const journal = memoryJournal();
  const { host, push, until } = await hosted({ ...performing(() => undefined), recover: (state) => local.recover(state) }, { journal, tell: (line) => told.push(line) });
  assert.deepEqual(told, ['what an earlier host left under way: the kernel does not end it [PROCESS_LIVES]']);
  assert.ok([...journal.read(0)].some((event) => event.type === 'host-troubled' && event.error.code === 'PROCESS_LIVES'));
  const run = await push('a');
  await until('the approval', () => host.state.runs.get(run)?.approval !== undefined);
  await host[Symbol.asyncDispose]();
});
