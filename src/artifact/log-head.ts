/** The head of a log of events as a DSSE envelope: how far the log went, signed by the control plane. */
import { z } from 'zod';
import { canonicalJson } from '../foundation/digest.ts';
import type { Clock } from '../foundation/clock.ts';
import { encodeEnvelope, envelopeSchema, signaturesOf, signEnvelope } from './dsse.ts';
import type { Signer, TrustedKey } from './keys.ts';

/** The type of what is signed. A trusted key that may sign only some types must list this one to be believed. */
const HEAD_TYPE = 'application/vnd.trunkline.journal-head+json';

const headSchema = z.strictObject({ seq: z.int().min(1), chain: z.string().min(1), at: z.int() });

/** The place of the last event, and a digest that ties in all of them. */
export interface LogHead { readonly seq: number; readonly chain: string }

export type OpenedHead = { readonly head: LogHead } | { readonly forged: string } | { readonly distrusted: string };

/** @returns the envelope as JSON, in one line. */
export async function signLogHead({ seq, chain }: LogHead, signer: Signer, clock: Clock): Promise<string> {
  const payload = Buffer.from(canonicalJson({ at: clock.now(), chain, seq }));
  return JSON.stringify(encodeEnvelope(await signEnvelope(HEAD_TYPE, payload, [signer])));
}

/** What `text` proves by the keys that are believed at this instant. Never throws: the text is anybody's. */
export function openLogHead(text: string, trusted: readonly TrustedKey[], clock: Clock): OpenedHead {
  const envelope = envelopeSchema.safeParse(parsed(text));
  if (!envelope.success) return { forged: 'it is no signed envelope' };
  const { payloadType, payload } = envelope.data;
  if (payloadType !== HEAD_TYPE) return { forged: `it is of the type ${JSON.stringify(payloadType)}` };
  const mayAttestHeads = trusted.filter(({ signs }) => signs === undefined || signs.includes(HEAD_TYPE));
  const { keys, refused } = signaturesOf(envelope.data, mayAttestHeads, clock.now());
  const [distrusted] = refused;
  if (keys.length === 0) return distrusted ? { distrusted: `its key was ${distrusted.why}` } : { forged: 'no trusted key signed it' };
  const head = headSchema.safeParse(parsed(Buffer.from(payload).toString('utf8')));
  return head.success ? { head: { seq: head.data.seq, chain: head.data.chain } } : { forged: 'it does not say how far the journal goes' };
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
