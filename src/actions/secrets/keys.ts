import { createPrivateKey } from 'node:crypto';
import type { Leak } from './leak.ts';

const BEGIN = /-----BEGIN ?(?:[A-Z0-9]{1,12} ){0,3}PRIVATE KEY(?: BLOCK)?-----|PuTTY-User-Key-File-\d:|"kty"\s{0,4}:\s{0,4}"(?:RSA|EC|OKP)"/g;
const LONGEST = 16_000;
/** The shortest there is, of Ed25519, has 64 characters. */
const SHORTEST = 48;

/** Private keys in a text: PEM of every sort (encrypted ones, OpenSSH, PGP, in a string with `\n` or put together from lines), PuTTY's and JSON web keys. */
export function privateKeys(text: string): Leak[] {
  return [...text.matchAll(BEGIN)].flatMap((match) => {
    const start = match.index;
    const rest = text.slice(start + match[0].length, start + LONGEST);
    if (match[0].startsWith('"kty"')) {
      // The private part of a key is its member "d", on either side of its type, in the same object.
      const near = text.slice(Math.max(0, text.lastIndexOf('{', start)), start + Math.max(0, `${rest}}`.indexOf('}')) + match[0].length);
      return /"d"\s{0,4}:\s{0,4}"[\w-]{40,}"/.test(near) ? [leak('a JSON web key with its private part', start, start + match[0].length)] : [];
    }
    const end = rest.search(/-----END|Private-MAC/);
    const body = (end === -1 ? rest.slice(0, 4_000) : rest.slice(0, end)).replace(/^[\w-]{1,40}: .*$/gm, '').replace(/\\[nrt]|["'`+,\s\\]/g, '');
    const letters = /^[A-Za-z\d+/=]*/.exec(body.replace(/^[^A-Za-z\d+/]+/, ''))?.[0] ?? '';
    return letters.length >= SHORTEST && new Set(letters).size >= 16 ? [leak('a private key', start, start + match[0].length + Math.max(0, end))] : [];
  });
}

function leak(what: string, start: number, end: number): Leak {
  return { rule: 'private-key', what, start, end };
}

const KEY_FILES = /\.(?:p12|pfx|jks|keystore|kdbx|ppk|key|der|pk8)$/i;

/** What a binary file of keys is; undefined where it is none. */
export function keyFile(path: string, bytes: Buffer): string | undefined {
  if (/\.(?:p12|pfx)$/i.test(path) && bytes[0] === 0x30) return 'a PKCS #12 file, which holds a private key';
  if (bytes.subarray(0, 4).equals(Buffer.from('feedfeed', 'hex')) || bytes.subarray(0, 4).equals(Buffer.from('cececece', 'hex'))) return 'a Java key store';
  if (bytes.subarray(0, 4).equals(Buffer.from('03d9a29a', 'hex'))) return 'a KeePass database';
  if (bytes[0] !== 0x30 || bytes.length > 16_384) return undefined;
  if (/\.(?:jks|keystore)$/i.test(path)) return 'a key store';
  for (const type of ['pkcs8', 'pkcs1', 'sec1'] as const) {
    try {
      createPrivateKey({ key: bytes, format: 'der', type });
      return 'a private key in DER form';
    } catch (thrown) {
      // One that needs its passphrase is one all the same.
      if (KEY_FILES.test(path) && /passphrase|interrupted or cancelled/i.test((thrown as Error).message)) return 'an encrypted private key in DER form';
    }
  }
  return undefined;
}
