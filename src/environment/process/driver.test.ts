import { setTimeout as sleep } from 'node:timers/promises';
import { environmentContract } from '../contract.testing.ts';
import { fixture } from './fixture.testing.ts';

environmentContract('processes', async (t) => ({
  ...await fixture(t),
  until: async (holds) => {
    const deadline = performance.now() + 20_000;
    while (!await holds()) {
      if (performance.now() > deadline) throw new Error(`not within 20 seconds: ${holds.toString()}`);
      await sleep(50);
    }
  },
  during: (work) => work,
}));
