import type { TrunklineError } from '../foundation/errors.ts';

/** How far a journal went at one moment. `chain` ties in every event up to there, so that it names them all. */
export interface Head { readonly seq: number; readonly chain: string }

/** Makes a head into a text that only the holder of the control plane's key can make. */
export interface HeadSigner { sign(head: Head): Promise<string> }

/** What a signed head proves here and now. */
export type HeadProof =
  | { readonly head: Head }
  /** Nobody who is trusted signed it: it was written by somebody else, or changed. */
  | { readonly forged: string }
  /** A key signed it that was revoked or has run out: it proves nothing, and accuses nobody. */
  | { readonly distrusted: string };

export interface HeadTrust { open(text: string): HeadProof }

/** Whether every event, and every signed head, is what was once written. */
export type ChainVerdict =
  | { readonly whole: true; readonly events: number; /** Names the whole history; keep it elsewhere to prove it later. */ readonly head: string;
      /** Up to where signed heads reach; 0 where there is none. */ readonly signedUpTo: number }
  | { readonly whole: false; /** The first event that could not be shown to be what was written. */ readonly brokenAt: number; readonly error: TrunklineError };
