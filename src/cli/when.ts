import type { Instant } from '../foundation/units.ts';

/** `2026-11-26 04:10:53Z`: all times that are shown are of UTC, and say so. */
export function whenText(at: Instant): string {
  return `${new Date(at).toISOString().slice(0, 19).replace('T', ' ')}Z`;
}

/** `04:10:53Z`, before the lines of what happens now. */
export function clockText(at: Instant): string {
  return `${new Date(at).toISOString().slice(11, 19)}Z`;
}
