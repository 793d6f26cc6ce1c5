import type { Telemetry } from '../environment/driver.ts';
import type { Instant } from '../foundation/units.ts';
import { served, type Served } from './growth.ts';

/** Fewer requests say nothing. */
const LEAST_REQUESTS = 20;
const BROKEN_BELOW = 0.5;
const SOUND_FROM = 0.9;

/**
 * Broken, not merely worse: what the release answers fails for the most part while the other release beside it is
 * sound. Needs no alarm and no metric of the application. Undefined where that is not so, or can't be told.
 */
export function brokenBeside(telemetry: Telemetry, release: string, since: Instant): string | undefined {
  const candidate = newest(served(telemetry, release).filter(({ at }) => at >= since));
  const other = telemetry.traffic.filter((sample) => sample.release !== release).reduce<{ at: Instant; release?: string }>((last, sample) => (sample.at >= last.at ? sample : last), { at: -Infinity });
  const baseline = other.release === undefined ? undefined : newest(served(telemetry, other.release));
  if (!candidate || !baseline || candidate.success >= BROKEN_BELOW || baseline.success < SOUND_FROM) return undefined;
  return `${percent(1 - candidate.success)} of its last ${candidate.requests} requests failed, while ${percent(baseline.success)} of the stable release's succeeded`;
}

/** The share that succeeded of the newest requests, just so many that they say something. */
function newest(all: readonly Served[]): { readonly requests: number; readonly success: number } | undefined {
  let [requests, errors] = [0, 0];
  for (const step of all.toReversed()) {
    requests += step.requests;
    errors += step.errors;
    if (requests >= LEAST_REQUESTS) return { requests, success: 1 - Math.min(errors, requests) / requests };
  }
  return undefined;
}

function percent(fraction: number): string {
  return `${Number((fraction * 100).toPrecision(3))} %`;
}
