import { scryptSync } from 'node:crypto';

/** For no other purpose than this: the same secret has other digests elsewhere. */
const SALT = 'trunkline: which secret a suppression names';
/** Some ten milliseconds: a scan has few hits, and whoever guesses at passwords has many guesses. */
const COST = { N: 4_096, r: 8, p: 1 };
const BYTES = 5;

/**
 * Names a secret by ten hexadecimal digits that don't tell it: a slow hash (scrypt), cut to 40 bits, so that many texts
 * have the same one and a guess can't be proved, but nobody comes upon a second one by chance.
 */
export function digestOf(secret: string | Uint8Array): string {
  return scryptSync(secret, SALT, BYTES, COST).toString('hex');
}
