import { z } from 'zod';
import type { EnvironmentPlan } from '../../pipeline/plan.ts';
import { watchRegion, type WatchEnd } from '../../telemetry/watch.ts';
import type { ActionContext, ActionKind, ActionResult } from '../action.ts';

const input = z.strictObject({
  minTimeMs: z.int().nonnegative(),
  minRequests: z.int().nonnegative(),
  maxTimeMs: z.int().positive(),
});

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
      if (end?.type === 'breached') stop.abort(new Error(end.detail));
      return { region, end };
    }));
    context.signal.throwIfAborted();
    const output = { regions: Object.fromEntries(ends.map(({ region, end }) => [region, told(end)])) };
    const bad = ends.find(({ end }) => end?.type === 'breached');
    if (!bad) return { passed: true, output } satisfies ActionResult;
    return { passed: false, output, error: { code: 'ALARM', class: 'code', message: `${bad.end?.detail} in ${environment.name} ${bad.region}`, hint: 'the instances of the release wrote logs; "trunkline logs" shows this action\'s' } };
  },
};

function told(end: WatchEnd | undefined): { readonly state: 'passed' | 'failed' | 'stopped'; readonly requests: number; readonly detail: string } {
  if (!end) return { state: 'stopped', requests: 0, detail: 'another region failed' };
  return { state: end.type === 'passed' ? 'passed' : 'failed', requests: end.requests, detail: end.detail };
}

function watch(given: z.infer<typeof input>, context: ActionContext, environment: EnvironmentPlan, name: string, release: string, signal: AbortSignal): Promise<WatchEnd | undefined> {
  return watchRegion({
    clock: context.clock, region: context.region(name), name, release, alarms: environment.alarms, since: context.clock.now(), bake: { ...given, onInsufficientData: 'rollback' }, signal,
    told: (detail) => context.log(`${name}: ${detail}`),
  });
}
