import type { Instant, Json } from '../foundation/units.ts';

/** Where a result comes from that was given again: people's name for the run, and when it was made. */
export interface Origin { readonly run: string; readonly at: Instant }

/** Whether an action's result was given again, as its output says; undefined where the work was done. */
export function cachedIn(output: Json | undefined): Origin | undefined {
  const cached = typeof output === 'object' && output !== null && !Array.isArray(output) ? (output as { readonly [name: string]: Json })['cached'] : undefined;
  if (typeof cached !== 'object' || cached === null) return undefined;
  const { run, at } = cached as { readonly run?: Json; readonly at?: Json };
  return typeof run === 'string' && typeof at === 'number' ? { run, at } : undefined;
}
