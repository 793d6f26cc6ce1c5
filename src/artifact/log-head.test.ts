import assert from 'node:assert/strict';
import { generateKeyPairSync, sign } from 'node:crypto';
import { test } from 'node:test';
import { VirtualClock } from '../foundation/clock.ts';
import { keyIdOf, type Signer, type TrustedKey } from './keys.ts';
import { openLogHead, signLogHead } from './log-head.ts';

const clock = new VirtualClock(1_000);

function key(): { readonly signer: Signer; readonly trusted: TrustedKey } {
  const { privateKey, publicKey } = generateKeyPairSync('ed25519');
  const keyid = keyIdOf(publicKey);
  return { signer: { keyid, sign: async (message) => sign(null, message, privateKey) }, trusted: { keyid, publicKey } };
}

test('a signed head says how far the log goes, to whoever trusts the key', async () => {
  const { signer, trusted } = key();
  const text = await signLogHead({ seq: 7, chain: 'abc' }, signer, clock);
  assert.deepEqual(openLogHead(text, [key().trusted, trusted], clock), { head: { seq: 7, chain: 'abc' } });
  assert.equal(text.includes('\n'), false);
});

test('a head of a stranger, a changed one, or another thing that the key signed is forged', async () => {
  const { signer, trusted } = key();
  const text = await signLogHead({ seq: 7, chain: 'abc' }, signer, clock);
  const { payload, ...rest } = JSON.parse(text) as { payload: string };
  const changed = JSON.stringify({ ...rest, payload: Buffer.from(Buffer.from(payload, 'base64').toString().replace('7', '6')).toString('base64') });
  const typed = text.replace('journal-head', 'journal-tail');
  for (const other of [changed, typed, '', '{}', 'null', '[]']) assert.ok('forged' in openLogHead(other, [trusted], clock), other);
  assert.ok('forged' in openLogHead(text, [key().trusted], clock));
  assert.ok('forged' in openLogHead(text, [{ ...trusted, signs: ['https://cyclonedx.org/bom'] }], clock));
});

test('a key that was revoked or has run out proves nothing', async () => {
  const { signer, trusted } = key();
  const text = await signLogHead({ seq: 7, chain: 'abc' }, signer, clock);
  for (const terms of [{ revokedAt: 900 }, { notAfter: 999 }]) assert.ok('distrusted' in openLogHead(text, [{ ...trusted, ...terms }], clock));
});
