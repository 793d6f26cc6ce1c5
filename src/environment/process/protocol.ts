/** What the driver and a region's agent say to each other: one POST per operation over the agent's socket. */
import { z } from 'zod';
import type { ErrorRecord } from '../../foundation/errors.ts';
import { WHOLE, type Digest, type Instant } from '../../foundation/units.ts';
import { environmentPlan } from '../../pipeline/plan.ts';
import type { RegionState, Telemetry } from '../driver.ts';

/** Ids name folders, so they must be plain. */
const releaseId = z.string().regex(/^[A-Za-z0-9][A-Za-z0-9._-]{0,127}$/, 'not the id of a release');

export const digest = z.templateLiteral(['sha256:', z.string().regex(/^[0-9a-f]{64}$/)]) as z.ZodType<Digest>;

export const releaseSchema = z.strictObject({
  id: releaseId,
  artifact: digest,
  commit: z.string().max(256),
  sequence: z.int(),
});

/** `FENCE RUN`: on whose behalf a change is asked for. An agent that knows none ignores it. */
export const FENCE_HEADER = 'x-trunkline-fence';

const nothing = z.strictObject({});

export const requests = {
  observe: nothing,
  launch: z.strictObject({ plan: environmentPlan, secrets: z.record(z.string(), z.string()) }),
  prepare: z.strictObject({ release: releaseSchema, files: z.strictObject({ folder: z.string().min(1), content: digest }) }),
  shift: z.strictObject({ release: releaseId, weight: z.int().min(0).max(WHOLE) }),
  settle: z.strictObject({ release: releaseId }),
  restore: nothing,
  exercise: z.strictObject({ count: z.int().min(0).max(1_000_000) }),
  /** Of the last so many milliseconds. */
  telemetry: z.strictObject({ lastMs: z.number(), after: z.string().max(200).optional() }),
  database: nothing,
  /** Ends everything; the agent itself ends once it has answered. */
  end: nothing,
};

export type Operation = keyof typeof requests;
export type Request<O extends Operation> = z.infer<(typeof requests)[O]>;

export interface Answers {
  observe: RegionState;
  launch: null;
  prepare: null;
  shift: null;
  settle: null;
  restore: null;
  exercise: null;
  telemetry: Telemetry & { /** By the agent's clock, as all instants in it. */ readonly now: Instant };
  database: string | null;
  end: null;
}

export type Reply<O extends Operation> = { readonly ok: Answers[O] } | { readonly error: ErrorRecord };

/** What an agent says once, on descriptor 3, to whoever started it. */
export type Greeting = { readonly ready: true } | { readonly error: ErrorRecord };

const live = z.object({ release: releaseSchema.loose(), weight: z.number(), instances: z.object({ healthy: z.number(), total: z.number() }) });

/** What an answer must be at least. Samples are many, and each is read with care where it is judged. */
export const shapes: { readonly [operation: string]: z.ZodType } = {
  observe: z.object({ launched: z.boolean(), url: z.string().optional(), stable: live.optional(), candidate: live.optional(), database: z.enum(['none', 'running', 'stopped']) }),
  telemetry: z.object({ samples: z.array(z.unknown()), traffic: z.array(z.unknown()), probes: z.array(z.unknown()) }),
  database: z.string().nullable(),
};

export const failure = z.object({ code: z.string(), class: z.enum(['usage', 'refused', 'infra', 'code', 'bug']), message: z.string(), hint: z.string().optional(), lastLines: z.array(z.string()).optional() });

export const greeting = z.union([z.object({ ready: z.literal(true) }), z.object({ error: failure })]);
