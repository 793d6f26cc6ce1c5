/** The journal's heads are signed by the control plane's key, and believed by what the operator trusts. */
import { readTrust } from './artifact/keys/file/keyfile.ts';
import type { Signer } from './artifact/keys.ts';
import { openLogHead, signLogHead } from './artifact/log-head.ts';
import { systemClock } from './foundation/clock.ts';
import type { HeadSigner, HeadTrust } from './journal/head.ts';
import type { Place } from './place.ts';

/** Reads the list of trusted keys when a head is looked at: an operator may have changed it, or a first host made it. */
export function headTrust({ keys }: Pick<Place, 'keys'>): HeadTrust {
  return { open: (text) => openLogHead(text, readTrust(keys), systemClock) };
}

export function headKeys(place: Pick<Place, 'keys'>, signer: Signer): HeadSigner & HeadTrust {
  return { ...headTrust(place), sign: (head) => signLogHead(head, signer, systemClock) };
}
