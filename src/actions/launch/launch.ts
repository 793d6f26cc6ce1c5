import { z } from 'zod';
import { TrunklineError } from '../../foundation/errors.ts';
import type { ActionKind } from '../action.ts';

const input = z.strictObject({});

/** Brings every region of the stage's environment up from the infrastructure code of the commit; keeps what runs there. */
export const launch: ActionKind<z.infer<typeof input>> = {
  kind: 'launch',
  input,
  checkout: false,
  missing: async (_input, { environment }) => (environment ? [] : ['the stage has no environment']),
  run: async (_input, context) => {
    const { environment, signal } = context;
    if (!environment) throw new TrunklineError('NO_ENVIRONMENT', 'usage', `stage ${context.stage} has no environment to launch`, 'give it one in trunkline.config.ts');
    const urls = await Promise.all(environment.regions.map(async (region) => {
      const driver = context.region(region);
      await driver.launch(environment, signal);
      const { url } = await driver.observe();
      context.log(`${environment.name} ${region}: ${url ?? 'no address'}`);
      return [region, url ?? ''] as const;
    }));
    return { passed: true, output: { urls: Object.fromEntries(urls) } };
  },
};
