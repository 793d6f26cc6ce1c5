import { generateKeyPairSync, sign, verify } from 'node:crypto';
import type { Head, HeadSigner, HeadTrust } from '../head.ts';

/** A key of its own for each test; heads it signs are believed by it alone. */
export function testKeys(): HeadSigner & HeadTrust {
  const { privateKey, publicKey } = generateKeyPairSync('ed25519');
  return {
    sign: async (head) => {
      const said = JSON.stringify(head);
      return `${said} ${sign(null, Buffer.from(said), privateKey).toString('base64')}`;
    },
    open: (text) => {
      const [said = '', signature = ''] = text.split(' ');
      return verify(null, Buffer.from(said), publicKey, Buffer.from(signature, 'base64')) ? { head: JSON.parse(said) as Head } : { forged: 'another key signed it' };
    },
  };
}
