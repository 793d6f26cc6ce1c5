import { z } from 'zod';
import type { Millis } from '../../../foundation/units.ts';

/** A probe that takes longer has failed. */
export const PROBE_LIMIT: Millis = 10_000;

/** One run of one probe file against the region's address. */
export interface ProbeOrder {
  readonly id: number;
  readonly file: string;
  readonly url: string;
  readonly route?: 'candidate';
}

/** What comes back was written by a process that runs the commit's code: it is checked like any stranger's word. */
export const probeOutcome = z.object({
  id: z.int(),
  ok: z.boolean(),
  detail: z.string().max(400),
  /** The release that answered last. */
  release: z.string().max(128).optional(),
});

export type ProbeOutcome = z.infer<typeof probeOutcome>;
