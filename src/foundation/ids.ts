import { randomBytes } from 'node:crypto';
import type { Instant } from './units.ts';

/** Ids sort by the time they were made: 8 characters of base 36 for the millisecond, 6 of chance. */
export function newId(prefix: string, now: Instant): string {
  const chance = randomBytes(4).readUInt32BE().toString(36).padStart(7, '0').slice(-6);
  return `${prefix}-${now.toString(36).padStart(9, '0')}${chance}`;
}
