import { z } from 'zod';
import { errorRecord } from '../../foundation/errors.ts';
import type { EnvironmentPlan } from '../../pipeline/plan.ts';
import { evaluateBake } from '../../rollout/bake.ts';
import type { ActionContext, ActionKind, ActionResult } from '../action.ts';

const input = z.strictObject({
  minTimeMs: z.int().nonnegative(),
  minRequests: z.int().nonnegative(),
  maxTimeMs: z.int().positive(),
});

const LOOK_EVERY = 500;
/** What was asked of the probes needs a while to arrive. */
const ASK_EVERY = 3_000;

/**
 * Watches the alarms of every region on the new release alone, for a time and a number of requests. A firing alarm
 * fails the stage, which puts the previous release back; so does a time that saw too few requests to say anything.
 */
export const alarms: ActionKind<z.infer<typeof input>> = {
  kind: 'alarms',
  input,
  checkout: false,
  missing: async (_input, { environment }) => (environment && environment.alarms.length > 0 ? [] : ['the environment defines no alarm']),
  run: async (given, context) => {
    const { environment, release } = context;
    if (!environment || !release) throw new Error('alarms are watched on a release in an environment');
    const stop = new AbortController();
    const signal = AbortSignal.any([context.signal, stop.signal]);
    const ends = await Promise.all(environment.regions.map(async (region) => {
      const end = await watch(given, context, environment, region, release.id, signal);
      if (end.state !== 'passed') stop.abort(new Error(end.detail));
      return { region, ...end };
    }));
    context.signal.throwIfAborted();
    const output = { regions: Object.fromEntries(ends.map(({ region, state, requests, detail }) => [region, { state, requests, detail }])) };
    const bad = ends.find(({ state }) => state === 'failed');
    if (!bad) return { passed: true, output } satisfies ActionResult;
    return { passed: false, output, error: { code: 'ALARM', class: 'code', message: `${bad.detail} in ${environment.name} ${bad.region}`, hint: 'the instances of the release wrote logs; "trunkline logs" shows this action\'s' } };
  },
};

interface End { readonly state: 'passed' | 'failed' | 'stopped'; readonly requests: number; readonly detail: string }

async function watch(given: z.infer<typeof input>, context: ActionContext, environment: EnvironmentPlan, region: string, release: string, signal: AbortSignal): Promise<End> {
  const driver = context.region(region);
  const since = context.clock.now();
  let askedAt = 0;
  let said = '';
  for (;;) {
    const telemetry = await driver.telemetry(since);
    const { candidate, stable } = await driver.observe();
    const here = [candidate, stable].find((live) => live?.release.id === release);
    const look = evaluateBake({ bake: { ...given, onInsufficientData: 'rollback' }, alarms: environment.alarms, telemetry, release, since, now: context.clock.now(), unhealthy: here?.instances.healthy === 0 });
    if (signal.aborted) return { state: 'stopped', requests: look.requests, detail: look.detail };
    if (look.detail !== said) context.log(`${region}: ${said = look.detail}`);
    if (look.verdict === 'pass') return { state: 'passed', requests: look.requests, detail: look.detail };
    if (look.verdict === 'breach' || look.verdict === 'insufficient') return { state: 'failed', requests: look.requests, detail: look.detail };
    if (look.missing > 0 && context.clock.now() - askedAt >= ASK_EVERY) {
      askedAt = context.clock.now();
      await driver.exercise(look.missing, signal).catch((error: unknown) => context.log(`${region}: probes could not be asked for more: ${errorRecord(error).message}`));
    }
    await context.clock.sleep(LOOK_EVERY, signal).catch(() => undefined);
  }
}
