/** A host without a machine, for tests: what its effects come to is said by each test. */
import assert from 'node:assert/strict';
import type { Fact } from '../../core/facts.ts';
import { fixturePlan, kindWorld } from '../../core/fixture.testing.ts';
import type { Effect } from '../../core/owed.ts';
import { systemClock } from '../../foundation/clock.ts';
import { digestOf } from '../../foundation/digest.ts';
import { memoryJournal } from '../../journal/memory/journal.ts';
import type { Effects } from '../effects.ts';
import { EmbeddedHost, type EmbeddedParts } from './host.ts';

type Perform = (effect: Effect, signal: AbortSignal) => Promise<Fact | undefined>;

const plan = fixturePlan();

/** Everything is done at once, but what `other` takes on itself. */
export function performing(other: (effect: Effect) => Perform | undefined): Effects {
  return {
    recover: async () => [], release: async () => {}, close: async () => {},
    perform: async (effect, state, _report, signal) => {
      const own = other(effect);
      if (own) return own(effect, signal);
      const place = { run: effect.run, stage: effect.stage } as const;
      if (effect.type === 'attempt') return { type: 'attempt-ended', ...place, action: effect.action.name, attempt: effect.attempt, end: kindWorld().end(effect, plan) };
      if (effect.type === 'attest') return { type: 'attested', ...place, attestations: [{ digest: digestOf(effect.key), predicateType: 'test', name: effect.what === 'stage' ? `${effect.stage} passed` : `approval ${state.runs.get(effect.run)?.attempt ?? 1}` }] };
      const { step } = effect;
      if (step.type === 'watch') return new Promise((resolve) => signal.addEventListener('abort', () => resolve(undefined)));
      const fact = step.type === 'prepare' ? { type: 'prepared', region: step.region } as const
        : step.type === 'shift' ? { type: 'shifted', region: step.region, step: step.step, weight: step.weight } as const
        : step.type === 'bake' ? { type: 'baked', region: step.region, step: step.step, requests: 1 } as const
        : { type: step.type === 'restore' ? 'restored' : 'settled', region: step.region } as const;
      return { type: 'rollout', ...place, fact };
    },
  };
}

export async function hosted(effects: Effects, parts: Partial<EmbeddedParts> = {}): Promise<{ readonly host: EmbeddedHost; push(id: string): Promise<string>; until(what: string, is: () => boolean): Promise<void> }> {
  const host = await EmbeddedHost.start({
    clock: systemClock, journal: memoryJournal(), effects, capacity: { builds: 2 }, pin: () => undefined, operators: () => ({ people: { ann: { groups: ['operators'] } } }),
    look: async () => undefined, down: async () => ({ events: [] }), ...parts,
  });
  return {
    host,
    push: async (id) => {
      host.report({ type: 'trunk-seen', commits: [{ id, tree: id, subject: id, author: 'a', reverts: [] }] });
      return (await host.command({ type: 'run', commit: id, again: false }, 'ann')).run as string;
    },
    until: async (what, is) => {
      for (let turn = 0; !is(); turn += 1) {
        assert.ok(turn < 5_000, `never: ${what}`);
        await new Promise((resolve) => setTimeout(resolve, 2));
      }
    },
  };
}
