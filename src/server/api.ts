import { z } from 'zod';
import type { ErrorRecord } from '../foundation/errors.ts';

/** What crosses the socket in the state folder. The socket is the owner's alone (0600): who can open it may act. */
const text = z.string().min(1).max(2_000);
const id = z.string().min(1).max(100);

export const commandSchema = z.discriminatedUnion('type', [
  z.strictObject({ type: z.literal('run'), commit: id, again: z.boolean() }),
  z.strictObject({ type: z.literal('approve'), run: id, as: id.optional(), text: text.optional(), evidence: id.optional(), shown: id.optional() }),
  z.strictObject({ type: z.literal('reject'), run: id, as: id.optional(), reason: text, defect: z.boolean() }),
  z.strictObject({ type: z.literal('cancel'), run: id, reason: text }),
  z.strictObject({ type: z.literal('retry'), run: id, actions: z.enum(['failed', 'all']) }),
  z.strictObject({ type: z.literal('rollback'), to: id.optional(), reason: text }),
  z.strictObject({ type: z.literal('resume'), run: id }),
  z.strictObject({ type: z.literal('down'), environment: id.optional() }),
  z.strictObject({ type: z.literal('approvers'), groups: z.array(id).min(1).max(100).readonly().optional(), atLeast: z.int().min(1).max(100).optional(), ownChanges: z.enum(['refused', 'allowed']).optional() }),
  z.strictObject({ type: z.literal('poll') }),
]);

/** `POST /command` */
export const requestSchema = z.strictObject({
  user: id, command: commandSchema,
  from: z.strictObject({ machine: z.string().max(255), process: z.int(), directory: z.string().max(4_096), terminal: z.string().max(100).optional(), remote: z.string().max(100).optional() }).optional(),
});
export type Request = z.infer<typeof requestSchema>;

/** Every answer that is not 200. */
export interface Refusal { readonly error: ErrorRecord }

/** `GET /events?after=N`: one event a line, history first, then what comes. */
export const EVENTS = '/events';
export const COMMAND = '/command';
