import { createHash } from 'node:crypto';
import { isDigest } from '../foundation/digest.ts';
import { TrunklineError } from '../foundation/errors.ts';
import type { Digest, Instant } from '../foundation/units.ts';
import { decodeNames, encodeNames, type Names } from './layoutindex.ts';
import type { Medium } from './medium.ts';
import {
  BUNDLE_TYPE, DOCUMENT_LIMIT, EMPTY, INDEX_TYPE, MANIFEST_TYPE, encodeDocument, parseIndex, parseManifest, referencesOf, referrerManifest, referrersTag, type Link,
} from './oci.ts';
import { GET_LIMIT, type ArtifactStore, type Attestation, type Collected, type Collector, type Descriptor } from './store.ts';

/** The names that OCI allows in `org.opencontainers.image.ref.name`. */
const NAME = /^[A-Za-z0-9]+(?:(?:[-._:@+]|--|\/)[A-Za-z0-9]+)*$/;
const REFERRERS_TAG = /^sha256-[0-9a-f]{64}$/;

/** An artifact store in the shape of an OCI image layout, over any {@link Medium}. */
export class LayoutStore implements ArtifactStore, Collector {
  readonly #medium: Medium;

  constructor(medium: Medium) {
    this.#medium = medium;
  }

  put(bytes: AsyncIterable<Uint8Array> | Uint8Array): Promise<Descriptor> {
    return this.#medium.write(bytes);
  }

  async get(digest: Digest, limitBytes = GET_LIMIT): Promise<Uint8Array> {
    const pieces: Uint8Array[] = [];
    for await (const piece of this.stream(digest, limitBytes)) pieces.push(piece);
    return Buffer.concat(pieces);
  }

  async *stream(digest: Digest, limitBytes: number): AsyncIterable<Uint8Array> {
    if (!isDigest(digest)) throw new TrunklineError('DIGEST_INVALID', 'usage', `${JSON.stringify(digest)} is no digest`, 'write sha256: and 64 lower-case hex digits');
    const bytes = await this.#medium.read(digest);
    if (bytes === undefined) {
      throw new TrunklineError('BLOB_NOT_FOUND', 'refused', `${digest} is missing from the artifact store`, 'release the commit again, or restore the artifact folder from a backup');
    }
    const hash = createHash('sha256');
    let size = 0;
    for await (const piece of bytes) {
      size += piece.byteLength;
      if (size > limitBytes) throw new TrunklineError('BLOB_TOO_LARGE', 'refused', `${digest} is larger than the ${limitBytes} bytes allowed here`);
      hash.update(piece);
      yield piece;
    }
    const found = hash.digest('hex');
    if (digest !== `sha256:${found}`) {
      throw new TrunklineError('BLOB_CORRUPT', 'refused', `${digest} is corrupt: its bytes now hash to sha256:${found}`, 'nothing was deployed from it; release the commit again, or restore the artifact folder from a backup');
    }
  }

  async publish(manifest: Descriptor, name: string): Promise<void> {
    if (name.length > 255 || !NAME.test(name) || REFERRERS_TAG.test(name)) throw new TrunklineError('NAME_INVALID', 'usage', `${JSON.stringify(name.slice(0, 80))} cannot name an artifact`, 'write letters and digits, joined by one of - . _ : @ + /, at most 255');
    parseManifest(await this.get(manifest.digest, DOCUMENT_LIMIT), `manifest ${manifest.digest}`);
    await this.#medium.exclusively(async () => {
      const names = await this.#names();
      const taken = names.get(name);
      if (taken !== undefined && taken.digest !== manifest.digest) {
        throw new TrunklineError('NAME_TAKEN', 'refused', `${name} already stands for ${taken.digest}, and an artifact never changes under its name`, 'publish under another name');
      }
      if (taken === undefined) await this.#medium.replaceIndex(encodeNames(new Map(names).set(name, { mediaType: MANIFEST_TYPE, digest: manifest.digest, size: manifest.size })));
    });
  }

  async attest(subject: Digest, bundle: Uint8Array, predicateType: string): Promise<Digest> {
    const about = await this.get(subject, DOCUMENT_LIMIT);
    parseManifest(about, `manifest ${subject}`);
    const [, stored] = await Promise.all([this.put(EMPTY), this.put(bundle)]);
    await this.#medium.exclusively(async () => {
      const names = await this.#names();
      const replaced = names.get(referrersTag(subject));
      const referrers = await this.#referrers(subject);
      const known = await Promise.all(referrers.map((link) => this.#bundleOf(subject, link)));
      if (known.some((link) => link.digest === stored.digest)) return;
      const manifest = await this.put(encodeDocument(referrerManifest({ mediaType: MANIFEST_TYPE, digest: subject, size: about.byteLength }, bundle, predicateType)));
      const manifests = [...referrers, { mediaType: MANIFEST_TYPE, ...manifest, artifactType: BUNDLE_TYPE }];
      const index = await this.put(encodeDocument({ schemaVersion: 2, mediaType: INDEX_TYPE, manifests }));
      await this.#medium.replaceIndex(encodeNames(new Map(names).set(referrersTag(subject), { mediaType: INDEX_TYPE, ...index })));
      if (replaced) await this.#medium.remove(replaced.digest, Infinity);
    });
    return stored.digest;
  }

  async attestations(subject: Digest): Promise<readonly Attestation[]> {
    const bundles = await Promise.all((await this.#referrers(subject)).map((link) => this.#bundleOf(subject, link)));
    const found = await Promise.all(bundles.map(async ({ digest }) => ({ digest, bundle: await this.#evidence(subject, digest, 'the attestation') })));
    return found.sort((a, b) => (a.digest < b.digest ? -1 : 1));
  }

  async collect(keep: ReadonlySet<Digest>, before: Instant): Promise<Collected> {
    return await this.#medium.exclusively(async () => {
      const blobs = await this.#medium.list();
      const stored = new Map(blobs.map((blob) => [blob.digest, blob]));
      const names = await this.#names();
      const reached = new Set<Digest>();
      const waiting = [...keep, ...blobs.filter((blob) => blob.storedAt >= before).map((blob) => blob.digest)];
      for (let digest = waiting.pop(); digest !== undefined; digest = waiting.pop()) {
        const blob = stored.get(digest);
        if (blob === undefined || reached.has(digest)) continue;
        reached.add(digest);
        const referrers = names.get(referrersTag(digest));
        if (referrers) waiting.push(referrers.digest);
        if (blob.size <= DOCUMENT_LIMIT) waiting.push(...referencesOf(await this.get(digest)));
      }
      await this.#medium.replaceIndex(encodeNames(new Map([...names].filter(([, link]) => reached.has(link.digest)))));
      const removed: Descriptor[] = [];
      for (const blob of blobs) {
        if (!reached.has(blob.digest) && await this.#medium.remove(blob.digest, before)) removed.push(blob);
      }
      const swept = await this.#medium.sweep(before);
      return { blobs: removed.length, bytes: swept + removed.reduce((sum, { size }) => sum + size, 0) };
    });
  }

  async #names(): Promise<Names> {
    return decodeNames(await this.#medium.readIndex());
  }

  /** What refers to `subject`. The list is replaced with every attestation, so one that is gone is looked for again. */
  async #referrers(subject: Digest, gone?: Digest): Promise<readonly Link[]> {
    const digest = (await this.#names()).get(referrersTag(subject))?.digest;
    if (digest === undefined) return [];
    try {
      return parseIndex(await this.#evidence(subject, digest, 'the list of attestations'), `the list of attestations of ${subject}`).manifests;
    } catch (error) {
      if (digest === gone || !(error instanceof TrunklineError) || error.record.code !== 'BLOB_NOT_FOUND') throw error;
      return await this.#referrers(subject, digest);
    }
  }

  async #bundleOf(subject: Digest, { digest }: Link): Promise<Link> {
    const what = `the attestation manifest ${digest} of ${subject}`;
    const manifest = parseManifest(await this.#evidence(subject, digest, 'the attestation manifest'), what);
    const [bundle, ...others] = manifest.layers;
    if (manifest.artifactType !== BUNDLE_TYPE || manifest.subject?.digest !== subject || bundle?.mediaType !== BUNDLE_TYPE || others.length > 0) {
      throw new TrunklineError('MANIFEST_INVALID', 'refused', `${what} does not hold one Sigstore bundle about it`, 'release the commit again');
    }
    await this.#evidence(subject, manifest.config.digest, 'the configuration of an attestation');
    return bundle;
  }

  /** Reads a part of the evidence; its error says which part, and of which artifact. */
  async #evidence(subject: Digest, digest: Digest, part: string): Promise<Uint8Array> {
    try {
      return await this.get(digest);
    } catch (error) {
      if (!(error instanceof TrunklineError)) throw error;
      const { code, class: kind, message, hint } = error.record;
      throw new TrunklineError(code, kind, `${part} of ${subject}: ${message}`, hint);
    }
  }
}
