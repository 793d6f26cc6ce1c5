import assert from 'node:assert/strict';
import { generateKeyPairSync, sign } from 'node:crypto';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { canonicalJson, digestOf } from '../foundation/digest.ts';
import type { Digest, Json } from '../foundation/units.ts';
import { encodeBundle, signStatement } from './bundle.ts';
import { signEnvelope } from './dsse.ts';
import { requiredEvidence, type Expectations } from './expectations.ts';
import { trustedKey, type Signer, type TrustTerms, type TrustedKey } from './keys.ts';
import { CONFIG_TYPE, EMPTY, LAYER_TYPE, MANIFEST_TYPE, encodeDocument } from './oci.ts';
import { PAYLOAD_TYPE, approval, cyclonedx, provenance, rollbackAuthorization, spdx, stagePassed, testResult, type ApprovalFacts, type ProvenanceFacts, type RollbackFacts, type Statement } from './statement.ts';
import type { Attestation } from './store.ts';
import { evidenceDigest, refusal, verifyRelease, type Verdict } from './verify.ts';

const NOW = Date.UTC(2030, 5, 1);
const HOUR = 3_600_000;
const YEAR = 365 * 24 * HOUR;
const BUILDER = 'trunkline:builder/this';

function keyPair(): { readonly signer: Signer; trusted(terms?: TrustTerms): TrustedKey } {
  const { privateKey, publicKey } = generateKeyPairSync('ed25519');
  const pem = publicKey.export({ type: 'spki', format: 'pem' }).toString();
  return { signer: { keyid: trustedKey(pem).keyid, sign: async (message) => sign(null, message, privateKey) }, trusted: (terms) => trustedKey(pem, terms) };
}

const mine = keyPair();
const stranger = keyPair();
const plan = digestOf('plan');
const manifestBytes = manifest('orders');
const artifact = digestOf(manifestBytes);
const subject = { name: 'orders', digest: artifact };
const built: ProvenanceFacts = {
  repository: 'https://example.test/orders.git', ref: 'refs/heads/main', commit: 'c'.repeat(40), plan, isolation: 'namespaces', sequence: 7, run: 'run-7', builder: BUILDER,
  startedAt: NOW - 2 * HOUR, finishedAt: NOW - HOUR,
};

function manifest(name: string): Uint8Array {
  const config = { mediaType: CONFIG_TYPE, digest: digestOf(EMPTY), size: 2 };
  return encodeDocument({ schemaVersion: 2, mediaType: MANIFEST_TYPE, config, layers: [{ mediaType: LAYER_TYPE, digest: digestOf(name), size: name.length }] });
}

async function attested(statement: Statement, signers: readonly Signer[] = [mine.signer]): Promise<Attestation> {
  const bundle = await signStatement(statement, signers);
  return { digest: digestOf(bundle), bundle };
}

const unitTests = testResult(subject, { name: 'build.unit-tests', plan, passed: ['adds'], failed: [] });
const sbom = cyclonedx(subject, { bomFormat: 'CycloneDX', specVersion: '1.6', components: [] });
const passed = (stage: string) => stagePassed(subject, { stage, verifier: BUILDER, plan, inputs: [], at: NOW - HOUR });

/** Everything that production asks for, and the approval of it. */
async function released(changes: { readonly provenance?: Partial<ProvenanceFacts>; readonly approval?: Partial<ApprovalFacts>; readonly statements?: readonly Statement[]; readonly signers?: readonly Signer[] } = {}): Promise<Attestation[]> {
  const statements = changes.statements ?? [provenance(subject, { ...built, ...changes.provenance }), unitTests, sbom, passed('beta'), passed('gamma')];
  const evidence = await Promise.all(statements.map((statement) => attested(statement, changes.signers)));
  return [...evidence, await approvalOf(evidence, changes.approval, changes.signers)];
}

async function approvalOf(evidence: readonly Attestation[], changes: Partial<ApprovalFacts> = {}, signers?: readonly Signer[]): Promise<Attestation> {
  const attestations = evidence.map(({ digest }) => digest);
  return await attested(approval(subject, {
    environment: 'prod', run: 'run-7', plan, attestations, evidence: evidenceDigest(attestations), approvers: [{ user: 'ada', at: NOW - HOUR }], expiresAt: NOW + HOUR, ...changes,
  }), signers);
}

const shown = { tests: ['build.unit-tests'], sbom: true };
const expected: Expectations = {
  environment: 'prod', repository: built.repository, ref: built.ref, commit: built.commit, plan, builders: [BUILDER], isolation: 'namespaces',
  required: requiredEvidence('prod', shown), sequence: { candidate: 7, highest: 6, live: digestOf('release 6') }, now: NOW, floor: NOW - HOUR,
};

function verdict(attestations: readonly Attestation[], changes: Partial<Expectations> = {}, keys: readonly TrustedKey[] = [mine.trusted()], bytes = manifestBytes): Verdict {
  return verifyRelease({ artifact, manifestBytes: bytes, attestations, keys, expectations: { ...expected, ...changes } });
}

function holds(result: Verdict): void {
  assert.ok(result.ok, JSON.stringify(result));
}

/** Refused for this, and nothing that is not named. */
function fails(result: Verdict, code: string, naming: RegExp | string = ''): void {
  assert.ok(!result.ok, `should have been refused with ${code}`);
  const failure = result.failures.find((one) => one.code === code);
  assert.ok(failure, `${code} expected: ${JSON.stringify(result.failures)}`);
  assert.match(failure.message, naming instanceof RegExp ? naming : new RegExp(naming.replace(/[.*+?^${}()|[\]\\]/g, '\\$&')));
}

describe('a release', () => {
  it('may be deployed when everything that is required was signed, and the verdict lists it', async () => {
    const attestations = await released();
    const result = verdict(attestations);
    assert.ok(result.ok, JSON.stringify(result));
    assert.deepEqual(result.evidence.map(({ shows }) => shows), ['provenance', 'result of build.unit-tests', 'software bill of materials', 'proof that it passed beta', 'proof that it passed gamma', 'approval']);
    assert.deepEqual(new Set(result.evidence.map(({ attestation }) => attestation)), new Set(attestations.map(({ digest }) => digest)));
    assert.ok(result.evidence.every(({ keyids }) => keyids[0] === mine.signer.keyid));
    holds(verdict(attestations.toReversed()));
    holds(verdict([...attestations, ...attestations]));
  });

  it('needs less in beta and gamma, and never less than its provenance', async () => {
    const early = (await released()).slice(0, 3);
    holds(verdict(early, { required: requiredEvidence('beta', shown) }));
    fails(verdict(early, { required: requiredEvidence('gamma', shown) }), 'EVIDENCE_MISSING', 'no proof that it passed beta');
    fails(verdict(early.slice(1), { required: requiredEvidence('beta', shown) }), 'EVIDENCE_MISSING', `no provenance for ${artifact}`);
    fails(verdict([], { required: [] }), 'EVIDENCE_MISSING', 'provenance');
  });

  it('needs the result of everything that its build has shown, each by its name', async () => {
    const required = requiredEvidence('prod', { tests: ['build.unit-tests', 'build.secrets'], sbom: true });
    fails(verdict(await released(), { required }), 'EVIDENCE_MISSING', 'there is no result of build.secrets');
    holds(verdict(await released({ statements: [provenance(subject, built), unitTests, testResult(subject, { name: 'build.secrets', plan, passed: ['secretlint'], warned: [], failed: [] }), sbom, passed('beta'), passed('gamma')] }), { required }));
  });

  it('needs no evidence of what its build left out on purpose, and what cannot be left out all the same', () => {
    const waived = { tests: [], sbom: false };
    assert.deepEqual(requiredEvidence('prod', waived).map(({ evidence }) => evidence), ['provenance', 'stage', 'stage', 'approval']);
    assert.deepEqual(requiredEvidence('beta', waived), [{ evidence: 'provenance' }]);
  });

  it('may list its parts as CycloneDX or SPDX, which must be what they say', async () => {
    const withSbom = async (statement: Statement) => await released({ statements: [provenance(subject, built), unitTests, statement, passed('beta'), passed('gamma')] });
    holds(verdict(await withSbom(spdx(subject, { spdxVersion: 'SPDX-2.3' }))));
    fails(verdict(await withSbom(spdx(subject, { bomFormat: 'CycloneDX' }))), 'PREDICATE_INVALID', 'spdxVersion');
    fails(verdict(await withSbom(cyclonedx(subject, {}))), 'PREDICATE_INVALID', 'bomFormat');
  });

  it('is refused without any one of what is required, by its name', async () => {
    const attestations = await released();
    const names = ['provenance', 'result of build.unit-tests', 'software bill of materials', 'proof that it passed beta', 'proof that it passed gamma', 'approval'];
    for (const [at, name] of names.entries()) {
      const result = verdict(attestations.filter((_, index) => index !== at));
      fails(result, 'EVIDENCE_MISSING', `there is no ${name} for ${artifact}`);
      if (at < 5) fails(result, 'APPROVAL_EVIDENCE', attestations[at]!.digest);
    }
  });

  it('is refused when its manifest is not the artifact, or no manifest', async () => {
    const attestations = await released();
    const other = manifest('rebuilt for production');
    fails(verdict(attestations, {}, undefined, other), 'ARTIFACT_MISMATCH', `hashes to ${digestOf(other)}, not to ${artifact}`);
    const junk = Buffer.from('{}');
    const result = verifyRelease({ artifact: digestOf(junk), manifestBytes: junk, attestations, keys: [mine.trusted()], expectations: expected });
    fails(result, 'ARTIFACT_MALFORMED', digestOf(junk));
    fails(result, 'SUBJECT_MISMATCH', `not about ${digestOf(junk)}`);
  });

  it('is refused when any byte of its manifest or of any attestation is flipped, and the message names which', async () => {
    const attestations = await released();
    for (let at = 0; at < manifestBytes.length; at += 1) fails(verdict([], {}, undefined, flipped(manifestBytes, at, 1)), 'ARTIFACT_MISMATCH', artifact);
    fc.assert(fc.property(fc.nat(attestations.length - 1), fc.nat(), fc.integer({ min: 1, max: 255 }), (which, place, mask) => {
      const { digest, bundle } = attestations[which]!;
      const bytes = flipped(bundle, place % bundle.length, mask);
      const others = attestations.filter((one) => one.digest !== digest);
      fails(verdict([...others, { digest, bundle: bytes }]), 'ATTESTATION_CORRUPT', digest);
      // Also when whoever flipped it gave it its new digest: the signature, or what was approved, does not fit.
      const result = verdict([...others, { digest: digestOf(bytes), bundle: bytes }]);
      assert.ok(!result.ok || isUnsigned(bundle, bytes), Buffer.from(bytes).toString());
      if (!result.ok) assert.ok(result.failures.some(({ message }) => message.includes(digestOf(bytes)) || message.includes(digest)), JSON.stringify(result.failures));
    }), { numRuns: 400 });
  });

  it('is refused when it is signed with a key that nobody knows, whatever name the key gives itself', async () => {
    fails(verdict(await released({ signers: [stranger.signer] })), 'SIGNATURE_INVALID', 'no trusted key');
    fails(verdict(await released({ signers: [{ ...stranger.signer, keyid: mine.signer.keyid }] })), 'SIGNATURE_INVALID', 'no trusted key');
    fails(verdict(await released(), {}, []), 'SIGNATURE_INVALID');
    const resigned = await attested(sbom, [stranger.signer]);
    fails(verdict([...(await released()), resigned]), 'SIGNATURE_INVALID', resigned.digest);
  });

  it('is refused when its key is revoked, has expired, or may not sign such a thing', async () => {
    const attestations = await released();
    fails(verdict(attestations, {}, [mine.trusted({ revokedAt: NOW })]), 'KEY_REVOKED', mine.signer.keyid);
    fails(verdict(attestations, {}, [mine.trusted(), mine.trusted({ revokedAt: NOW - YEAR })]), 'KEY_REVOKED');
    fails(verdict(attestations, {}, [mine.trusted({ notAfter: NOW - 1 })]), 'KEY_EXPIRED', mine.signer.keyid);
    fails(verdict(attestations, {}, [mine.trusted({ signs: ['https://cyclonedx.org/bom'] })]), 'KEY_NOT_ALLOWED', 'https://slsa.dev/provenance/v1');
    holds(verdict(attestations, {}, [mine.trusted({ revokedAt: NOW + 1, notAfter: NOW })]));
  });

  it('needs as many different keys as are asked for; one key that signed twice is one', async () => {
    const second = keyPair();
    const keys = [mine.trusted(), second.trusted(), mine.trusted()];
    fails(verdict(await released({ signers: [mine.signer, mine.signer, { ...mine.signer, keyid: second.signer.keyid }] }), { threshold: 2 }, keys), 'SIGNATURES_TOO_FEW', '1 trusted keys have signed it, and 2 are needed');
    holds(verdict(await released({ signers: [mine.signer, second.signer] }), { threshold: 2 }, keys));
    fails(verdict(await released({ signers: [stranger.signer] }), { threshold: 0 }, keys), 'SIGNATURE_INVALID');
  });

  it('is refused when the payload has another type, was encoded anew, or is about something else', async () => {
    const others = (await released()).slice(1);
    const statement = provenance(subject, built);
    const canonical = canonicalJson(statement as unknown as Json);
    const wrap = async (type: string, text: string, change = (bundle: string) => bundle) => {
      const bundle = Buffer.from(change(Buffer.from(encodeBundle(await signEnvelope(type, Buffer.from(text), [mine.signer]))).toString()));
      return verdict([...others, { digest: digestOf(bundle), bundle }]);
    };
    holds(await wrap(PAYLOAD_TYPE, canonical));
    fails(await wrap('application/json', canonical), 'PAYLOAD_TYPE', 'application/json');
    fails(await wrap(PAYLOAD_TYPE, canonical, (bundle) => bundle.replace(PAYLOAD_TYPE, 'application/vnd.in-toto+jsoN')), 'SIGNATURE_INVALID');
    const payload = (text: string) => Buffer.from(text).toString('base64');
    fails(await wrap(PAYLOAD_TYPE, canonical, (bundle) => bundle.replace(payload(canonical), payload(JSON.stringify(statement, null, 1)))), 'SIGNATURE_INVALID');
    fails(await wrap(PAYLOAD_TYPE, canonical, (bundle) => bundle.replace(payload(canonical), `${payload(canonical)}\\n`)), 'ATTESTATION_MALFORMED', 'strict base64');
    fails(await wrap(PAYLOAD_TYPE, canonical.replace('{', '{"predicateType":"x",')), 'JSON_INVALID', 'twice');
    fails(await wrap(PAYLOAD_TYPE, canonical.replace('Statement/v1', 'Statement/v0.1')), 'STATEMENT_TYPE', 'v0.1');
    fails(await wrap(PAYLOAD_TYPE, '{"_type":"https://in-toto.io/Statement/v1"}'), 'STATEMENT_INVALID', 'subject');
    const about = async (digests: readonly Digest[]) => await wrap(PAYLOAD_TYPE, canonicalJson({ ...statement, subject: digests.map((digest) => ({ name: 'orders', digest: { sha256: digest.slice(7) } })) } as unknown as Json));
    fails(await about([digestOf('another artifact')]), 'SUBJECT_MISMATCH', `it is about ${digestOf('another artifact')}, not about ${artifact}`);
    fails(await about([artifact, digestOf('another artifact')]), 'SUBJECT_MISMATCH');
    fails(await about([]), 'SUBJECT_MISMATCH', 'nothing');
  });

  it('is refused when it was built from elsewhere, otherwise, or with what nobody expects', async () => {
    const cases: readonly (readonly [Partial<ProvenanceFacts>, string, string])[] = [
      [{ repository: 'https://example.test/fork.git' }, 'REPOSITORY_MISMATCH', 'fork.git'],
      [{ ref: 'refs/pull/7/head' }, 'REF_MISMATCH', 'refs/pull/7/head'],
      [{ ref: 'refs/heads/main2' }, 'REF_MISMATCH', 'main2'],
      [{ commit: 'd'.repeat(40) }, 'COMMIT_MISMATCH', 'dddd'],
      [{ plan: digestOf('other plan') }, 'PLAN_MISMATCH', digestOf('other plan')],
      [{ builder: 'somebody' }, 'BUILDER_UNKNOWN', '"somebody"'],
      [{ isolation: 'none' }, 'ISOLATION', 'no isolation'],
      [{ sequence: 8 }, 'SEQUENCE_MISMATCH', 'release 8, not to 7'],
    ];
    for (const [change, code, naming] of cases) fails(verdict(await released({ provenance: change })), code, naming);
    holds(verdict(await released({ provenance: { isolation: 'none' } }), { isolation: 'any' }));
    holds(verdict(await released({ provenance: { tools: [{ name: 'npm', version: '11.0.0', digest: digestOf('npm') }] } })));
    const changed = async (change: (definition: { [key: string]: unknown }) => void) => {
      const statement = structuredClone(provenance(subject, built)) as unknown as { predicate: { buildDefinition: { [key: string]: unknown } } };
      change(statement.predicate.buildDefinition);
      return verdict(await released({ statements: [statement as unknown as Statement, unitTests, sbom, passed('beta'), passed('gamma')] }));
    };
    fails(await changed((definition) => { definition['buildType'] = 'https://example.test/other'; }), 'BUILD_TYPE', 'https://example.test/other');
    fails(await changed((definition) => { Object.assign(definition['externalParameters'] as object, { debug: true }); }), 'PARAMETER_UNKNOWN', '"debug"');
    fails(await changed((definition) => { delete (definition['externalParameters'] as { ref?: string }).ref; }), 'REF_MISMATCH', 'undefined');
    fails(await changed((definition) => { Object.assign(definition['internalParameters'] as object, { cache: 'untrusted' }); }), 'PREDICATE_INVALID', 'cache');
  });

  it('is believed by one provenance that holds, beside others of the same content that do not', async () => {
    const other = await attested(provenance(subject, { ...built, ref: 'refs/heads/topic', run: 'run-6', sequence: 6 }));
    holds(verdict([other, ...(await released())]));
  });

  it('is refused when its tests failed, were none, or ran under another plan', async () => {
    const tests = async (change: Partial<Parameters<typeof testResult>[1]>) => {
      const statement = testResult(subject, { name: 'build.unit-tests', plan, passed: ['adds'], failed: [], ...change });
      return verdict(await released({ statements: [provenance(subject, built), statement, sbom, passed('beta'), passed('gamma')] }));
    };
    fails(await tests({ failed: ['subtracts'] }), 'EVIDENCE_FAILED', 'build.unit-tests');
    fails(await tests({ passed: [] }), 'EVIDENCE_FAILED');
    fails(await tests({ plan: digestOf('other plan') }), 'PLAN_MISMATCH', digestOf('other plan'));
    fails(await tests({ name: 'beta.acceptance-tests' }), 'EVIDENCE_MISSING', 'build.unit-tests');
    holds(await tests({ warned: ['skipped on this machine'] }));
  });

  it('is refused when it passed a stage by the word of somebody else, under another plan, or did not', async () => {
    const summary = async (statement: Statement) => verdict(await released({ statements: [provenance(subject, built), unitTests, sbom, passed('beta'), statement] }));
    const facts = { stage: 'gamma', verifier: BUILDER, plan, inputs: [], at: NOW };
    fails(await summary(stagePassed(subject, { ...facts, verifier: 'somebody' })), 'BUILDER_UNKNOWN', 'somebody');
    fails(await summary(stagePassed(subject, { ...facts, plan: digestOf('other plan') })), 'PLAN_MISMATCH', digestOf('other plan'));
    fails(await summary(stagePassed(subject, { ...facts, stage: 'gamma2' })), 'EVIDENCE_MISSING', 'passed gamma');
    const failed = stagePassed(subject, facts);
    fails(await summary({ ...failed, predicate: { ...failed.predicate, verificationResult: 'FAILED' } }), 'EVIDENCE_FAILED', 'FAILED');
  });
});

describe('an approval', () => {
  it('is of exactly this environment, this plan and this evidence', async () => {
    fails(verdict(await released({ approval: { environment: 'staging' } })), 'APPROVAL_MISMATCH', 'staging');
    fails(verdict(await released({ approval: { plan: digestOf('other plan') } })), 'APPROVAL_MISMATCH', digestOf('other plan'));
    fails(verdict(await released({ approval: { evidence: digestOf('other evidence') } })), 'APPROVAL_EVIDENCE', digestOf('other evidence'));
    const other = approval({ name: 'orders', digest: digestOf('another artifact') }, { environment: 'prod', run: 'r', plan, attestations: [], evidence: evidenceDigest([]), approvers: [{ user: 'ada', at: NOW }], expiresAt: NOW + HOUR });
    fails(verdict([...(await released()).slice(0, 5), await attested(other)]), 'SUBJECT_MISMATCH');
  });

  it('covers what the release rests on, so evidence that came later does not stand in for what was shown', async () => {
    const evidence = (await released()).slice(0, 5);
    const blind = await approvalOf(evidence.slice(0, 4));
    fails(verdict([...evidence, blind]), 'APPROVAL_EVIDENCE', 'proof that it passed gamma was not among what was approved');
    const gone = await approvalOf([...evidence, { digest: digestOf('a finding'), bundle: Buffer.alloc(0) }]);
    fails(verdict([...evidence, gone]), 'APPROVAL_EVIDENCE', digestOf('a finding'));
    // More evidence afterwards takes nothing from what was approved.
    holds(verdict([...evidence, await approvalOf(evidence), await attested(passed('prod'))]));
  });

  it('is of as many different people as are asked for', async () => {
    const twice = [{ user: 'ada', at: NOW }, { user: 'ada', at: NOW + 1 }];
    fails(verdict(await released({ approval: { approvers: twice } }), { required: requiredEvidence('prod', shown, 2) }), 'APPROVAL_TOO_FEW', '1 have approved, and 2 are needed');
    fails(verdict(await released({ approval: { approvers: [] } }), { required: requiredEvidence('prod', shown, 0) }), 'APPROVAL_TOO_FEW');
    holds(verdict(await released({ approval: { approvers: [...twice, { user: 'grace', at: NOW, text: 'fine' }] } }), { required: requiredEvidence('prod', shown, 2) }));
  });

  it('expires, and a clock that is set back or forward ten years brings nothing back', async () => {
    const attestations = await released({ approval: { expiresAt: NOW } });
    fails(verdict(attestations), 'APPROVAL_EXPIRED', '2030-06-01T00:00:00.000Z');
    holds(verdict(attestations, { now: NOW - 1 }));
    fails(verdict(attestations, { now: NOW - 10 * YEAR, floor: NOW }), 'APPROVAL_EXPIRED');
    fails(verdict(attestations, { now: NOW + 10 * YEAR }), 'APPROVAL_EXPIRED');
    fails(verdict(await released(), { now: NOW - 10 * YEAR, floor: NOW + 1 }, [mine.trusted({ notAfter: NOW })]), 'KEY_EXPIRED');
    fails(verdict(await released(), { now: NOW - 10 * YEAR, floor: NOW }, [mine.trusted({ revokedAt: NOW })]), 'KEY_REVOKED');
  });
});

describe('an older release', () => {
  const live = digestOf('release 9');
  const sequence = { candidate: 7, highest: 9, live };
  const facts: RollbackFacts = { environment: 'prod', from: { artifact: live, sequence: 9 }, sequence: 7, by: 'ada', reason: 'release 9 loses orders', at: NOW - 1, expiresAt: NOW + HOUR };
  const authorised = async (changes: Partial<RollbackFacts> = {}, signers?: readonly Signer[]) => [...(await released()), await attested(rollbackAuthorization(subject, { ...facts, ...changes }), signers)];

  it('is refused, however well it was signed in its day, unless a signed authorisation lets exactly it go back', async () => {
    fails(verdict(await released(), { sequence }), 'OLDER_RELEASE', 'release 7 is older than 9');
    const result = verdict(await authorised(), { sequence });
    assert.ok(result.ok, JSON.stringify(result));
    assert.equal(result.evidence.at(-1)?.shows, 'authorisation of the rollback');
  });

  it('is refused with an authorisation for another environment, release or artifact, from another live one, expired, or by a stranger', async () => {
    const cases: readonly (readonly [Partial<RollbackFacts>, string])[] = [
      [{ environment: 'gamma' }, 'ROLLBACK_MISMATCH'], [{ sequence: 6 }, 'ROLLBACK_MISMATCH'],
      [{ from: { artifact: digestOf('release 8'), sequence: 8 } }, 'ROLLBACK_MISMATCH'], [{ expiresAt: NOW }, 'ROLLBACK_EXPIRED'],
    ];
    for (const [change, code] of cases) {
      const result = verdict(await authorised(change), { sequence });
      fails(result, code);
      fails(result, 'OLDER_RELEASE');
    }
    fails(verdict(await authorised({}, [stranger.signer]), { sequence }), 'SIGNATURE_INVALID');
    const elsewhere = await attested(rollbackAuthorization({ name: 'orders', digest: digestOf('another artifact') }, facts));
    fails(verdict([...(await released()), elsewhere], { sequence }), 'SUBJECT_MISMATCH');
    const { live: _live, ...nothingLive } = sequence;
    fails(verdict(await authorised(), { sequence: nothingLive }), 'ROLLBACK_MISMATCH', 'nothing');
  });

  it('goes back with the approval of its day, though that has expired since, and not with none', async () => {
    const attestations = [...(await released({ approval: { expiresAt: NOW - HOUR } })), await attested(rollbackAuthorization(subject, facts))];
    holds(verdict(attestations, { sequence }));
    fails(verdict(attestations.filter((_, at) => at !== 5), { sequence }), 'EVIDENCE_MISSING', 'approval');
  });

  it('cannot call itself newer than its provenance says', async () => {
    fails(verdict(await released(), { sequence: { ...sequence, candidate: 10 } }), 'SEQUENCE_MISMATCH', 'release 7, not to 10');
  });

  it('is no older release when it is what is live, or the newest', async () => {
    holds(verdict(await released(), { sequence: { candidate: 7, highest: 9, live: artifact } }));
    holds(verdict(await released(), { sequence: { candidate: 7, highest: 7, live } }));
    holds(verdict(await released(), { sequence: { candidate: 7 } }));
  });
});

describe('a refusal', () => {
  it('is an error that names what failed, and that nothing was touched', async () => {
    const result = verdict((await released()).slice(2), {}, [mine.trusted()]);
    assert.ok(!result.ok);
    const { code, class: kind, message, hint } = refusal(artifact, result.failures).record;
    assert.deepEqual([code, kind], ['VERIFICATION_FAILED', 'refused']);
    assert.match(message, new RegExp(`${artifact} was not deployed: EVIDENCE_MISSING: there is no provenance`));
    assert.match(hint ?? '', /the environment was not touched/);
  });
});

describe('the digest of evidence', () => {
  it('is one for a set, whatever its order, and another for every other set', () => {
    const digests = fc.uniqueArray(fc.string().map((text) => digestOf(text)), { maxLength: 6 });
    fc.assert(fc.property(digests, digests, (one, two) => {
      assert.equal(evidenceDigest([...one].reverse()), evidenceDigest(one));
      assert.equal(evidenceDigest([...one, ...one]), evidenceDigest(one));
      assert.equal(evidenceDigest(one) === evidenceDigest(two), [...one].sort().join() === [...two].sort().join());
    }));
  });
});

function flipped(bytes: Uint8Array, at: number, mask: number): Uint8Array {
  const copy = Uint8Array.from(bytes);
  copy[at]! ^= mask;
  return copy;
}

/** Whether two bundles differ only in the names of keys, which decide nothing and are not signed. */
function isUnsigned(one: Uint8Array, other: Uint8Array): boolean {
  const strip = (bytes: Uint8Array) => Buffer.from(bytes).toString('latin1').replace(/"(keyid|hint)":"[^"]*"/g, '');
  return strip(one) === strip(other);
}
