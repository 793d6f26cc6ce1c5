import { z } from 'zod';
import { TrunklineError } from '../../foundation/errors.ts';
import type { ActionKind } from '../action.ts';
import { archive } from '../package/archive.ts';
import { notCarried } from '../package/carried.ts';

const input = z.strictObject({});

/** Brings every region of the stage's environment up from the infrastructure code of the commit; keeps what runs there. */
export const launch: ActionKind<z.infer<typeof input>> = {
  kind: 'launch',
  input,
  checkout: false,
  missing: async (_input, context) => {
    const { environment, plan } = context;
    if (!environment) return ['the stage has no environment'];
    const packages = plan?.stages.flatMap(({ actions }) => actions.filter(({ kind }) => kind === archive.kind)) ?? [];
    const inputs = packages.flatMap(({ input: given }) => archive.input.safeParse(given).data ?? []);
    return (await Promise.all(inputs.map((given) => notCarried(environment, given, context)))).flat();
  },
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
