import type { Millis } from './units.ts';

/**
 * Aborts after `limit` with an error of the product's own. A raw `AbortSignal.timeout` aborts with words that say
 * neither what was late nor what to do, and that reads as a fault of Trunkline where it reaches a person.
 * Holds no process.
 */
export function lateAfter(limit: Millis, late: () => Error): AbortSignal {
  const controller = new AbortController();
  setTimeout(() => controller.abort(late()), limit).unref();
  return controller.signal;
}
