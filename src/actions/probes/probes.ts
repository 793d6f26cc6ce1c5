import { z } from 'zod';
import type { EnvironmentPlan } from '../../pipeline/plan.ts';
import type { ActionContext, ActionKind } from '../action.ts';

const input = z.strictObject({ atLeast: z.int().min(1) });

const LOOK_EVERY = 300;

/** Passes once every probe of every region has passed `atLeast` times on the new release; the first failure fails it. */
export const probes: ActionKind<z.infer<typeof input>> = {
  kind: 'probes',
  input,
  checkout: false,
  missing: async (_input, { environment }) => (environment && environment.probes.length > 0 ? [] : ['the environment defines no probe']),
  run: async ({ atLeast }, context) => {
    const { environment } = context;
    if (!environment) throw new Error('probes run in an environment');
    const since = context.clock.now();
    const counts = await Promise.all(environment.regions.map((region) => count(context, environment, region, atLeast, since)));
    const failed = counts.find(({ failure }) => failure !== undefined);
    const output = { regions: Object.fromEntries(counts.map(({ region, passed }) => [region, passed])) };
    if (!failed) return { passed: true, output };
    return { passed: false, output, error: { code: 'PROBE_FAILED', class: 'code', message: `${failed.failure} in ${environment.name} ${failed.region}` } };
  },
};

interface Count { readonly region: string; readonly passed: { readonly [probe: string]: number }; readonly failure?: string }

async function count(context: ActionContext, environment: EnvironmentPlan, region: string, atLeast: number, since: number): Promise<Count> {
  const driver = context.region(region);
  for (;;) {
    context.signal.throwIfAborted();
    const results = (await driver.telemetry(since)).probes.filter(({ at, release }) => at >= since && release === context.release?.id);
    const passed = Object.fromEntries(environment.probes.map(({ name }) => [name, results.filter(({ probe, ok }) => probe === name && ok).length]));
    const bad = results.find(({ ok }) => !ok);
    if (bad) return { region, passed, failure: `probe "${bad.probe}" failed: ${bad.detail}` };
    if (Object.values(passed).every((times) => times >= atLeast)) {
      context.log(`${region}: ${Object.entries(passed).map(([name, times]) => `"${name}" passed ${times} times`).join(', ')}`);
      return { region, passed };
    }
    await context.clock.sleep(LOOK_EVERY, context.signal);
  }
}
