import assert from 'node:assert/strict';
import { generateKeyPairSync, sign } from 'node:crypto';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { decodeBase64, encodeBase64 } from './base64.ts';
import { BUNDLE_LIMIT, decodeBundle, encodeBundle, signStatement } from './bundle.ts';
import { pae, signEnvelope, signaturesOf, type Envelope } from './dsse.ts';
import { isSignedBy, trustedKey, type Signer, type TrustedKey } from './keys.ts';
import { cyclonedx } from './statement.ts';
import { parseStrictJson } from './strictjson.ts';

function keyPair(): { readonly signer: Signer; readonly trusted: TrustedKey; readonly pem: string } {
  const { privateKey, publicKey } = generateKeyPairSync('ed25519');
  const pem = publicKey.export({ type: 'spki', format: 'pem' }).toString();
  const trusted = trustedKey(pem);
  return { signer: { keyid: trusted.keyid, sign: async (message) => sign(null, message, privateKey) }, trusted, pem };
}

const text = (envelope: Envelope) => Buffer.from(encodeBundle(envelope)).toString();

describe('base64', () => {
  it('is read strictly: one text for each value', () => {
    fc.assert(fc.property(fc.uint8Array(), (bytes) => assert.deepEqual(decodeBase64(encodeBase64(bytes)), bytes)));
    for (const junk of ['YQ', 'YQ=', 'YR==', 'Y Q==', 'YQ==\n', 'YQ==YQ==', '-_8=', '!YQ==', 'YQ===', 'a']) assert.equal(decodeBase64(junk), undefined, junk);
    assert.deepEqual(decodeBase64(''), new Uint8Array());
  });
});

describe('strict JSON', () => {
  const read = (json: string) => parseStrictJson(Buffer.from(json), 'it');

  it('is what JSON.parse gives for every value', () => {
    fc.assert(fc.property(fc.jsonValue({ maxDepth: 5 }).filter((value) => !JSON.stringify(value).includes('__proto__')), (value) => {
      assert.deepEqual(read(JSON.stringify(value, null, 1)), JSON.parse(JSON.stringify(value)));
    }));
  });

  it('has no key twice in one object, also when one is written with an escape', () => {
    for (const json of ['{"a":1,"a":2}', '{"a":1,"\\u0061":2}', '[{"x":{"b":1,"c":{},"b":[]}}]', '{"a" :1, "a"\n: 2}', '{"\\"":1,"\\u0022":2}']) assert.throws(() => read(json), /twice/, json);
    for (const json of ['{"a":{"a":1},"b":{"a":1}}', '[{"a":1},{"a":1}]', '{"a":"a","b":"\\\\","c":"a"}', '{"x":"{\\"a\\":1,\\"a\\":2}"}']) read(json);
  });

  it('has no prototype, no depth without end, no bytes that are not UTF-8, and nothing behind it', () => {
    assert.throws(() => read('{"__proto__":{"ok":true}}'), /__proto__/);
    assert.throws(() => read('['.repeat(65) + ']'.repeat(65)), /deeper than 64/);
    assert.throws(() => parseStrictJson(Buffer.from([0x22, 0xff, 0x22]), 'it'), /not UTF-8/);
    for (const json of ['{} {}', '{}x', '', '{"a":1,}', '\ufeff{}', "{'a':1}"]) assert.throws(() => read(json), /it cannot be read: it is not JSON/, json);
  });

  it('reads strings of many megabytes', () => {
    const long = 'x\\"'.repeat(2_000_000);
    assert.deepEqual(read(JSON.stringify({ long })), { long });
  });
});

describe('a DSSE envelope', () => {
  it('signs the encoding of the specification, with lengths in bytes', () => {
    assert.equal(Buffer.from(pae('http://example.com/HelloWorld', Buffer.from('hello world'))).toString(), 'DSSEv1 29 http://example.com/HelloWorld 11 hello world');
    assert.equal(Buffer.from(pae('', Buffer.alloc(0))).toString(), 'DSSEv1 0  0 ');
    assert.equal(Buffer.from(pae('ü', Buffer.from('ß€'))).toString(), 'DSSEv1 2 ü 5 ß€');
  });

  it('is signed by whoever signed it, whatever the keyid says', async () => {
    const [one, two] = [keyPair(), keyPair()];
    const envelope = await signEnvelope('type', Buffer.from('payload'), [{ ...one.signer, keyid: two.trusted.keyid }]);
    assert.deepEqual(signaturesOf(envelope, [one.trusted, two.trusted], 0).keys, [one.trusted]);
    assert.deepEqual(signaturesOf(envelope, [two.trusted], 0), { keys: [], refused: [] });
    const { keyid: _keyid, ...unnamed } = envelope.signatures[0]!;
    assert.deepEqual(signaturesOf({ ...envelope, signatures: [unnamed] }, [one.trusted], 0).keys, [one.trusted]);
  });

  it('counts a key once, however often it signed and is listed', async () => {
    const [one, two] = [keyPair(), keyPair()];
    const envelope = await signEnvelope('type', Buffer.from('payload'), [one.signer, one.signer, { ...one.signer, keyid: 'another' }]);
    assert.equal(signaturesOf(envelope, [one.trusted, trustedKey(one.pem), two.trusted], 0).keys.length, 1);
    assert.equal(signaturesOf(await signEnvelope('type', Buffer.from('payload'), [one.signer, two.signer]), [one.trusted, two.trusted], 0).keys.length, 2);
  });

  it('is not signed for another type, another payload or another signature', async () => {
    const { signer, trusted } = keyPair();
    const envelope = await signEnvelope('type', Buffer.from('payload'), [signer]);
    const sig = Uint8Array.from(envelope.signatures[0]!.sig);
    sig[3]! ^= 1;
    for (const changed of [{ payloadType: 'typ' }, { payload: Buffer.from('epayload') }, { payload: Buffer.from('payloae') }, { signatures: [{ sig }] }, { signatures: [{ sig: new Uint8Array() }] }, { signatures: [{ sig: Buffer.alloc(64, 255) }] }]) {
      assert.deepEqual(signaturesOf({ ...envelope, ...changed }, [trusted], 0).keys, [], JSON.stringify(changed));
    }
  });

  it('is not believed from a key that is revoked or expired, at that instant and not before', async () => {
    const { signer, pem } = keyPair();
    const envelope = await signEnvelope('type', Buffer.from('payload'), [signer]);
    const at = (instant: number, terms: object) => signaturesOf(envelope, [trustedKey(pem, terms)], instant);
    assert.equal(at(99, { revokedAt: 100 }).keys.length, 1);
    assert.deepEqual(at(100, { revokedAt: 100 }), { keys: [], refused: [{ keyid: signer.keyid, why: 'revoked' }] });
    assert.equal(at(100, { notAfter: 100 }).keys.length, 1);
    assert.deepEqual(at(101, { notAfter: 100 }).refused, [{ keyid: signer.keyid, why: 'expired' }]);
    assert.deepEqual(signaturesOf(envelope, [trustedKey(pem), trustedKey(pem, { revokedAt: 0 })], 1).keys, []);
  });

  it('may be signed with P-256 too, as key services do; other keys and private keys are refused', () => {
    const p256 = generateKeyPairSync('ec', { namedCurve: 'prime256v1' });
    const trusted = trustedKey(p256.publicKey.export({ type: 'spki', format: 'pem' }).toString());
    assert.ok(isSignedBy(trusted, Buffer.from('m'), sign('sha256', Buffer.from('m'), p256.privateKey)));
    assert.ok(!isSignedBy(trusted, Buffer.from('n'), sign('sha256', Buffer.from('m'), p256.privateKey)));
    const rsa = generateKeyPairSync('rsa', { modulusLength: 2_048 });
    const p384 = generateKeyPairSync('ec', { namedCurve: 'secp384r1' });
    assert.throws(() => trustedKey(rsa.publicKey.export({ type: 'spki', format: 'pem' }).toString()), /of the type rsa/);
    assert.throws(() => trustedKey(p384.publicKey.export({ type: 'spki', format: 'pem' }).toString()), /of the type secp384r1/);
    assert.throws(() => trustedKey(p256.privateKey.export({ type: 'pkcs8', format: 'pem' }).toString()), /private key/);
    assert.throws(() => trustedKey('junk'), /cannot be read/);
  });
});

describe('a Sigstore bundle', () => {
  it('is read back as it was written, and written the same each time', async () => {
    const { signer } = keyPair();
    await fc.assert(fc.asyncProperty(fc.string({ minLength: 1 }), fc.uint8Array(), async (type, payload) => {
      const envelope = await signEnvelope(type, payload, [signer]);
      assert.deepEqual(decodeBundle(encodeBundle(envelope)), { ...envelope, payload: new Uint8Array(payload), signatures: envelope.signatures.map(({ sig, ...rest }) => ({ sig: new Uint8Array(sig), ...rest })) });
      assert.deepEqual(encodeBundle(await signEnvelope(type, payload, [signer])), encodeBundle(envelope));
    }), { numRuns: 30 });
  });

  it('is of version 0.3, with a public key and nothing else', async () => {
    const { signer } = keyPair();
    const bundle = JSON.parse(text(await signEnvelope('type', Buffer.from('payload'), [signer])));
    assert.equal(bundle.mediaType, 'application/vnd.dev.sigstore.bundle.v0.3+json');
    assert.deepEqual(bundle.verificationMaterial, { publicKey: { hint: signer.keyid } });
    assert.equal(bundle.dsseEnvelope.payload, 'cGF5bG9hZA==');
  });

  it('is refused with a key too many or too few, junk in its base64, a key twice, or too many signatures', async () => {
    const { signer } = keyPair();
    const good = text(await signEnvelope('type', Buffer.from('payload'), [signer]));
    const changes: readonly (readonly [string | RegExp, string, RegExp])[] = [
      ['"payload":', '"payload":"YQ==","payload":', /"payload" twice/],
      ['"cGF5bG9hZA=="', '"cGF5bG9hZA="', /dsseEnvelope.payload: is not strict base64/],
      ['"cGF5bG9hZA=="', '"cGF5 bG9hZA=="', /not strict base64/],
      ['"cGF5bG9hZA=="', '"cGF5bG9hZB=="', /not strict base64/],
      ['"payloadType":"type"', '"payloadType":"type","extra":1', /Unrecognized key: "extra"/],
      [',"payloadType":"type"', '', /payloadType/],
      ['bundle.v0.3', 'bundle.v0.2', /mediaType/],
      [/"signatures":\[.*?\]/, '"signatures":[]', /signatures/],
      [/"signatures":\[(.*?)\]/, `"signatures":[${Array(17).fill('{"sig":"YQ=="}').join()}]`, /signatures/],
      ['"publicKey"', '"certificate":{"rawBytes":"YQ=="},"publicKey"', /Unrecognized key: "certificate"/],
    ];
    decodeBundle(Buffer.from(good));
    for (const [from, to, naming] of changes) {
      const changed = good.replace(from, to);
      assert.notEqual(changed, good);
      assert.throws(() => decodeBundle(Buffer.from(changed)), naming, changed);
    }
  });

  it('is refused unread above 16 MiB, and is never written so large', async () => {
    assert.throws(() => decodeBundle(Buffer.alloc(BUNDLE_LIMIT + 1, ' ')), /are allowed/);
    const statement = cyclonedx({ name: 'orders', digest: `sha256:${'0'.repeat(64)}` }, { bomFormat: 'CycloneDX', filler: 'x'.repeat(BUNDLE_LIMIT) });
    await assert.rejects(signStatement(statement, [keyPair().signer]), /are allowed/);
  });
});
