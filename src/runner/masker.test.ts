import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { TrunklineError } from '../foundation/errors.ts';
import { Secret } from '../foundation/secret.ts';
import { MASK, Masker } from './masker.ts';

/** Without `*`, of which masks are made, and with enough in it that chance does not print it. */
const secrets = fc.string({ unit: 'grapheme', minLength: 8, maxLength: 60 })
  .filter((text) => text.isWellFormed() && !text.includes('*') && new Set(text).size >= 5);

const encodings: { readonly [name: string]: (secret: string, before: string) => string } = {
  raw: (secret) => secret,
  base64: (secret) => Buffer.from(secret).toString('base64'),
  'base64 of the URL alphabet': (secret) => Buffer.from(secret).toString('base64url'),
  'lower hex': (secret) => Buffer.from(secret).toString('hex'),
  'upper hex': (secret) => Buffer.from(secret).toString('hex').toUpperCase(),
  URL: (secret) => encodeURIComponent(secret),
  form: (secret) => new URLSearchParams({ k: secret }).toString(),
  JSON: (secret, before) => JSON.stringify({ before, secret }),
};

function masked(text: string | Buffer, all: readonly string[], cuts: readonly number[] = []): string {
  const bytes = Buffer.from(text);
  const masker = new Masker();
  for (const secret of all) masker.add(secret);
  const places = [0, ...cuts.map((cut) => cut % (bytes.length + 1)).toSorted((a, b) => a - b), bytes.length];
  const parts = places.slice(1).flatMap((end, index) => masker.push(bytes.subarray(places[index], end)));
  return Buffer.concat([...parts, ...masker.flush()]).toString();
}

const cuts = fc.array(fc.nat(400), { maxLength: 12 });

for (const [name, encode] of Object.entries(encodings)) {
  test(`a secret printed as ${name} is struck, wherever the chunks split`, () => {
    fc.assert(fc.property(secrets, fc.string({ maxLength: 30 }), fc.string({ maxLength: 30 }), cuts, (secret, before, after, places) => {
      const printed = encode(secret, before);
      const output = masked(before + printed + after, [secret], places);
      assert.ok(!output.includes(encode(secret, '')), output);
      assert.ok(output.includes(MASK), output);
    }));
  });
}

test('a secret inside a longer text is struck from the base64 of that text at every offset', () => {
  fc.assert(fc.property(secrets, fc.nat(7), fc.nat(7), cuts, fc.constantFrom('base64' as const, 'base64url' as const), (secret, before, after, places, alphabet) => {
    const whole = Buffer.concat([Buffer.alloc(before, 'x'), Buffer.from(secret), Buffer.alloc(after, 'y')]).toString(alphabet);
    const output = masked(whole, [secret], places);
    const shown = Buffer.from(output.replaceAll(MASK, ''), 'base64').toString('latin1');
    assert.ok(output.includes(MASK));
    // At the rims of the mask a few bits of the first and last byte show.
    assert.ok(output.length <= whole.length - Math.floor((Buffer.byteLength(secret) * 8) / 6) + 6, `${whole} -> ${output} (${shown})`);
  }));
});

test('long base64 and hex are struck also when a tool has broken them into lines', () => {
  const key = Array.from({ length: 40 }, (_, index) => `piece-${index * 7919}`).join('');
  for (const encoding of ['base64', 'hex'] as const) {
    for (const width of [60, 64, 76]) {
      for (const lineBreak of ['\n', '\r\n']) {
        for (let shift = 0; shift < width; shift += 1) {
          const encoded = Buffer.from(key).toString(encoding);
          const first = encoded.slice(0, shift);
          const broken = [first, ...encoded.slice(shift).match(new RegExp(`.{1,${width}}`, 'g'))!].join(lineBreak);
          assert.equal(masked(`<${broken}>`, [key], [shift, 100, 101]), `<${shift === 0 ? lineBreak : ''}${MASK}>`, `${encoding} ${width} ${shift}`);
        }
      }
    }
  }
});

test('what comes out does not depend on where the chunks split, also where secrets overlap', () => {
  const overlapping = fc.array(fc.string({ unit: fc.constantFrom('a', 'b', 'c'), minLength: 4, maxLength: 9 }), { minLength: 1, maxLength: 4 });
  fc.assert(fc.property(overlapping, fc.string({ unit: fc.constantFrom('a', 'b', 'c'), maxLength: 200 }), fc.array(fc.nat(200), { maxLength: 60 }), (all, text, places) => {
    const whole = masked(text, all);
    assert.equal(masked(text, all, places), whole);
    for (const secret of all) assert.ok(!whole.includes(secret));
  }), { numRuns: 500 });
});

test('text without a secret comes out as it went in, byte for byte', () => {
  fc.assert(fc.property(fc.uint8Array({ maxLength: 300 }), cuts, (bytes, places) => {
    const masker = new Masker();
    masker.add('a-secret-that-chance-does-not-print');
    const ends = [...places.filter((place) => place < bytes.length).toSorted((a, b) => a - b), bytes.length];
    const parts = ends.flatMap((end, index) => masker.push(Buffer.from(bytes.subarray(ends[index - 1] ?? 0, end))));
    assert.deepEqual(Buffer.concat([...parts, ...masker.flush()]), Buffer.from(bytes));
  }));
});

test('a key of several lines is struck whole, line by line, with either line end and in JSON', () => {
  const key = '-----BEGIN PRIVATE KEY-----\nMIIEvQIBADANBgkqhkiG9w0BAQEFAASC\nq83vEjRWeJCrze8SNFZ4kKvN7xI0VniQ\n-----END PRIVATE KEY-----\n';
  for (const printed of [key, key.replaceAll('\n', '\r\n'), JSON.stringify({ key }), key.replaceAll(/^/gm, '  | '), `env: KEY=${key.split('\n')[2]}`]) {
    const output = masked(printed, [key], [9, 70]);
    assert.ok(!output.includes('q83vEjRWeJCrze8S'), output);
    assert.ok(output.includes(MASK));
  }
});

test('a secret added on the way is struck from then on, also where a part of it is already held back', () => {
  const masker = new Masker();
  masker.add('first-secret');
  const parts = [...masker.push(Buffer.from('now first-sec'))];
  masker.add(new Secret('second-secret'));
  parts.push(...masker.push(Buffer.from('ret then second-')), ...masker.push(Buffer.from('secret.')), ...masker.flush());
  assert.equal(Buffer.concat(parts).toString(), `now ${MASK} then ${MASK}.`);
});

test('a stream made of nothing but the secret is held back no longer than the secret', () => {
  const masker = new Masker();
  masker.add('aaaaaaaa');
  const parts = Array.from({ length: 1_000 }, () => masker.push(Buffer.from('aaaaa'))).flat();
  assert.ok(masker.holds);
  assert.equal(Buffer.concat([...parts, ...masker.flush()]).toString(), MASK);
});

test('a secret too short to be struck is refused', () => {
  assert.throws(() => new Masker().add('abc'), (error) => error instanceof TrunklineError && error.record.code === 'SECRET_TOO_SHORT' && !error.message.includes('abc'));
});
