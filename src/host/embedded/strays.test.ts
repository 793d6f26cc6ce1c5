import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { test } from 'node:test';

/** A process of its own, since a fault that nobody caught is the whole process's. */
function told(faults: string): { readonly code: number | null; readonly lines: readonly string[]; readonly err: string } {
  const program = `
    import { hosted, performing } from './fixture.testing.ts';
    import { catchStrays } from './strays.ts';
    import { memoryJournal } from '../../journal/memory/journal.ts';
    const journal = memoryJournal();
    const say = (line) => console.log(line);
    const never = (signal) => new Promise((_, reject) => signal.addEventListener('abort', () => reject(signal.reason)));
    let host;
    const effects = performing((effect) => host?.state.runs.get(effect.run)?.commit === 'bad' && faults.inEffect(effect) ? (_, signal) => never(signal) : undefined);
    const faults = { ${faults} };
    const parts = await hosted(effects, { journal, tell: (line) => say('told: ' + line) });
    host = parts.host;
    const catching = catchStrays(host);
    faults.outside?.();
    try {
      const bad = await parts.push('bad');
      await parts.until('the end of it', () => host.isOver || host.state.runs.get(bad)?.finished || host.state.runs.get(bad)?.approval);
      if (!host.isOver) {
        say('bad: ' + (host.state.runs.get(bad).finished?.outcome ?? 'waits'));
        const good = await parts.push('good');
        await parts.until('the approval', () => host.state.runs.get(good)?.approval);
        say('good: waits');
      }
      for await (const _ of host.watch(0, AbortSignal.timeout(200))) ;
    } catch (error) {
      say('ended: ' + error.message);
      process.exitCode = 1;
    }
    await host[Symbol.asyncDispose]();
    catching[Symbol.dispose]();
    for (const event of journal.read(0)) if (event.type === 'host-troubled') say('journal: ' + event.what + ': ' + event.error.message);
  `;
  const { status, stdout, stderr } = spawnSync(process.execPath, ['--input-type=module', '-e', program.replaceAll("from './", `from '${new URL('./', import.meta.url).href}`).replaceAll("from '../../", `from '${new URL('../../', import.meta.url).href}`)], { encoding: 'utf8', timeout: 120_000 });
  return { code: status, lines: stdout.split('\n').filter(Boolean), err: stderr };
}

const ways: { readonly [how: string]: string } = {
  'a rejection that nobody waits for': "void (async () => { throw new TypeError('stray') })()",
  'an exception in a timer': "setTimeout(() => { throw new TypeError('stray') }, 5)",
  'an exception in an event handler': "process.nextTick(() => { throw new TypeError('stray') })",
  'what is no error': "void Promise.reject('stray')",
  'an error event that nobody hears': "import('node:net').then(({ connect }) => connect({ path: '/nowhere/stray' }))",
};

for (const [how, act] of Object.entries(ways)) {
  test(`${how} fails the effect that it belongs to, and the host goes on`, () => {
    const { code, lines, err } = told(`inEffect: (effect) => effect.type === 'attempt' && effect.stage === 'build' && (${act}, true)`);
    assert.equal(code, 0, `${lines.join('\n')}\n${err}`);
    assert.ok(lines.includes('bad: FAILED') && lines.includes('good: waits'), lines.join('\n'));
    assert.ok(lines.some((line) => /^told: a fault that nobody caught, of .*build.*stray/.test(line)), lines.join('\n'));
    assert.ok(lines.some((line) => /^journal: .*build.*stray/.test(line)), lines.join('\n'));
  });
}

test('a fault of no effect ends the host in order: it is told, journalled, and its watchers hear of it', () => {
  const { code, lines, err } = told("inEffect: () => false, outside: () => setTimeout(() => { throw new TypeError('stray') }, 1)");
  assert.equal(code, 1, `${lines.join('\n')}\n${err}`);
  assert.deepEqual(lines, ['told: a fault that nobody caught: stray [BUG]', 'ended: stray', 'journal: the host: stray']);
});
